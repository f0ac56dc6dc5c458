import { assert, assertEquals } from "@std/assert";
import { randomStream } from "../../../model/random.ts";
import { evaluationBatches, validateBatch } from "../../../stages/batch/mod.ts";
import type { Batch } from "../../../stages/types.ts";

const T = 8;

/** Documents of the given lengths; no token occurs twice. */
function documents(lengths: readonly number[]): Uint16Array[] {
  let next = 1;
  return lengths.map((length) => Uint16Array.from({ length }, () => next++));
}

/** What is scored in a batch: target, and the tokens that it is predicted from. */
function scored(batch: Batch): [target: number, context: number[]][] {
  const { inputIds, targetIds, mask, segmentIds, rows, cols } = batch;
  const found: [number, number[]][] = [];
  for (let at = 0; at < rows * cols; at++) {
    if (mask[at] !== 1) continue;
    const rowStart = at - at % cols;
    const context: number[] = [];
    for (let i = rowStart; i <= at; i++) {
      if (segmentIds?.[i] === segmentIds?.[at]) context.push(inputIds[i] as number);
    }
    found.push([targetIds[at] as number, context]);
  }
  return found;
}

/** The same by the definition: every T targets the context begins anew. */
function reference(runs: readonly Uint16Array[]): [target: number, context: number[]][] {
  return runs.flatMap((ids) =>
    Array.from(ids).slice(1).map((target, i): [number, number[]] => {
      return [target, Array.from(ids.slice(i - i % T, i + 1))];
    })
  ).sort(([a], [b]) => a - b);
}

const batchesOf = (runs: readonly Uint16Array[], { rows, windowRows }: {
  rows: number;
  windowRows?: number;
}) =>
  Array.fromAsync(evaluationBatches({
    runs: ReadableStream.from(runs.map((ids) => ({ ids }))),
    rows,
    cols: T,
    ...(windowRows === undefined ? {} : { windowRows }),
  }));

Deno.test("evaluation scores every token once, from the tokens of its own part", async () => {
  const random = randomStream(1, { name: "evaluation" });
  for (let trial = 0; trial < 40; trial++) {
    const lengths = Array.from({ length: 30 }, (_, i) => random.word(trial * 100 + i) % (3 * T));
    const runs = documents([...lengths, 0, 1, T, T + 1, 2 * T + 1]);
    const [rows, windowRows] = [1 + trial % 4, 1 + trial % 9];
    const batches = await batchesOf(runs, { rows, windowRows });
    for (const batch of batches) validateBatch(batch, { vocabSize: 60000 });
    const found = batches.flatMap(scored).sort(([a], [b]) => a - b);
    assertEquals(found, reference(runs), `trial ${trial}`);
    assertEquals(batches.map(({ cursor }) => cursor.batch), batches.map((_, i) => i + 1));
    assert(batches.every((batch) => batch.rows <= rows && batch.validTokens > 0));
  }
});

Deno.test("evaluation packs short documents together", async () => {
  const batches = await batchesOf(documents([5, 5, 3, 3, 9, 2]), { rows: 4 });
  // 4 + 4, 2 + 2 + 1 and 8 targets.
  assertEquals(batches.map(({ rows, validTokens }) => [rows, validTokens]), [[3, 21]]);
  assertEquals(await batchesOf(documents([]), { rows: 4 }), []);
});

Deno.test("cancelling an evaluation releases what it reads", async () => {
  let cancelled: unknown;
  const runs = new ReadableStream<{ ids: Uint16Array }>({
    pull: (controller) => controller.enqueue({ ids: Uint16Array.of(1, 2, 3) }),
    cancel: (reason) => void (cancelled = reason),
  });
  const reader = evaluationBatches({ runs, rows: 1, cols: T, windowRows: 1 }).getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(cancelled, "enough");
});
