/**
 * Cuts groups into the pieces that workers take in an update.
 *
 * @module
 */
import { NR } from "../kernels/mod.ts";
import type { ParameterGroup } from "./groups.ts";

/** Floats per update unit, cut where a packed panel starts: small enough to balance, large enough to stream. */
const SEGMENT = 1 << 16;

/** A run of rows of one group: the unit of norm, update and packing. */
export interface Segment {
  readonly group: number;
  /** First row and number of rows. */
  readonly row: number;
  readonly rows: number;
}

/** The segments of groups, in their order. */
export function cutSegments(groups: readonly ParameterGroup[]): Segment[] {
  return groups.flatMap((group) => {
    const rows = Math.max(
      NR,
      Math.floor(SEGMENT / group.cols / NR) * NR,
    );
    return Array.from({ length: Math.ceil(group.rows / rows) }, (_, i) => ({
      group: group.index,
      row: i * rows,
      rows: Math.min(rows, group.rows - i * rows),
    }));
  });
}
