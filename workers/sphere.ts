/**
 * A worker: takes leaf spheres in order, runs them, then its share of the update. Everything but
 * the first message goes through shared memory.
 *
 * @module
 */
import { instantiateKernels } from "../kernels/mod.ts";
import { backward } from "./backward.ts";
import {
  Command,
  decide,
  Fate,
  MicrobatchResult,
  StepParameter,
  TREE_WORDS,
  Word,
} from "./control_words.ts";
import { forward } from "./forward.ts";
import { head } from "./head.ts";
import { drawSample, type ScoredIds } from "./head_sample.ts";
import { createMicrobatchContext, type MicrobatchContext } from "./microbatch_context.ts";
import type { MemoryPlan } from "./memory_plan.ts";
import { PoisonedError, publish, waitFor } from "./pool_words.ts";
import { joinPool } from "./pool_worker.ts";
import { PROFILED, profileKernels } from "./profile.ts";
import type { Turn } from "./reduction.ts";
import { type ControlSphere, microbatchRows } from "./topology.ts";
import { packWeights, update } from "./update.ts";

/** Root to worker, once. */
export interface SphereStart {
  readonly worker: number;
  readonly plan: MemoryPlan;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly farMemory: WebAssembly.Memory;
  /** Whether products take the 256-bit tile. */
  readonly simd256: boolean;
}

joinPool(({ worker, plan, module, memory, farMemory, simd256 }: SphereStart) => {
  const bare = instantiateKernels(module, memory, simd256 ? plan.areas[worker]?.simd256Tile : 0);
  const kernels = plan.dims.profile
    ? profileKernels(
      bare,
      new Float64Array(memory.buffer, plan.profile + worker * PROFILED.length * 8, PROFILED.length),
    )
    : bare;
  const context = createMicrobatchContext({ plan, worker, kernels, memory, farMemory });
  const sphere = new Sphere(context, worker);
  return {
    words: context.words,
    spins: context.spins,
    workers: plan.areas.length,
    work: (round) => sphere.obey(round),
    task: () => sphere.task,
  };
});

/** One worker's behaviour in a round. */
class Sphere {
  readonly #context: MicrobatchContext;
  readonly #worker: number;
  readonly #results: Float64Array;
  /** `[first, end)` of those being run. */
  #leaves: [first: number, end: number] | undefined;

