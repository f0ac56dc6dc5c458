import { assertEquals } from "@std/assert";
import { randomStream } from "../../../model/random.ts";
import {
  countExampleBatches,
  type Example,
  exampleBatches,
  heldOutBatches,
} from "../../../stages/batch/mod.ts";
import type { Batch, Cursor } from "../../../stages/types.ts";

const COLS = 16;

/** Conversation `number`: its ids are unique, and about half of them are learned. */
function example(number: number): Example {
  const random = randomStream(number, { name: "example" });
  const length = 2 + random.word(0) % COLS;
  return {
    ids: Uint32Array.from({ length }, (_, i) => number * 100 + i),
    mask: Uint8Array.from({ length }, (_, i) => random.word(i + 1) % 2),
  };
}

const units = Array.from({ length: 41 }, (_, number) => [example(number)]);
const options = { units, rows: 3, cols: COLS, seed: 5 };

async function take(stream: ReadableStream<Batch>, count: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of stream) if (batches.push(batch) === count) break;
  return batches;
}

/** Every conversation of the batches as it stands there: ids read, ids wanted, what is learned. */
function conversationsOf(batches: readonly Batch[]): string[] {
  return batches.flatMap(({ inputIds, targetIds, mask, segmentIds, rows, cols }) =>
    Array.from({ length: rows }, (_, row) => {
      const places = Map.groupBy(
        Array.from({ length: cols }, (_, col) => row * cols + col),
        (at) => segmentIds?.[at],
      );
      return [...places.values()].flatMap((at) => {
        const targets = at.map((i) => targetIds[i]);
        // Places without a conversation have no target.
        return targets.every((id) => id === 0) && at.every((i) => mask[i] === 0) &&
            inputIds[at[0] ?? 0] === 0
          ? []
          : [JSON.stringify([at.map((i) => inputIds[i]), targets, at.map((i) => mask[i])])];
      });
    }).flat()
  );
}

Deno.test("each pass has every conversation whole, once, in its own segment", async () => {
  const wanted = units.slice(1).map(([unit]) => {
    const { ids, mask } = unit as Example;
    return JSON.stringify([[...ids.slice(0, -1)], [...ids.slice(1)], [...mask.slice(1)]]);
  }).sort();
  const own = { ...options, units: units.slice(1) };
  const passes = [0, 1].map((epochs) => countExampleBatches(own, epochs + 1));
  const batches = await take(exampleBatches(own), passes[1] ?? 0);
  const first = batches.filter(({ cursor }) => cursor.batch <= (passes[0] ?? 0));
  assertEquals(conversationsOf(first).sort(), wanted);
  assertEquals(conversationsOf(batches.slice(first.length)).sort(), wanted);
  assertEquals(first.at(-1)?.cursor.epoch, 1);
  assertEquals(conversationsOf(await Array.fromAsync(heldOutBatches(own))).sort(), wanted);
});

/** Endless rows of plain text, each full of the number of its batch. */
function openText(rows: number) {
  return (cursor: Cursor | undefined) => {
    let batch = cursor?.batch ?? 0;
    return new ReadableStream<Batch>({
      pull(controller) {
        batch++;
        const ids = new Int32Array(rows * COLS).fill(batch);
        const ones = new Int32Array(rows * COLS).fill(1);
        const size = { rows, cols: COLS, validTokens: rows * COLS };
        const cursor = { epoch: 0, batch, state: null };
        controller.enqueue({ inputIds: ids, targetIds: ids, mask: ones, ...size, cursor });
      },
    }, { highWaterMark: 0 });
  };
}

Deno.test("any cursor resumes at exactly the next batch, plain text included", async () => {
  const mixed = { ...options, text: { rows: 1, open: openText(1) } };
  const all = await take(exampleBatches(mixed), 20);
  assertEquals(all.map(({ inputIds, cols, rows }) => inputIds[(rows - 1) * cols]), [
    ...Array.from({ length: 20 }, (_, i) => i + 1),
  ]);
  for (const at of [1, 9, 10, 13]) {
    const cursor = structuredClone(all[at - 1]?.cursor);
    assertEquals(await take(exampleBatches({ ...mixed, cursor }), 20 - at), all.slice(at));
  }
});
