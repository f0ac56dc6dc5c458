/**
 * How many batches an epoch has, from the size of the corpus alone.
 *
 * @module
 */

import type { BatchMode } from "./window.ts";

/**
 * Batches of one epoch over `documents` documents, none of them empty, of `tokens` tokens together;
 * `undefined` in `pad` mode, where it depends on the length of each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { countBatches } from "./count.ts";
 * const size = { documents: 2, tokens: 102 };
 * assertEquals(countBatches(size, { rows: 2, cols: 8 }), 7); // 100 pairs in batches of 16
 * ```
 */
export function countBatches(
  { documents, tokens }: { documents: number; tokens: number },
  { mode = "pack", rows, cols, dropLast = false }: {
    mode?: BatchMode;
    rows: number;
    cols: number;
    dropLast?: boolean;
  },
): number | undefined {
  if (mode === "pad") return undefined;
  const pairs = mode === "pack" ? tokens - documents : Math.max(0, tokens - 1);
  return (dropLast ? Math.floor : Math.ceil)(pairs / (rows * cols));
}
