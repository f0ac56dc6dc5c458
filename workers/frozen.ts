/**
 * Frozen matrices that are stored small: the matrices of the decoder layers, in bf16 or in int8 with a
 * scale a row. Embeddings, norms, biases and the head stay f32. A product widens a part at a time.
 *
 * @module
 */
import { type Kernels, NR } from "../kernels/mod.ts";
import type { ParameterGroup } from "./groups.ts";
import type { WorkerArea } from "./worker_area.ts";

/** How frozen matrices can be stored. */
export const FROZEN_TYPES = ["f32", "bf16", "int8"] as const;

/** A name in {@linkcode FROZEN_TYPES}. */
export type FrozenType = typeof FROZEN_TYPES[number];

/** Where a matrix that is stored small is. */
export interface SmallMatrix {
  readonly type: Exclude<FrozenType, "f32">;
  /** [rows, cols] */
  readonly address: number;
  /** Float32 [rows]; of int8 alone. */
  readonly scales: number;
}

/** Largest magnitude of an int8. */
const LIMIT = 127;

/** Whether the weights of a group are stored small. */
export function isSmall(type: FrozenType, { packed, layer }: ParameterGroup): boolean {
  return type !== "f32" && packed && layer >= 0;
}

/** Places the weights of each group: small where its type says so, and f32 in `weights` or one by one. */
export function placeFrozen(
  groups: readonly ParameterGroup[],
  { type, hasSmall, weights, take }: {
    type: FrozenType;
    /** Whether the weights are not all in one area. */
    hasSmall: boolean;
    weights: number;
    take: (count: number, bytesEach?: number) => number;
  },
): {
  small: (SmallMatrix | undefined)[];
  baseWeights: (number | undefined)[];
} {
  const small = groups.map((group): SmallMatrix | undefined => {
    if (!hasSmall || type === "f32" || !isSmall(type, group)) return undefined;
    const address = take(group.rows * group.cols, type === "bf16" ? 2 : 1);
    return { type, address, scales: take(type === "int8" ? group.rows : 0) };
  });
  const baseWeights = groups.map(({ index, offset, rows, cols }) => {
    if (!hasSmall) return weights + offset * 4;
    return small[index] ? undefined : take(rows * cols);
  });
  return { small, baseWeights };
}

/** Writes all of a frozen model's weights, of which each group is where `plan` says. */
export function storeFrozen(
  buffer: ArrayBufferLike,
  { all, groups, plan }: {
    /** In the model's layout. */
    all: Float32Array;
    groups: readonly ParameterGroup[];
    plan: {
      readonly small: readonly (SmallMatrix | undefined)[];
      readonly baseWeights: readonly (number | undefined)[];
    };
  },
): void {
  for (const group of groups) {
    const weights = all.subarray(group.offset, group.offset + group.rows * group.cols);
    const small = plan.small[group.index];
    if (small) storeSmall(buffer, { ...small, weights, group });
    else new Float32Array(buffer, plan.baseWeights[group.index], weights.length).set(weights);
  }
}

/** Writes `weights` of a group small, to the nearest value. */
function storeSmall(
  buffer: ArrayBufferLike,
  { type, address, scales, weights, group: { rows, cols } }:
    & SmallMatrix
    & { weights: Float32Array; group: ParameterGroup },
): void {
  if (type === "bf16") {
    const bits = new Uint32Array(weights.buffer, weights.byteOffset, weights.length);
    const to = new Uint16Array(buffer, address, weights.length);
    // To the nearest, halves to even.
    bits.forEach((word, i) => to[i] = (word + 0x7fff + (word >>> 16 & 1)) >>> 16);
    return;
  }
  const to = new Int8Array(buffer, address, weights.length);
  const factors = new Float32Array(buffer, scales, rows);
  for (let row = 0; row < rows; row++) {
    const values = weights.subarray(row * cols, (row + 1) * cols);
    const most = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = factors[row] = Math.fround(most / LIMIT);
    values.forEach((value, i) => to[row * cols + i] = scale === 0 ? 0 : Math.round(value / scale));
  }
}

/** Packs `count` columns of Wᵀ or W from `column` on, at `area.panels`; the bits are those of packing all. */
export function packSmall(
  { kernels, area }: { kernels: Kernels; area: WorkerArea },
  { small, w, order, column, count }: {
    small: SmallMatrix;
    w: ParameterGroup;
    order: "forward" | "backward";
    column: number;
    count: number;
  },
): void {
  const isForward = order === "forward";
  const rows = isForward ? count : w.rows;
  const cols = isForward ? w.cols : count;
  const first = isForward ? column * w.cols : column;
  if (small.type === "bf16") {
    kernels.widen_bf16(area.widened, small.address + first * 2, rows, cols, w.cols);
  } else {
    const scales = small.scales + (isForward ? column * 4 : 0);
    kernels.widen_int8(area.widened, small.address + first, scales, rows, cols, w.cols);
  }
  if (isForward) kernels.pack_b_transposed(area.panels, area.widened, cols, rows, cols, cols * NR);
  else kernels.pack_b(area.panels, area.widened, rows, cols, cols, rows * NR);
}
