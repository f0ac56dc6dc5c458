/**
 * The sharded end of a step: gradient norm, optimizer and packing, piece by piece, on whichever
 * worker is free. The pieces do not depend on the number of workers, and neither does any result.
 *
 * @module
 */
import { NR, packedBSize } from "../kernels/mod.ts";
import { MicrobatchResult, StepParameter, Word } from "./control_words.ts";
import { groupOf, type MicrobatchContext, weightsOf } from "./microbatch_context.ts";
import type { Segment } from "./memory_plan.ts";
import { muon } from "./muon.ts";
import { publish, waitFor } from "./pool_words.ts";

/** Calls `each` for items that no worker has taken yet. */
function takeItems<T>(
  { words }: MicrobatchContext,
  { items, counter, each }: {
    items: readonly T[];
    counter: number;
    each: (item: T, index: number) => void;
  },
): void {
  for (;;) {
    const index = Atomics.add(words, counter, 1);
    const item = items[index];
    if (!item) return;
    each(item, index);
  }
}

/** Gradient norm over all segments, then the optimizer with clipping and packing. */
export function update(
  context: MicrobatchContext,
  { round, worker }: { round: number; worker: number },
): void {
  const parameters = new Float64Array(context.words.buffer, context.plan.parametersIn, 64);
  const parameter = (index: number) => parameters[index] as number;
  normTogether(context, { round, parameters });
  const gradNorm = parameter(StepParameter.gradNorm);
  // A norm that is not finite skips the update; the root ends the run.
  if (!Number.isFinite(gradNorm) || parameter(StepParameter.skipped) === 1) return;
  // As torch.nn.utils.clip_grad_norm_.
  const clipScale = Math.min(1, parameter(StepParameter.clip) / (gradNorm + 1e-6));
  const byMuon = parameter(StepParameter.muon) === 1;
  // The largest pieces of work first.
  if (byMuon) updateHidden(context, { worker, parameter, clipScale });
  updateSegments(context, { parameter, clipScale, exceptHidden: byMuon });
}

type Parameter = (index: number) => number;

/** Computes the global gradient norm and the skip flag into the step parameters; returns once they are there. */
function normTogether(
  context: MicrobatchContext,
  { round, parameters }: { round: number; parameters: Float64Array },
): void {
  const { kernels, plan, words, spins } = context;
  const partialSums = new Float64Array(words.buffer, plan.partialSums, plan.segments.length);
  takeItems(context, {
    items: plan.segments,
    counter: Word.nextNorm,
    each(segment, index) {
      const { gradients, size } = place(context, segment);
      partialSums[index] = kernels.sum_squares(gradients, size);
    },
  });
  if (Atomics.add(words, Word.normArrivals, 1) + 1 === plan.areas.length) {
    // One addition per segment of 64 Ki floats: the only work that one sphere does for all.
    const gradNorm = Math.sqrt(partialSums.reduce((sum, part) => sum + part, 0));
    parameters[StepParameter.gradNorm] = gradNorm;
    const beyond = gradNorm > (parameters[StepParameter.gradNormLimit] as number) ||
      meanLoss(context, parameters) > (parameters[StepParameter.lossLimit] as number);
    parameters[StepParameter.skipped] = beyond ? 1 : 0;
    publish(words, Word.normDone, round);
  } else {
    waitFor(words, Word.normDone, round, spins);
  }
}

/** Mean loss of the batch, over all microbatches. */
function meanLoss({ plan, words }: MicrobatchContext, parameters: Float64Array): number {
  const { leaves } = plan.dims.topology;
  const results = new Float64Array(
    words.buffer,
    plan.microbatchResults,
    leaves * MicrobatchResult.width,
  );
  let loss = 0;
  for (let microbatch = 0; microbatch < leaves; microbatch++) {
    loss += results[microbatch * MicrobatchResult.width + MicrobatchResult.loss] as number;
  }
  return loss * (parameters[StepParameter.gradientScale] as number);
}

