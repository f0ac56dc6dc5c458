import { assert, assertEquals, assertLess, assertNotEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { batch, resumePoint } from "../../../stages/batch/mod.ts";
import {
  epochs,
  type EpochsOptions,
  openStore,
  type Store,
  store,
} from "../../../stages/store/mod.ts";
import type { Batch, EpochRun, StoredRun, TokenRun } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const VOCAB = 60_000;

/** Train documents of given lengths whose tokens are all different. */
function documents(lengths: readonly number[]): TokenRun[] {
  let next = 1;
  return lengths.map((length, i) => ({
    docId: i.toString(16).padStart(16, "0"),
    split: "train",
    ids: Uint16Array.from({ length }, () => next++),
  }));
}

async function open(): Promise<Store> {
  const dir = await scratchDir();
  return await openStore({ dir, vocabSize: VOCAB, tokenizerHash: "aa", shardBytes: 1000 });
}

/** Runs on their way into the store from its end on, as the pipeline has them. */
function arriving(target: Store, list: readonly TokenRun[]): ReadableStream<StoredRun> {
  return ReadableStream.from(list.slice(target.documents)).pipeThrough(store({ store: target }));
}

type Options = Partial<Omit<EpochsOptions, "store" | "live" | "order">>;

async function passes(list: readonly TokenRun[], options: Options): Promise<EpochRun[]> {
  await using tokens = await open();
  const live = arriving(tokens, list);
  return await Array.fromAsync(
    live.pipeThrough(epochs({ store: tokens, order: "shuffled", ...options })),
  );
}

const indexes = (runs: readonly EpochRun[], epoch: number) =>
  runs.filter((run) => run.epoch === epoch).map(({ index }) => index);
const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

Deno.test("each pass has every document exactly once, in an order of its own", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(40), { minLength: 1, maxLength: 60 }),
      fc.nat(99),
      async (lengths, seed) => {
        const list = documents(lengths);
        const runs = await passes(list, { seed, maxEpochs: 3 });
        for (const epoch of [0, 1, 2]) {
          assertEquals(ascending(indexes(runs, epoch)), upTo(list.length));
        }
        assertEquals(runs.map(({ place }) => place), [0, 1, 2].flatMap(() => upTo(list.length)));
        for (const { index, ids } of runs) assertEquals(ids, list[index]?.ids);
      },
    ),
    { numRuns: 30 },
  );
  const runs = await passes(documents(upTo(100).map(() => 5)), { maxEpochs: 2 });
  assertNotEquals(indexes(runs, 0), indexes(runs, 1));
  assertNotEquals(indexes(runs, 0), upTo(100));
});