  constructor(context: MicrobatchContext, worker: number) {
    this.#context = context;
    this.#worker = worker;
    const { plan, words } = context;
    this.#results = new Float64Array(
      words.buffer,
      plan.microbatchResults,
      plan.dims.topology.leaves * MicrobatchResult.width,
    );
  }

  /** The current leaf spheres; undefined outside the microbatch phase. */
  get task(): string | undefined {
    if (!this.#leaves) return undefined;
    const [first, end] = this.#leaves;
    return end - first === 1
      ? `leaf sphere ${first}`
      : `one of leaf spheres ${first} to ${end - 1}`;
  }

  /** Runs the current command. */
  obey(round: number): void {
    const command = Atomics.load(this.#context.words, Word.command);
    switch (command) {
      case Command.train:
        this.#takeMicrobatches({ train: true, round });
        // Every microbatch must be reduced before any segment is summed.
        waitFor(this.#context.words, Word.microbatchesDone, round, this.#context.spins);
        if (decide(this.#context.words, Fate.updates) === Fate.abandoned) {
          throw new PoisonedError("Cannot go on: the step is abandoned");
        }
        update(this.#context, { round, worker: this.#worker });
        return;
      case Command.evaluate:
        this.#takeMicrobatches({ train: false, round });
        return;
      case Command.pack:
        packWeights(this.#context);
        return;
      default:
        throw new RangeError(`Cannot run command ${command}: there is no such command`);
    }
  }

  #takeMicrobatches({ train, round }: { train: boolean; round: number }): void {
    const { plan, words } = this.#context;
    const { leaves } = plan.dims.topology;
    const sample = train ? drawSample(this.#context) : undefined;
    for (;;) {
      const first = Atomics.add(words, Word.nextMicrobatch, plan.leavesPerPass);
      if (first >= leaves) break;
      const end = Math.min(first + plan.leavesPerPass, leaves);
      this.#leaves = [first, end];
      this.#runPass({ first, end, train, sample });
      for (let microbatch = first; microbatch < end; microbatch++) this.#report(microbatch, round);
      this.#leaves = undefined;
    }
  }

  /** Runs leaves `[first, end)` as one: their rows are adjacent. */
  #runPass(
    { first, end, train, sample }: {
      first: number;
      end: number;
      train: boolean;
      sample: ScoredIds | undefined;
    },
  ): void {
    const context = this.#context;
    const { words, dims: { T }, plan } = context;
    const start = performance.now();
    const turns = this.#turns({ first, end });
    if (turns.length === 0) return;
    const rows = Atomics.load(words, Word.rows);
    const { leaves } = plan.dims.topology;
    const slice = {
      first: microbatchRows({ microbatch: first, leaves, rows })[0],
      end: microbatchRows({ microbatch: end - 1, leaves, rows })[1],
      segmented: Atomics.load(words, Word.segmented) === 1,
    };
    forward(context, slice);
    const parameters = new Float64Array(words.buffer, plan.parametersIn, 64);
    const gradientScale = parameters[StepParameter.gradientScale] as number;
    const losses = head(context, { slice, turns, sample, ...train && { gradientScale } });
    if (train) backward(context, { slice, turns, sample });
    const waitMs = turns.reduce((sum, turn) => sum + turn.waitMs, 0);
    const tokenMs = (performance.now() - start - waitMs) / ((slice.end - slice.first) * T);
    for (const [i, turn] of turns.entries()) {
      const result = this.#resultOf(turn.microbatch);
      const { loss, tokens } = losses[i] as typeof losses[0] & object;
      result[MicrobatchResult.loss] = loss;
      result[MicrobatchResult.tokens] = tokens;
      result[MicrobatchResult.bytesReduced] = turn.bytesReduced;
      result[MicrobatchResult.waitMs] = turn.waitMs;
      result[MicrobatchResult.computeMs] = tokenMs * turn.n;
    }
  }

  /** The turns of leaves `[first, end)` that have rows; clears the results of all. */
  #turns({ first, end }: { first: number; end: number }): (Turn & { microbatch: number })[] {
    const { words, dims: { T }, plan } = this.#context;
    const rows = Atomics.load(words, Word.rows);
    const { leaves } = plan.dims.topology;
    const turns: (Turn & { microbatch: number })[] = [];
    for (let microbatch = first, token = 0; microbatch < end; microbatch++) {
      const result = this.#resultOf(microbatch);
      result.fill(0);
      result[MicrobatchResult.worker] = this.#worker;
      const [from, to] = microbatchRows({ microbatch, leaves, rows });
      if (from === to) continue;
      const order = microbatchOrder({ microbatch, leaves, rows });
      const n = (to - from) * T;
      turns.push({ microbatch, order, token, n, waitMs: 0, bytesReduced: 0 });
      token += n;
    }
    return turns;
  }

  #resultOf(microbatch: number): Float64Array {
    const at = microbatch * MicrobatchResult.width;
    return this.#results.subarray(at, at + MicrobatchResult.width);
  }

  /** Reports to the parent control sphere; the last child of each reports further up to the root. */
  #report(microbatch: number, round: number): void {
    const { words, plan } = this.#context;
    const { controls, parentOfLeaf } = plan.dims.topology;
    let control: ControlSphere | undefined = controls[parentOfLeaf[microbatch] as number];
    while (control) {
      const reported = Atomics.add(words, TREE_WORDS + control.index, 1) + 1;
      if (reported < control.children) return;
      if (control.parent === undefined) publish(words, Word.microbatchesDone, round);
      control = control.parent === undefined ? undefined : controls[control.parent];
    }
  }
}

/** Position of a microbatch among those that have rows. */
function microbatchOrder(
  { microbatch, leaves, rows }: { microbatch: number; leaves: number; rows: number },
): number {
  let order = 0;
  for (let before = 0; before < microbatch; before++) {
    const [first, end] = microbatchRows({ microbatch: before, leaves, rows });
    if (first < end) order++;
  }
  return order;
}
