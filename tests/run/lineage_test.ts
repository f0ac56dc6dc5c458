import { assert, assertEquals } from "@std/assert";
import { replayBatches, replayDocuments } from "../../run/lineage.ts";
import { describeDrift, type Provenance } from "../../run/provenance.ts";
import { batch, type BatchMode } from "../../stages/batch/mod.ts";
import { epochs, openStore, ORDERS } from "../../stages/store/mod.ts";
import { scratchDir } from "../stages/scratch.ts";

const LENGTHS = [2, 9, 30, 5, 17, 1, 12, 40, 3];

Deno.test("batches and documents of every step are found again in every mode", async () => {
  await using store = await openStore({
    dir: await scratchDir(),
    vocabSize: 500,
    tokenizerHash: "a",
  });
  let next = 1;
  for (const [i, length] of LENGTHS.entries()) {
    const ids = Uint16Array.from({ length }, () => next++);
    await store.append({ docId: `${i}`.padStart(16, "0"), split: "train", ids });
  }
  /** Which document holds a token: every token is there once. */
  const documentOf = (id: number) => {
    let end = 1;
    return LENGTHS.findIndex((length) => id < (end += length));
  };
  const shapes: [mode: BatchMode, more: { buckets?: number[]; dropLast?: boolean }][] = [
    ["pack", {}],
    ["pack", { dropLast: true }],
    ["contiguous", {}],
    ["pad", {}],
    ["pad", { buckets: [4, 8] }],
  ];
  const variants = shapes.flatMap(([mode, more]) => ORDERS.map((order) => ({ mode, more, order })));
  for (const { mode, more, order } of variants) {
    const options = { rows: 2, cols: 8, mode, seed: 7, windowTokens: 64, ...more };
    const growing = order === "stored";
    const live = new ReadableStream<never>({ start: (controller) => controller.close() });
    const trained = await Array.fromAsync(
      live.pipeThrough(epochs({ store, order, seed: 7, warmUpTokens: 30, maxEpochs: 3 }))
        .pipeThrough(batch({ ...options, growing, vocabSize: 500 })),
    );
    const cursor = trained.at(-1)?.cursor;
    assert(cursor);
    const steps = trained.length;
    const name = JSON.stringify([mode, more, order]);
    const again = replayBatches({ store, cursor, steps, vocabSize: 500 });
    assertEquals(await Array.fromAsync(again), trained, name);
    const found = await Array.fromAsync(replayDocuments({ store, cursor, steps }));
    for (const [step, { targetIds, mask }] of trained.entries()) {
      const wanted = new Map<number, number>();
      targetIds.forEach((id, i) => {
        const document = documentOf(id);
        if (mask[i] === 1) wanted.set(document, (wanted.get(document) ?? 0) + 1);
      });
      const sorted = (map: ReadonlyMap<number, number> | undefined) =>
        [...map ?? []].sort(([a], [b]) => a - b);
      assertEquals(sorted(found[step]), sorted(wanted), `${name}, step ${step + 1}`);
    }
  }
});

Deno.test("going on with another version of the program is told", () => {
  const versions = Deno.version;
  const program = { version: "1", sha256: "a" };
  const now = { program, versions } as Provenance;
  assertEquals(describeDrift(undefined, now), undefined);
  assertEquals(describeDrift(JSON.parse(JSON.stringify(now)), now), undefined);
  const other = { program: { ...program, sha256: "b" }, versions: { ...versions, v8: "0" } };
  assert(
    describeDrift(other, now)?.startsWith("goes on with a different version of program and Deno"),
  );
});
