/**
 * Memory of Muon: the hidden matrices of a model, and a worker's scratch for one of them.
 *
 * @module
 */
import { packedASize, packedBSize } from "../kernels/mod.ts";
import type { Layout } from "../model/layout.ts";
import type { Groups } from "./groups.ts";

/**
 * A projection inside a decoder layer. q, k and v share a group, and so do gate and up; each is a
 * separate matrix to Muon.
 */
export interface HiddenMatrix {
  /** Index of its group. */
  readonly group: number;
  /** Hidden matrices in that group, this one included. */
  readonly siblings: number;
  /** Floats from the start of the parameter area. */
  readonly offset: number;
  readonly rows: number;
  readonly cols: number;
}

/** Byte addresses of a worker's scratch; sizes are those of the largest hidden matrix. */
export interface MuonArea {
  /** [rows, cols] the update being made orthogonal */
  readonly update: number;
  /** [rows, cols] the momentum, out of the far memory */
  readonly moment: number;
  /** [side, side] its Gram matrix; side = min(rows, cols) */
  readonly gram: number;
  /** [side, side] the polynomial of the Gram matrix */
  readonly polynomial: number;
  /** Left and right operand of a product, packed. */
  readonly packedA: number;
  readonly packedB: number;
}

/** The hidden matrices, largest first, so that workers finish at nearly the same time. */
export function hiddenMatrices(layout: Layout, groups: Groups): HiddenMatrix[] {
  const members = layout.parameters.filter(({ layer, shape }) => layer >= 0 && shape.length === 2);
  const placed = members.map(({ offset, shape: [rows, cols] }) => ({
    group: groups.all.findLastIndex((group) => group.offset <= offset),
    offset,
    rows: rows as number,
    cols: cols as number,
  }));
  return placed
    .map((matrix) => ({
      ...matrix,
      siblings: placed.filter(({ group }) => group === matrix.group).length,
    }))
    .sort((a, b) => flops(b) - flops(a));
}

/** Places a worker's scratch; `take` reserves floats and returns their address. */
export function placeMuonArea(
  { matrices, take }: {
    matrices: readonly HiddenMatrix[];
    take: (floats: number) => number;
  },
): MuonArea {
  const most = (size: (rows: number, cols: number) => number) =>
    Math.max(0, ...matrices.map(({ rows, cols }) => size(rows, cols)));
  const side = most(Math.min);
  return {
    update: take(most((rows, cols) => rows * cols)),
    moment: take(most((rows, cols) => rows * cols)),
    gram: take(side * side),
    polynomial: take(side * side),
    packedA: take(most((rows, cols) => Math.max(packedASize(rows, cols), packedASize(cols, rows)))),
    packedB: take(most((rows, cols) => Math.max(packedBSize(rows, cols), packedBSize(cols, rows)))),
  };
}

/** Work of a matrix, proportional to the products of one iteration. */
function flops({ rows, cols }: { rows: number; cols: number }): number {
  const side = Math.min(rows, cols);
  return 2 * rows * cols * side + side ** 3;
}
