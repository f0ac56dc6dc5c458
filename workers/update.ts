/**
 * The sharded end of a step: gradient norm, AdamW and packing, segment by segment, by whichever
 * worker is free. Segments are the same whatever the number of workers, and so is every result.
 *
 * @module
 */
import { NR } from "../kernels/mod.ts";
import { publish, StepParameter, waitFor, Word } from "./control_words.ts";
import type { LeafContext } from "./leaf_context.ts";
import type { Segment } from "./memory_plan.ts";

/** Calls `each` for segments nobody has taken yet. */
function takeSegments(
  { words, plan }: LeafContext,
  { counter, each }: { counter: number; each: (segment: Segment, index: number) => void },
): void {
  for (;;) {
    const index = Atomics.add(words, counter, 1);
    const segment = plan.segments[index];
    if (!segment) return;
    each(segment, index);
  }
}

/** Gradient norm over all segments, then AdamW with clipping and packing. */
export function update(context: LeafContext, { generation }: { generation: number }): void {
  const { kernels, plan, groups, words } = context;
  const partialSums = new Float64Array(words.buffer, plan.partialSums, plan.segments.length);
  const parameters = new Float64Array(words.buffer, plan.parametersIn, 64);
  takeSegments(context, {
    counter: Word.nextNorm,
    each(segment, index) {
      const { gradients, size } = place(context, segment);
      partialSums[index] = kernels.sum_squares(gradients, size);
    },
  });
  if (Atomics.add(words, Word.normArrivals, 1) + 1 === plan.areas.length) {
    // One addition a segment of 64 Ki floats: the only work that one sphere does for all.
    const gradNorm = Math.sqrt(partialSums.reduce((sum, part) => sum + part, 0));
    parameters[StepParameter.gradNorm] = gradNorm;
    publish(words, Word.normDone, generation);
  } else {
    waitFor(words, Word.normDone, generation);
  }
  const parameter = (index: number) => parameters[index] as number;
  const gradNorm = parameter(StepParameter.gradNorm);
  // A norm that is not finite leaves the weights as they were; the root ends the run.
  if (!Number.isFinite(gradNorm)) return;
  // As torch.nn.utils.clip_grad_norm_.
  const clipScale = Math.min(1, parameter(StepParameter.clip) / (gradNorm + 1e-6));
  takeSegments(context, {
    counter: Word.nextUpdate,
    each(segment) {
      const { weights, gradients, firstMoment, secondMoment, size } = place(context, segment);
      const decayed = groups.all[segment.group]?.decayed;
      kernels.adamw(
        weights,
        firstMoment,
        secondMoment,
        gradients,
        size,
        parameter(StepParameter.learningRate),
        parameter(StepParameter.beta1),
        parameter(StepParameter.beta2),
        parameter(StepParameter.epsilon),
        decayed ? parameter(StepParameter.weightDecay) : 0,
        clipScale,
        parameter(StepParameter.biasCorrection1),
        parameter(StepParameter.biasCorrection2),
      );
      packSegment(context, segment);
    },
  });
}

/** Packs all weights, after they were set from outside. */
export function packWeights(context: LeafContext): void {
  takeSegments(context, {
    counter: Word.nextUpdate,
    each: (segment) => packSegment(context, segment),
  });
}

/** Packs a segment's rows of W in both orders, for Y = X Wᵀ and dX = dY W. */
function packSegment(context: LeafContext, segment: Segment): void {
  const { kernels, plan, groups } = context;
  const packed = plan.packed[segment.group];
  const group = groups.all[segment.group];
  if (!packed || !group) return;
  const { weights } = place(context, segment);
  const { rows: out, cols: inputs } = group;
  kernels.pack_b_transposed(
    packed.forward + segment.row * inputs * 4,
    weights,
    inputs,
    segment.rows,
    inputs,
    inputs * NR,
  );
  kernels.pack_b(
    packed.backward + segment.row * NR * 4,
    weights,
    segment.rows,
    inputs,
    inputs,
    out * NR,
  );
}

function place({ plan, groups }: LeafContext, { group, row, rows }: Segment) {
  const { offset, cols } = groups.all[group] as typeof groups.all[0] & object;
  const start = (offset + row * cols) * 4;
  return {
    weights: plan.weights + start,
    gradients: plan.gradients + start,
    firstMoment: plan.firstMoment + start,
    secondMoment: plan.secondMoment + start,
    size: rows * cols,
  };
}
