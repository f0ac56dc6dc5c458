import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import fc from "fast-check";
import { writeChecked } from "../../../stages/checked_json.ts";
import {
  epochs,
  openStore,
  ORDERS,
  readStore,
  type Store,
  store,
} from "../../../stages/store/mod.ts";
import type { EpochRun, Split, StoredRun, TokenRun } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const SETTINGS = { vocabSize: 1000, tokenizerHash: "aa" };

function run(index: number, { length = 1 + index % 5, split = splitOf(index) } = {}): TokenRun {
  const ids = Uint16Array.from({ length }, (_, i) => (index * 7 + i) % 1000);
  return { docId: index.toString(16).padStart(16, "0"), split, ids };
}

const splitOf = (index: number): Split => index % 10 === 9 ? "validation" : "train";
const runs = (count: number, from = 0) => Array.from({ length: count }, (_, i) => run(from + i));
const passOver = (train: StoredRun[], epoch: number): EpochRun[] =>
  train.map((item) => ({ ...item, epoch, place: item.index }));
const part = (list: TokenRun[], split: Split): StoredRun[] =>
  list.filter((item) => item.split === split).map((item, index) => ({ ...item, index }));

async function open(dir: string, shardBytes = 64): Promise<Store> {
  return await openStore({ dir, ...SETTINGS, shardBytes });
}

async function appendAll(target: Store, list: TokenRun[]): Promise<void> {
  for (const item of list) await target.append(item);
}

Deno.test("runs are read back by split from any index, before and after a flush", async () => {
  const dir = await scratchDir();
  const list = runs(100);
  await using tokens = await open(dir);
  await appendAll(tokens, list);
  const check = async (): Promise<void> => {
    for (const split of ["train", "validation"] as const) {
      const expected = part(list, split);
      for (const from of [0, 1, 5, expected.length]) {
        assertEquals(await Array.fromAsync(tokens.read({ split, from })), expected.slice(from));
      }
      assertEquals(
        await Array.fromAsync(tokens.read({ split, from: 2, to: 4 })),
        expected.slice(2, 4),
      );
    }
  };
  await check();
  await tokens.flush();
  await check();
  assertEquals([tokens.documents, tokens.count("train"), tokens.count("validation")], [
    100,
    90,
    10,
  ]);
  assertEquals(
    tokens.tokens("train"),
    part(list, "train").reduce((n, { ids }) => n + ids.length, 0),
  );
});

Deno.test("documents of any length come back from shards of any size", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(300), { maxLength: 40 }),
      fc.constantFrom(1, 100, 10_000),
      async (lengths, shardBytes) => {
        const dir = await scratchDir();
        const list = lengths.map((length, i) => run(i, { length, split: "train" }));
        {
          await using tokens = await open(dir, shardBytes);
          await appendAll(tokens, list);
        }
        await using again = await open(dir, shardBytes);
        assertEquals(await Array.fromAsync(again.read({ split: "train" })), part(list, "train"));
      },
    ),
    { numRuns: 25 },
  );
});

Deno.test("what a crash left unflushed is cut off, in both splits at one point of the corpus", async () => {
  const dir = await scratchDir();
  const crashed = await open(dir);
  await appendAll(crashed, runs(35));
  await crashed.flush();
  const index = await Deno.readTextFile(join(dir, "index.json"));
  await appendAll(crashed, runs(65, 35));
  await crashed[Symbol.asyncDispose]();
  // As if the process had been killed after the shards were written and before the index was.
  await Deno.writeTextFile(join(dir, "index.json"), index);
  const shard = join(dir, "train", "000002.bin");
  const written = await Deno.readFile(shard);
  {
    await using reader = await readStore({ dir, ...SETTINGS });
    assertEquals(reader.documents, 35);
    for (const split of ["train", "validation"] as const) {
      assertEquals(await Array.fromAsync(reader.read({ split })), part(runs(35), split));
    }
  }
  assertEquals(await Deno.readFile(shard), written);
  await using tokens = await open(dir);
  assertEquals(tokens.documents, 35);
  await appendAll(tokens, runs(65, 35));
  for (const split of ["train", "validation"] as const) {
    assertEquals(await Array.fromAsync(tokens.read({ split })), part(runs(100), split));
  }
});