/** Muon on the hidden matrices; the worker that updates the last one of a group packs the group. */
function updateHidden(
  context: MicrobatchContext,
  { worker, parameter, clipScale }: { worker: number; parameter: Parameter; clipScale: number },
): void {
  const { kernels, f32, far, plan, words } = context;
  const area = plan.muonAreas[worker] as typeof plan.muonAreas[0] & object;
  const rates = {
    learningRate: parameter(StepParameter.muonLearningRate),
    momentum: parameter(StepParameter.muonMomentum),
    polarRounds: parameter(StepParameter.muonPolarRounds),
    weightDecay: parameter(StepParameter.weightDecay),
    clipScale,
  };
  takeItems(context, {
    items: plan.hiddenMatrices,
    counter: Word.nextMatrix,
    each(matrix) {
      const { group, siblings, offset, rows, cols } = matrix;
      const [moment, bytes] = [plan.firstMoment + offset * 4, rows * cols * 4];
      far.load(area.moment, moment, bytes);
      muon({ kernels, f32, area }, {
        matrix,
        weights: plan.weights + offset * 4,
        gradient: plan.gradients + offset * 4,
        moment: area.moment,
        rates,
      });
      far.store(moment, area.moment, bytes);
      if (Atomics.add(words, Word.matricesDone + group, 1) + 1 < siblings) return;
      for (const segment of plan.segments) {
        if (segment.group === group) packSegment(context, segment);
      }
    },
  });
}

/** AdamW on the segments. */
function updateSegments(
  context: MicrobatchContext,
  { parameter, clipScale, exceptHidden }: {
    parameter: Parameter;
    clipScale: number;
    exceptHidden: boolean;
  },
): void {
  const { kernels, plan, area, far } = context;
  takeItems(context, {
    items: plan.segments,
    counter: Word.nextUpdate,
    each(segment) {
      const group = groupOf(context, segment.group);
      if (exceptHidden && group.layer >= 0 && group.decayed) return;
      const { weights, gradients, firstMoment, secondMoment, size } = place(context, segment);
      const [first, second] = [area.moments, area.moments + size * 4];
      far.load(first, firstMoment, size * 4);
      far.load(second, secondMoment, size * 4);
      kernels.adamw(
        weights,
        first,
        second,
        gradients,
        size,
        parameter(StepParameter.learningRate) *
          (group.name === "embedding" ? parameter(StepParameter.embeddingRate) : 1),
        parameter(StepParameter.beta1),
        parameter(StepParameter.beta2),
        parameter(StepParameter.epsilon),
        group.decayed ? parameter(StepParameter.weightDecay) : 0,
        clipScale,
        parameter(StepParameter.biasCorrection1),
        parameter(StepParameter.biasCorrection2),
      );
      far.store(firstMoment, first, size * 4);
      far.store(secondMoment, second, size * 4);
      packSegment(context, segment);
    },
  });
}

/** Packs all weights, after an external write to them. */
export function packWeights(context: MicrobatchContext): void {
  const { segments, frozenSegments } = context.plan;
  takeItems(context, {
    items: [...frozenSegments, ...segments],
    counter: Word.nextUpdate,
    each: (segment) => packSegment(context, segment),
  });
}

/** Packs a segment's rows of W in both orders, for Y = X Wᵀ and dX = dY W. */
function packSegment(context: MicrobatchContext, segment: Segment): void {
  const { kernels, plan, area, far } = context;
  const packed = plan.packed[segment.group];
  if (!packed) return;
  const { rows: out, cols: inputs } = groupOf(context, segment.group);
  const { row, rows } = segment;
  const weights = weightsAt(context, segment);
  const forward = packed.forward + row * inputs * 4;
  const to = packed.isFar ? area.panels : forward;
  kernels.pack_b_transposed(to, weights, inputs, rows, inputs, inputs * NR);
  const backward = packed.backward + row * NR * 4;
  if (!packed.isFar) {
    kernels.pack_b(backward, weights, rows, inputs, inputs, out * NR);
    return;
  }
  far.store(forward, to, packedBSize(inputs, rows) * 4);
  // Each panel has this segment's rows among those of the others.
  kernels.pack_b(to, weights, rows, inputs, inputs, rows * NR);
  for (let panel = 0; panel * NR < inputs; panel++) {
    far.store(backward + panel * out * NR * 4, to + panel * rows * NR * 4, rows * NR * 4);
  }
}

function weightsAt(context: MicrobatchContext, { group, row }: Segment): number {
  const w = groupOf(context, group);
  return weightsOf(context, w) + row * w.cols * 4;
}

function place(context: MicrobatchContext, { group, row, rows }: Segment) {
  const { plan } = context;
  const { offset, cols } = groupOf(context, group);
  const start = (offset + row * cols) * 4;
  return {
    weights: plan.trained + start,
    gradients: plan.gradients + start,
    firstMoment: plan.firstMoment + start,
    secondMoment: plan.secondMoment + start,
    size: rows * cols,
  };
}
