/**
 * Examples → Batch: whole conversations packed into rows, each a segment of its own, with the loss on
 * the ids that their masks name; a share of the rows may be plain text.
 *
 * @module
 */
import { randomStream } from "../../model/random.ts";
import { generated } from "../flow.ts";
import type { Batch, Cursor } from "../types.ts";

/** Token ids of a conversation, and 1 for each id that is learned. */
export interface Example {
  readonly ids: Uint32Array;
  readonly mask: Uint8Array;
}

/** Examples that are packed into the same row: one, or the two of a preference pair. */
export type ExampleUnit = readonly Example[];

/** Batches of plain text for some rows of each step. */
export interface MixedText {
  /** Rows of a step; fewer than B. */
  readonly rows: number;
  /** Opens batches of that many rows and T columns, after the batch of `cursor`. */
  readonly open: (cursor: Cursor | undefined) => ReadableStream<Batch>;
}

/** Options of {@linkcode exampleBatches}. */
export interface ExampleOptions {
  readonly units: readonly ExampleUnit[];
  /** B, rows of plain text included. */
  readonly rows: number;
  /** T; a unit has at most T + 1 ids for each example, its examples together T targets. */
  readonly cols: number;
  readonly seed: number;
  readonly text?: MixedText | undefined;
  /** Cursor of the last batch used. */
  readonly cursor?: Cursor | undefined;
}

type Row = readonly Example[];

/** Targets that a unit takes in a row. */
function sizeOf(unit: ExampleUnit): number {
  return unit.reduce((sum, { ids }) => sum + ids.length - 1, 0);
}

/** Units in order packed into rows: each into the fullest open row that has room for it. */
function packUnits(units: readonly ExampleUnit[], { cols }: { cols: number }): Row[] {
  const rows: Example[][] = [];
  /** Open rows by the number of free places. */
  const byFree: number[][] = Array.from({ length: cols + 1 }, () => []);
  for (const unit of units) {
    const size = sizeOf(unit);
    if (size > cols) throw new RangeError(`Cannot pack ${size} targets into a row of ${cols}`);
    let free = size;
    while (free < cols && byFree[free]?.length === 0) free++;
    const row = byFree[free]?.pop() ?? rows.push([]) - 1;
    rows[row]?.push(...unit);
    byFree[free - size]?.push(row);
  }
  return rows;
}

/** The rows of one pass, shuffled by (seed, epoch) before and after packing. */
function rowsOfEpoch({ units, cols, seed }: ExampleOptions, epoch: number): Row[] {
  const random = randomStream(seed, { name: "examples", epoch });
  const rows = packUnits(random.shuffle([...units], 0), { cols });
  return randomStream(seed, { name: "example-rows", epoch }).shuffle(rows, 0);
}

const ownRows = ({ rows, text }: Pick<ExampleOptions, "rows" | "text">) => rows - (text?.rows ?? 0);

/** How many batches `epochs` passes make. */
export function countExampleBatches(options: ExampleOptions, epochs: number): number {
  let batches = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    batches += Math.ceil(rowsOfEpoch(options, epoch).length / ownRows(options));
  }
  return batches;
}

/** Rows as the arrays of a batch; the rest of a row is masked and a segment of its own. */
function fillRows(rows: readonly Row[], { cols, cursor }: { cols: number; cursor: Cursor }): Batch {
  const size = rows.length * cols;
  const [inputIds, targetIds, mask, segmentIds] = [
    new Int32Array(size),
    new Int32Array(size),
    new Int32Array(size),
    new Int32Array(size),
  ];
  rows.forEach((row, b) => {
    let to = b * cols;
    row.forEach(({ ids, mask: learned }, segment) => {
      const length = ids.length - 1;
      inputIds.set(ids.subarray(0, length), to);
      targetIds.set(ids.subarray(1), to);
      mask.set(learned.subarray(1), to);
      segmentIds.fill(segment, to, to + length);
      to += length;
    });
    segmentIds.fill(row.length, to, (b + 1) * cols);
  });
  const validTokens = mask.reduce((sum, scored) => sum + scored, 0);
  return { inputIds, targetIds, mask, segmentIds, rows: rows.length, cols, validTokens, cursor };
}

/** The rows of `a`, then those of `b`. */
function joinRows(a: Batch, b: Batch): Batch {
  const join = (name: "inputIds" | "targetIds" | "mask") => {
    const joined = new Int32Array(a[name].length + b[name].length);
    joined.set(a[name]);
    joined.set(b[name], a[name].length);
    return joined;
  };
  const segmentIds = new Int32Array(a.inputIds.length + b.inputIds.length);
  if (a.segmentIds) segmentIds.set(a.segmentIds);
  if (b.segmentIds) segmentIds.set(b.segmentIds, a.inputIds.length);
  return {
    ...a,
    inputIds: join("inputIds"),
    targetIds: join("targetIds"),
    mask: join("mask"),
    segmentIds,
    rows: a.rows + b.rows,
    validTokens: a.validTokens + b.validTokens,
  };
}

interface State {
  /** Batches of the pass that are done. */
  readonly done: number;
  readonly text?: Cursor;
}

/**
 * Pass after pass over the units, without end. Which batch holds what follows from the options
 * alone, so that a cursor is a few numbers. The last batch of a pass may have fewer rows.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exampleBatches } from "./examples.ts";
 * const example = { ids: Uint32Array.of(5, 6, 7), mask: Uint8Array.of(0, 0, 1) };
 * const batches = exampleBatches({ units: [[example], [example]], rows: 1, cols: 4, seed: 0 });
 * const { value } = await batches.getReader().read();
 * assertEquals([...value?.inputIds ?? []], [5, 6, 5, 6]);
 * assertEquals([...value?.mask ?? []], [0, 1, 0, 1]);
 * assertEquals([...value?.segmentIds ?? []], [0, 0, 1, 1]);
 * ```
 */
export function exampleBatches(options: ExampleOptions): ReadableStream<Batch> {
  const { cols, text, cursor } = options;
  // Written by this function, as part of a checkpoint whose digest held.
  const state = cursor?.state as State | undefined;
  return generated(async function* () {
    const reader = text?.open(state?.text).getReader();
    try {
      let number = cursor?.batch ?? 0;
      let done = state?.done ?? 0;
      for (let epoch = cursor?.epoch ?? 0;; epoch++, done = 0) {
        const rows = rowsOfEpoch(options, epoch);
        const count = ownRows(options);
        for (let from = done * count; from < rows.length; from += count) {
          const plain = await reader?.read();
          const isLast = from + count >= rows.length;
          const next: Cursor = {
            epoch: isLast ? epoch + 1 : epoch,
            batch: ++number,
            state: {
              done: isLast ? 0 : from / count + 1,
              ...(plain?.value && { text: plain.value.cursor }),
            } satisfies State,
          };
          const own = fillRows(rows.slice(from, from + count), { cols, cursor: next });
          yield plain?.value ? joinRows(own, plain.value) : own;
        }
      }
    } finally {
      await reader?.cancel();
    }
  });
}

/** One pass over held-out units, always in the same rows. */
export async function* heldOutBatches(
  { units, rows, cols }: Pick<ExampleOptions, "units" | "rows" | "cols">,
): AsyncGenerator<Batch, void> {
  const packed = packUnits(units, { cols });
  for (let from = 0, batch = 1; from < packed.length; from += rows, batch++) {
    yield fillRows(packed.slice(from, from + rows), {
      cols,
      cursor: { epoch: 0, batch, state: null },
    });
  }
}