Deno.test("another tokenizer is refused with the way out", async () => {
  const dir = await scratchDir();
  await (await open(dir))[Symbol.asyncDispose]();
  await assertRejects(
    () => openStore({ dir, vocabSize: 1000, tokenizerHash: "bb" }),
    Error,
    "it was written with another tokenizer (1000 ids, aa) than this run's (1000 ids, bb); " +
      "remove the folder to tokenize the corpus again",
  );
});

Deno.test("damaged, truncated and missing shards are refused", async () => {
  const dir = await scratchDir();
  {
    await using tokens = await open(dir, 2 ** 20);
    await appendAll(tokens, runs(100));
  }
  for (const name of ["000000.bin", "000000.idx"]) {
    const path = join(dir, "train", name);
    const bytes = await Deno.readFile(path);
    const flipped = bytes.slice();
    flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] ?? 0) ^ 4;
    await Deno.writeFile(path, flipped);
    {
      await using tokens = await open(dir);
      await assertRejects(
        () => Array.fromAsync(tokens.read({ split: "train" })),
        Error,
        "is damaged (checksum)",
      );
    }
    await Deno.writeFile(path, bytes.subarray(0, -1));
    await assertRejects(() => open(dir), Error, "it is truncated");
    await Deno.writeFile(path, bytes);
  }
  const index = join(dir, "index.json");
  const text = await Deno.readTextFile(index);
  // One bit: "5" and "1", of "tokens":25.
  await Deno.writeTextFile(index, text.replace(/"tokens":(\d)/, (_, n) => `"tokens":${n ^ 4}`));
  const before = await Deno.readFile(join(dir, "train", "000000.bin"));
  for (const reopen of [() => open(dir), () => readStore({ dir, ...SETTINGS })]) {
    await assertRejects(reopen, SyntaxError, `Cannot read ${index}: it does not match its digest`);
  }
  await Deno.remove(index);
  for (const reopen of [() => open(dir), () => readStore({ dir, ...SETTINGS })]) {
    await assertRejects(reopen, Error, "index.json is missing, and");
  }
  assertEquals(await Deno.readFile(join(dir, "train", "000000.bin")), before);
  await writeChecked(index, {});
  await assertRejects(() => open(dir), SyntaxError, "version undefined is not known");
});

Deno.test("ids past the vocabulary are refused, whatever their checksum says", async () => {
  const dir = await scratchDir();
  const strange = { ...run(2), ids: Uint16Array.of(5, 1000, 0) };
  {
    await using tokens = await open(dir, 2 ** 20);
    await appendAll(tokens, [run(0), run(1), strange]);
  }
  await using tokens = await open(dir);
  await assertRejects(
    () => Array.fromAsync(tokens.read({ split: "train" })),
    RangeError,
    `Cannot read ${dir}/train/000000.bin: document 2 has the id 1000, and the vocabulary has ` +
      "1000 ids; it was written with another tokenizer",
  );
  await tokens[Symbol.asyncDispose]();
  await writeChecked(join(dir, "index.json"), { version: 1, splits: {} });
  await assertRejects(() => open(dir), SyntaxError, "vocabSize or tokenizerHash is missing");
});

Deno.test("ids above 65,535 are kept", async () => {
  const dir = await scratchDir();
  await using tokens = await openStore({ dir, vocabSize: 70_000, tokenizerHash: "aa" });
  const wide: TokenRun = { ...run(0), ids: Uint32Array.of(69_999, 0) };
  await tokens.append(wide);
  assertEquals(await Array.fromAsync(tokens.read({ split: "train" })), [{ ...wide, index: 0 }]);
});

Deno.test("epochs: the stored runs, the live ones, then all again", async () => {
  await using tokens = await open(await scratchDir());
  await appendAll(tokens, runs(25));
  const live = ReadableStream.from(runs(30, 25)).pipeThrough(store({ store: tokens }));
  const got = await Array.fromAsync(
    live.pipeThrough(epochs({ store: tokens, order: "stored", maxEpochs: 3 })),
  );
  const train = part(runs(55), "train");
  assertEquals(got, [0, 1, 2].flatMap((epoch) => passOver(train, epoch)));
});

