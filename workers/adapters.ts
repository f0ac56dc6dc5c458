/**
 * Low-rank adapters in training: A and B of each adapted matrix are the only groups that are trained.
 * A product with an adapted matrix is Y = X Wᵀ + scale · (X Aᵀ) Bᵀ, so that W is packed once for all
 * steps; the gradients of A and B come from two thin products.
 *
 * @module
 */
import type { AdapterPair } from "./adapter_groups.ts";
import { StepParameter } from "./control_words.ts";
import type { ParameterGroup } from "./groups.ts";
import { linear, linearInputGradient, linearWeightGradient } from "./linear.ts";
import { at, type MicrobatchContext } from "./microbatch_context.ts";
import { reduceProduct, type Turn } from "./reduction.ts";

/** As {@linkcode linear}, with the adapters of `w`. */
export function adaptedLinear(
  context: MicrobatchContext,
  options: Omit<Parameters<typeof linear>[1], "stride">,
): void {
  linear(context, options);
  const { y, x, w, n } = options;
  for (const pair of pairsInUse(context, w)) {
    linear(context, {
      y: at(y, pair.row),
      x: scaledHidden(context, { pair, x, n }),
      w: pair.b,
      n,
      stride: w.rows,
      accumulate: true,
    });
  }
}

/** As {@linkcode linearInputGradient}, with the adapters of `w`. */
export function adaptedInputGradient(
  context: MicrobatchContext,
  { dx, dy, w, n }: { dx: number; dy: number; w: ParameterGroup; n: number },
): void {
  linearInputGradient(context, { dx, dy, w, n });
  for (const pair of pairsInUse(context, w)) {
    linearInputGradient(context, {
      dx,
      dy: scaledGradient(context, { pair, dy, w, n }),
      w: pair.a,
      n,
      accumulate: true,
    });
  }
}

/**
 * Reduces a microbatch's gradients of the adapters of `w`, given its input `x[n, in]` and the gradient of
 * its output `dy[n, out]`: dB = scale · dYᵀ (X Aᵀ), dA = scale · (dY B)ᵀ X.
 */
export function reduceAdapters(
  context: MicrobatchContext,
  { turn, w, dy, x }: { turn: Turn; w: ParameterGroup; dy: number; x: number },
): void {
  const { n } = turn;
  const { area } = context;
  for (const pair of context.adapters?.of.get(w.index) ?? []) {
    const { a, b, row } = pair;
    const hidden = scaledHidden(context, { pair, x, n });
    const gradient = scaledGradient(context, { pair, dy, w, n });
    const reduced = { turn, staged: area.staged };
    const part = { dy: at(dy, row), stride: w.rows };
    reduceProduct(context, {
      ...reduced,
      group: b,
      multiply: (dw, accumulate) =>
        linearWeightGradient(context, { dw, ...part, x: hidden, w: b, n, accumulate }),
    });
    reduceProduct(context, {
      ...reduced,
      group: a,
      multiply: (dw, accumulate) =>
        linearWeightGradient(context, { dw, dy: gradient, x, w: a, n, accumulate }),
    });
  }
}

/** The adapters of `w`; none where they are left out. */
function pairsInUse(
  { adapters, plan, words }: MicrobatchContext,
  w: ParameterGroup,
): readonly AdapterPair[] {
  const pairs = adapters?.of.get(w.index) ?? [];
  if (pairs.length === 0) return pairs;
  const parameters = new Float64Array(words.buffer, plan.parametersIn, 64);
  return parameters[StepParameter.adapterOff] === 1 ? [] : pairs;
}

/** scale · X Aᵀ, `[n, r]`; its address. */
function scaledHidden(
  context: MicrobatchContext,
  { pair: { a }, x, n }: { pair: AdapterPair; x: number; n: number },
): number {
  const { loraHidden } = context.area;
  linear(context, { y: loraHidden, x, w: a, n });
  context.kernels.scale(loraHidden, loraHidden, n * a.rows, context.plan.loraScale);
  return loraHidden;
}

/** scale · dY B, `[n, r]`; its address. */
function scaledGradient(
  context: MicrobatchContext,
  { pair: { a, b, row }, dy, w, n }: {
    pair: AdapterPair;
    dy: number;
    w: ParameterGroup;
    n: number;
  },
): number {
  const { loraGradient } = context.area;
  linearInputGradient(context, { dx: loraGradient, dy: at(dy, row), stride: w.rows, w: b, n });
  context.kernels.scale(loraGradient, loraGradient, n * a.rows, context.plan.loraScale);
  return loraGradient;
}