Deno.test("long documents come in parts, each pair of neighbours once a pass", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat(9), fc.nat(700)), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(1, 7, 64, Infinity),
      async (lengths, partPairs) => {
        fc.pre(lengths.reduce((sum, n) => sum + n, 0) < VOCAB - 1);
        const list = documents(lengths);
        const runs = await passes(list, { partPairs, maxEpochs: 1 });
        const pairs = (ids: ArrayLike<number>) =>
          Array.from(ids).slice(1).map((id, i) => [ids[i], id].join());
        assertEquals(
          runs.flatMap(({ ids }) => pairs(ids)).sort(),
          list.flatMap(({ ids }) => pairs(ids)).sort(),
        );
        assertEquals(runs.every(({ ids }) => ids.length <= partPairs + 1), true);
        assertEquals(runs.map(({ place }) => place), upTo(runs.length));
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("the order is that of the seed, and of nothing else", async () => {
  const list = documents(upTo(80).map((i) => 1 + i % 7));
  const first = await passes(list, { seed: 5, maxEpochs: 2 });
  assertEquals(await passes(list, { seed: 5, maxEpochs: 2 }), first);
  assertNotEquals(await passes(list, { seed: 6, maxEpochs: 2 }), first);
});

Deno.test("while documents come, each pass is over up to twice the tokens of the one before", async () => {
  // 1,000 documents of 10 tokens.
  const list = documents(upTo(1000).map(() => 10));
  const runs = await passes(list, { warmUpTokens: 995, maxEpochs: 6 });
  const sizes = upTo(6).map((epoch) => indexes(runs, epoch).length);
  // 995 tokens are in 100 documents; all have come by the fifth pass.
  assertEquals(sizes, [100, 200, 400, 800, 1000, 1000]);
  for (const epoch of upTo(6)) {
    assertEquals(ascending(indexes(runs, epoch)), upTo(sizes[epoch] as number));
  }
  const last = runs.at(-1)?.passes;
  assertEquals(last?.map(({ epoch, documents }) => [epoch, documents]), [
    [0, 100],
    [1, 200],
    [2, 400],
    [3, 800],
    [4, 1000],
  ]);
});

Deno.test("a pass waits for no more than the plan still needs", async () => {
  const list = documents(upTo(1000).map(() => 10));
  const sizes = async (plannedTokens: number) => {
    const runs = await passes(list, { warmUpTokens: 1000, plannedTokens, maxEpochs: 4 });
    return upTo(4).map((epoch) => indexes(runs, epoch).length);
  };
  assertEquals(await sizes(1000), [100, 100, 100, 100]);
  // 2,500 tokens: 1,000 of the first pass, and 1,500 that a second pass is enough for.
  assertEquals(await sizes(2500), [100, 150, 150, 150]);
  assertEquals(await sizes(9000), [100, 200, 400, 400]);
});

Deno.test("a first pass begins when its documents are stored, whatever else may come", async () => {
  await using tokens = await open();
  const list = documents(upTo(10).map(() => 10));
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  async function* slowly(): AsyncGenerator<TokenRun> {
    yield* list.slice(0, 5);
    await held;
    yield* list.slice(5);
  }
  const live = ReadableStream.from(slowly()).pipeThrough(store({ store: tokens }));
  const reader = live.pipeThrough(
    epochs({ store: tokens, order: "shuffled", warmUpTokens: 50, maxEpochs: 2 }),
  )
    .getReader();
  const first: number[] = [];
  for (let i = 0; i < 5; i++) first.push((await reader.read()).value?.index ?? -1);
  assertEquals(ascending(first), upTo(5));
  const next = reader.read();
  release();
  assertEquals((await next).value?.epoch, 1);
  await reader.cancel();
});

Deno.test("an error of the live runs ends the pass that is under way", async () => {
  await using tokens = await open();
  const list = documents(upTo(10).map(() => 10));
  async function* broken(): AsyncGenerator<TokenRun> {
    yield* list;
    await Promise.reject(new Error("disk gone"));
  }
  const live = ReadableStream.from(broken()).pipeThrough(store({ store: tokens }));
  await assertRejects(
    () =>
      Array.fromAsync(
        live.pipeThrough(epochs({ store: tokens, order: "shuffled", warmUpTokens: 50 })),
      ),
    Error,
    "disk gone",
  );
});

const SHAPE = { rows: 2, cols: 8, seed: 3, vocabSize: VOCAB, windowTokens: 128 };

Deno.test("batches go on after any cursor, also where the store has lost its end", async () => {
  const list = documents(upTo(120).map((i) => 2 + (i * 7) % 23));
  const options: Options = { seed: 3, warmUpTokens: 300, partPairs: 5, maxEpochs: 4 };
  const all = await (async () => {
    await using tokens = await open();
    const live = arriving(tokens, list);
    const runs = live.pipeThrough(epochs({ store: tokens, order: "shuffled", ...options }));
    return await Array.fromAsync(runs.pipeThrough(batch(SHAPE)));
  })();
  assert(all.length > 200);
  for (let i = 0; i < all.length; i += 13) {
    const { cursor } = JSON.parse(JSON.stringify(all[i])) as Batch;
    await using tokens = await open();
    // What was flushed last: nothing, some of the documents, all of them.
    for (const run of list.slice(0, i % list.length)) await tokens.append(run);
    const start = resumePoint(cursor);
    const live = arriving(tokens, list);
    const runs = live.pipeThrough(epochs({ store: tokens, order: "shuffled", ...options, start }));
    const rest = await Array.fromAsync(runs.pipeThrough(batch({ ...SHAPE, cursor })));
    assertEquals(rest, all.slice(i + 1), `after batch ${i + 1}`);
  }
});

Deno.test("a pass whose documents are gone is refused", async () => {
  await using tokens = await open();
  const live = arriving(tokens, documents([5, 5]));
  const start = {
    epoch: 1,
    place: 0,
    passes: [{ epoch: 0, documents: 9 }, { epoch: 1, documents: 9 }],
  };
  await assertRejects(
    () => Array.fromAsync(live.pipeThrough(epochs({ store: tokens, order: "shuffled", start }))),
    Error,
    "Cannot go on with pass 2: it is over 9 documents, and the store has 2",
  );
});

Deno.test("few steps over a corpus sorted by folder see every folder by its size", async () => {
  // Four folders one after the other: 400, 200, 100 and 50 documents.
  const folders = [400, 200, 100, 50];
  const list = documents(folders.flatMap((count) => upTo(count).map(() => 9)));
  const folderOf = (index: number) => {
    let end = 0;
    return folders.findIndex((count) => index < (end += count));
  };
  await using tokens = await open();
  for (const run of list) await tokens.append(run);
  const seen = folders.map(() => 0);
  for (const seed of upTo(20)) {
    const live = ReadableStream.from([]);
    const reader = live.pipeThrough(epochs({ store: tokens, order: "shuffled", seed })).getReader();
    for (let i = 0; i < 150; i++) {
      const folder = folderOf((await reader.read()).value?.index ?? -1);
      seen[folder] = (seen[folder] ?? 0) + 1;
    }
    await reader.cancel();
  }
  // 3,000 draws: expected 1600, 800, 400, 200; Pearson's statistic has 3 degrees of freedom.
  const chiSquare = folders.reduce((sum, count, i) => {
    const expected = 3000 * count / 750;
    return sum + ((seen[i] as number) - expected) ** 2 / expected;
  }, 0);
  assertLess(chiSquare, 21.1); // 99.99 %
});

Deno.test("a tenth of a pass trains on every folder's tokens by its size, within 10 %", async () => {
  // Documents of 2 to 60 tokens, those of the first folder the longest; each token says its folder.
  const folders = [2000, 1000, 500, 250];
  const list = documents(
    folders.flatMap((count, folder) => upTo(count).map((i) => 2 + (i * 7) % (59 - 12 * folder))),
  );
  const sizes = folders.map(() => 0);
  for (const [index, { ids }] of list.entries()) {
    let end = 0;
    const folder = folders.findIndex((count) => index < (end += count));
    sizes[folder] = (sizes[folder] ?? 0) + ids.length - 1;
    ids.fill(folder);
  }
  const pairs = sizes.reduce((sum, size) => sum + size, 0);
  await using tokens = await open();
  for (const run of list) await tokens.append(run);
  for (const seed of upTo(5)) {
    const live = ReadableStream.from([]);
    const reader = live.pipeThrough(epochs({ store: tokens, order: "shuffled", seed }))
      .pipeThrough(batch({ rows: 12, cols: 8, seed, vocabSize: VOCAB })).getReader();
    const seen = folders.map(() => 0);
    let scored = 0;
    while (scored < pairs / 10) {
      const { value: made } = await reader.read();
      assert(made);
      scored += made.validTokens;
      made.targetIds.forEach((folder, i) => {
        if (made.mask[i] === 1) seen[folder] = (seen[folder] ?? 0) + 1;
      });
    }
    await reader.cancel();
    for (const [folder, count] of seen.entries()) {
      const expected = scored * (sizes[folder] as number) / pairs;
      const off = Math.abs(count / expected - 1);
      assertLess(off, 0.1, `seed ${seed}, folder ${folder}: ${count}, expected ${expected}`);
    }
  }
});