Deno.test("epochs start where a cursor says, also beyond what the store has kept", async () => {
  for (const start of [{ epoch: 0, place: 3 }, { epoch: 0, place: 30 }, { epoch: 1, place: 40 }]) {
    await using tokens = await open(await scratchDir());
    await appendAll(tokens, runs(25));
    const live = ReadableStream.from(runs(30, 25)).pipeThrough(store({ store: tokens }));
    const got = await Array.fromAsync(
      live.pipeThrough(epochs({ store: tokens, order: "stored", start, maxEpochs: 2 })),
    );
    const train = part(runs(55), "train");
    const all = [0, 1].flatMap((epoch) => passOver(train, epoch));
    assertEquals(got, all.slice(start.epoch * train.length + start.place));
  }
});

Deno.test("an empty corpus is an error", async () => {
  for (const order of ORDERS) {
    await using tokens = await open(await scratchDir());
    const live = ReadableStream.from([run(9)]).pipeThrough(store({ store: tokens }));
    await assertRejects(
      () => Array.fromAsync(live.pipeThrough(epochs({ store: tokens, order }))),
      Error,
      "Cannot start training: the corpus has no document in its train split",
    );
  }
});

Deno.test("cancelling the epochs cancels the live runs, even while waiting for one", async () => {
  for (const order of ORDERS) {
    await using tokens = await open(await scratchDir());
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const live = new ReadableStream<StoredRun>({ cancel: resolve });
    const reader = live.pipeThrough(epochs({ store: tokens, order })).getReader();
    const read = reader.read();
    await reader.cancel("enough");
    assertEquals((await read).done, true);
    assertEquals(await promise, "enough");
  }
});

Deno.test("single documents are read from anywhere, those that are not written yet included", async () => {
  const dir = await scratchDir();
  const list = runs(300);
  const train = part(list, "train");
  // Each shard holds some ten documents: more than stay open at once.
  await using tokens = await open(dir);
  for (const [i, item] of list.entries()) {
    await tokens.append(item);
    const count = tokens.count("train");
    for (const index of [0, count >> 1, count - 1]) {
      if (i % 17 === 0 && count > 0) {
        assertEquals(await tokens.document("train", index), train[index]);
      }
    }
  }
  for (const index of [269, 0, 134, 269, 77]) {
    assertEquals(await tokens.document("train", index), train[index]);
  }
  for (const index of [-1, 270, 1.5, NaN]) {
    await assertRejects(() => tokens.document("train", index), RangeError, `Cannot read document`);
  }
});

Deno.test("a range of a document holds its own tokens alone, and the whole document is checked", async () => {
  const dir = await scratchDir();
  const [first, second] = [run(0, { length: 50 }), run(1, { length: 40 })];
  {
    await using tokens = await open(dir);
    await appendAll(tokens, [first, second]);
    // Both before either is compared: reading the second must leave the first alone.
    const parts = [
      await tokens.document("train", 0, { from: 10, to: 30 }),
      await tokens.document("train", 1, { from: 30, to: 51 }),
    ];
    assertEquals(parts.map(({ ids }) => ids), [first.ids.slice(10, 30), second.ids.slice(30)]);
    assertEquals(parts.map(({ ids }) => ids.buffer.byteLength), [40, 20]);
  }
  const path = join(dir, "train", "000000.bin");
  const bytes = await Deno.readFile(path);
  bytes[2 * 45] = (bytes[2 * 45] ?? 0) ^ 4;
  await Deno.writeFile(path, bytes);
  await using tokens = await open(dir);
  await assertRejects(
    () => tokens.document("train", 0, { to: 5 }),
    Error,
    "document 0 is damaged (checksum)",
  );
});

Deno.test("documents are counted by tokens, and tokens by documents", async () => {
  await using tokens = await open(await scratchDir());
  const list = runs(200);
  await appendAll(tokens, list);
  const train = part(list, "train");
  const sums = [0];
  for (const { ids } of train) sums.push((sums.at(-1) ?? 0) + ids.length);
  const all = sums.at(-1) ?? 0;
  for (let documents = 0; documents <= train.length + 2; documents++) {
    assertEquals(await tokens.tokensBefore("train", documents), sums[documents] ?? all);
  }
  for (let wanted = 0; wanted <= all + 2; wanted++) {
    const first = sums.findIndex((sum) => sum >= wanted);
    assertEquals(
      await tokens.documentsHolding("train", wanted),
      first < 0 ? train.length : first,
      `${wanted} tokens`,
    );
  }
});
