/**
 * A sample of the vocabulary that stands for all of it in the loss of a step, so that the head's
 * products are narrower: the sum of the softmax is estimated without bias, as in importance sampling
 * (Bengio and Senécal, "Adaptive importance sampling to accelerate training of a neural probabilistic
 * language model", 2008).
 *
 * @module
 */
import { NR } from "../kernels/mod.ts";
import { StepParameter, Word } from "./control_words.ts";
import type { PackedGroup, ParameterGroup } from "./groups.ts";
import { type MicrobatchContext, weightsOf } from "./microbatch_context.ts";
import type { SampleArea } from "./sample_area.ts";

/** The sample of a step; addresses as in {@linkcode SampleArea}. */
export interface ScoredIds extends Pick<SampleArea, "logWeights" | "targets"> {
  /** Ascending. */
  readonly ids: Int32Array;
  /** The head with their rows alone, which `packed` holds. */
  readonly head: ParameterGroup;
  readonly packed: PackedGroup;
}

/**
 * Draws the sample of the step under way, which depends on its number and its targets alone, and packs
 * the rows of the head; undefined where the step scores every id.
 */
export function drawSample(context: MicrobatchContext): ScoredIds | undefined {
  const { plan: { dims, parametersIn, mask, targetIds }, words, f32, kernels, groups } = context;
  const { area: { sample: area, stagedHead: [scratch] }, dims: { D, V, T } } = context;
  const parameters = new Float64Array(words.buffer, parametersIn, 64);
  if (
    !area || scratch === undefined || !dims.headSample ||
    parameters[StepParameter.headSampled] !== 1
  ) return undefined;
  const { kept, period } = dims.headSample;
  const step = parameters[StepParameter.step] as number;
  const places = Atomics.load(words, Word.rows) * T;
  const masks = new Int32Array(words.buffer, mask, places);
  const targets = new Int32Array(words.buffer, targetIds, places);
  const isTarget = new Uint8Array(V);
  for (let i = 0; i < places; i++) if (masks[i] === 1) isTarget[targets[i] as number] = 1;

  const logWeights = f32.subarray(area.logWeights / 4, area.logWeights / 4 + V);
  const [ids, placeOf] = [new Int32Array(V), new Int32Array(V)];
  const [from, to] = [weightsOf(context, groups.head) / 4, scratch / 4];
  let count = 0;
  for (let id = 0; id < V; id++) {
    const isSure = id < kept || isTarget[id] === 1;
    if (!isSure && (id + step) % period !== 0) continue;
    logWeights[count] = isSure ? 0 : Math.log(period);
    f32.copyWithin(to + count * D, from + id * D, from + (id + 1) * D);
    ids[count] = id;
    placeOf[id] = count++;
  }
  kernels.pack_b_transposed(area.forward, scratch, D, count, D, D * NR);
  kernels.pack_b(area.backward, scratch, count, D, D, count * NR);
  const mapped = new Int32Array(words.buffer, area.targets, places);
  for (let i = 0; i < places; i++) mapped[i] = placeOf[targets[i] as number] as number;
  return {
    ...area,
    ids: ids.subarray(0, count),
    head: { ...groups.head, rows: count },
    packed: { ...area, isFar: false },
  };
}
