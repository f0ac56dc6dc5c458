import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  batch,
  type BatchMode,
  BatchStream,
  type BatchStreamOptions,
  resumePoint,
  validateBatch,
} from "../../../stages/batch/mod.ts";
import { Window } from "../../../stages/batch/window.ts";
import type { Batch, EpochRun } from "../../../stages/types.ts";

const VOCAB = 60_000;

/** Documents of given lengths whose tokens are all different. */
function documents(lengths: readonly number[]): Uint16Array[] {
  let next = 1;
  return lengths.map((length) => Uint16Array.from({ length }, () => next++));
}

/** What `epochs` would hand on, from a place on. */
function* runs(
  corpus: readonly Uint16Array[],
  { epochs = 1, from = { epoch: 0, place: 0 } } = {},
): Generator<EpochRun, void> {
  for (let epoch = from.epoch; epoch < epochs; epoch++) {
    for (let index = epoch === from.epoch ? from.place : 0; index < corpus.length; index++) {
      const ids = corpus[index] as Uint16Array;
      yield { docId: String(index), split: "train", ids, epoch, place: index, index };
    }
  }
}

type Options = Omit<Parameters<typeof batch>[0], "vocabSize">;

function batches(
  corpus: readonly Uint16Array[],
  { epochs = 1, ...options }: Options & { epochs?: number },
): Promise<Batch[]> {
  const from = options.cursor ? resumePoint(options.cursor) : { epoch: 0, place: 0 };
  return Array.fromAsync(
    ReadableStream.from(runs(corpus, { epochs, from }))
      .pipeThrough(batch({ ...options, vocabSize: VOCAB })),
  );
}

function scored({ inputIds, targetIds, mask }: Batch): [number, number][] {
  return Array.from(
    mask,
    (bit, i): [number, number][] =>
      bit === 1 ? [[inputIds[i] as number, targetIds[i] as number]] : [],
  ).flat();
}

const sorted = (pairs: [number, number][]) => pairs.sort(([a], [b]) => a - b);

const T = 8;
const lengthsOf = fc.array(
  fc.oneof(fc.constantFrom(0, 1, T - 1, T, T + 1, 10 * T), fc.nat(3 * T)),
  { minLength: 1, maxLength: 30 },
);
const shape = fc.record({
  mode: fc.constantFrom<BatchMode>("pack", "contiguous", "pad"),
  rows: fc.constantFrom(1, 3, 4),
  windowTokens: fc.constantFrom(1, 5 * T, 16 * T, 1000 * T),
  seed: fc.nat(99),
  growing: fc.boolean(),
  lengths: fc.constantFrom(undefined, [2, 5], [1, T]),
}).map(({ lengths, ...options }) => ({
  ...options,
  ...(options.mode === "pad" && lengths && { buckets: lengths }),
}));

Deno.test("an epoch scores each pair of neighbouring tokens exactly once", async () => {
  await fc.assert(
    fc.asyncProperty(lengthsOf, shape, async (lengths, options) => {
      const corpus = documents(lengths);
      const stream = options.mode === "contiguous"
        ? [Uint16Array.from(corpus.flatMap((d) => [...d]))]
        : corpus;
      const expected = stream.flatMap((ids) =>
        [...ids.slice(1)].map((target, i): [number, number] => [ids[i] as number, target])
      );
      const got = await batches(corpus, { ...options, cols: T });
      assertEquals(sorted(got.flatMap(scored)), sorted(expected));
      const widths = [T, ...options.buckets ?? []];
      assertEquals(
        got.every(({ rows, cols }) => rows === options.rows && widths.includes(cols)),
        true,
      );
    }),
    { numRuns: 300 },
  );
});

Deno.test("a later epoch scores the same pairs in another order", async () => {
  const corpus = documents([50, 3, 90, 8, 200, 17]);
  const got = await batches(corpus, { rows: 2, cols: T, epochs: 3, windowTokens: 10_000 });
  const byEpoch = [0, 1, 2].map((epoch) =>
    got.filter((_, i) => Math.floor(i / (got.length / 3)) === epoch).flatMap(scored)
  );
  assertEquals(sorted(byEpoch[1] ?? []), sorted(byEpoch[2] ?? []));
  const order = got.map((b) => b.inputIds.join()).slice(got.length / 3);
  assertEquals(
    order.slice(0, order.length / 2).join() === order.slice(order.length / 2).join(),
    false,
  );
});

Deno.test("resuming from any cursor gives the same rest", async () => {
  await fc.assert(
    fc.asyncProperty(lengthsOf, shape, fc.boolean(), async (lengths, options, dropLast) => {
      const corpus = documents([2 * T * options.rows + 1, ...lengths]);
      const all = await batches(corpus, { ...options, dropLast, cols: T, epochs: 2 });
      for (const [i, { cursor }] of all.entries()) {
        // A checkpoint keeps the cursor as JSON.
        const kept = JSON.parse(JSON.stringify(cursor));
        const rest = await batches(corpus, {
          ...options,
          dropLast,
          cols: T,
          epochs: 2,
          cursor: kept,
        });
        assertEquals(rest, all.slice(i + 1));
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("pack leaves no place empty before the end of an epoch, and keeps short documents whole", async () => {
  const lengths = Array.from({ length: 400 }, (_, i) => 2 + (i * 7) % 11);
  const corpus = documents(lengths);
  const got = await batches(corpus, { rows: 4, cols: T, windowTokens: 64 * T });
  const full = got.filter(({ validTokens }) => validTokens === 4 * T).length;
  assertEquals(full >= got.length - 1, true);
  const pairs = lengths.reduce((sum, length) => sum + length - 1, 0);
  assertEquals(got.length, Math.ceil(pairs / (4 * T)));
  const segments = got.flatMap((b) => segmentsOf(b)).length;
  const documentsOfMoreThanARow = lengths.filter((length) => length - 1 > T).length;
  // Some must be cut where nothing fits; most must not.
  assertEquals(segments < corpus.length + documentsOfMoreThanARow + corpus.length / 4, true);
});

/** Runs of equal segment id along rows, masked places left out. */
function segmentsOf({ segmentIds, mask, rows, cols }: Batch): number[][] {
  const found: number[][] = [];
  for (let row = 0; row < rows; row++) {
    const places = Array.from({ length: cols }, (_, c) => row * cols + c).filter((i) => mask[i]);
    found.push(...Object.values(Object.groupBy(places, (i) => segmentIds?.[i] ?? 0)) as number[][]);
  }
  return found;
}

Deno.test("a segment never holds two documents", async () => {
  const corpus = documents(Array.from({ length: 100 }, (_, i) => 1 + i % 23));
  const documentOf = new Map(corpus.flatMap((ids, d) => [...ids].map((id) => [id, d])));
  for (const made of await batches(corpus, { rows: 3, cols: T, windowTokens: 40 * T })) {
    for (const places of segmentsOf(made)) {
      const owners = new Set(places.map((i) => documentOf.get(made.inputIds[i] as number)));
      assertEquals(owners.size, 1);
    }
  }
});

Deno.test("rows of long documents are mixed within a batch", async () => {
  const corpus = documents(Array.from({ length: 40 }, () => 100 * T + 1));
  const documentOf = (id: number) => Math.floor((id - 1) / (100 * T + 1));
  for (const mode of ["pack", "contiguous"] as const) {
    const got = await batches(corpus, {
      rows: 12,
      cols: T,
      mode,
      epochs: 2,
      windowTokens: 2 ** 20,
    });
    const later = got.filter(({ cursor }) => cursor.epoch === 1);
    const owners = later.map(({ inputIds }) =>
      new Set(Array.from({ length: 12 }, (_, row) => documentOf(inputIds[row * T] as number))).size
    );
    const mean = owners.reduce((sum, n) => sum + n, 0) / owners.length;
    // 12 draws from 40 documents hold 10.5 different ones on average.
    assertEquals(mean > 9.5, true);
  }
});

Deno.test("growing windows: the first of epoch 0 are 256 and 16 times smaller, later ones are not", async () => {
  const windowTokens = 512 * T;
  const got = await batches(documents([1500 * T + 1]), {
    rows: 1,
    cols: T,
    windowTokens,
    growing: true,
    epochs: 2,
  });
  // Places of the corpus, in rows, that each window may hold.
  const borders = (epoch: number) => epoch === 0 ? [2, 34, 546, 1058, 1500] : [512, 1024, 1500];
  for (const epoch of [0, 1]) {
    const places = got.slice(1500 * epoch, 1500 * (epoch + 1))
      .map(({ inputIds }) => ((inputIds[0] as number) - 1) / T);
    let start = 0;
    for (const end of borders(epoch)) {
      const window = places.slice(start, end);
      assertEquals(window.toSorted((a, b) => a - b), Array.from(window, (_, i) => start + i));
      start = end;
    }
  }
});

Deno.test("the order depends on the seed alone", async () => {
  const corpus = documents([300, 200, 100]);
  const order = async (seed: number) =>
    (await batches(corpus, { rows: 2, cols: T, seed })).map(({ inputIds }) => inputIds.join());
  assertEquals(await order(1), await order(1));
  assertEquals((await order(1)).join() === (await order(2)).join(), false);
});

Deno.test("dropLast leaves only full batches and less than one batch of pairs out", async () => {
  for (const mode of ["pack", "contiguous"] as const) {
    const got = await batches(documents([100, 33, 50]), { rows: 2, cols: T, mode, dropLast: true });
    assertEquals(got.every(({ validTokens }) => validTokens === 2 * T), true);
    const pairs = mode === "pack" ? 99 + 32 + 49 : 182;
    assertEquals(got.length, Math.floor(pairs / (2 * T)));
  }
});

Deno.test("a cursor of another shape is refused by name", async () => {
  const corpus = documents([100]);
  const [first] = await batches(corpus, { rows: 2, cols: T });
  const cursor = (first as Batch).cursor;
  assertThrows(
    () => batch({ rows: 3, cols: T, vocabSize: VOCAB, cursor }),
    RangeError,
    "Cannot resume batches: rows was 2 and is now 3",
  );
  assertThrows(
    () => batch({ rows: 2, cols: T, vocabSize: VOCAB, cursor: { ...cursor, state: 7 } }),
    TypeError,
    "the cursor's state is not that of the batch stage",
  );
});

Deno.test("a corpus without a single pair ends in an error, not in endless epochs", async () => {
  await assertRejects(
    () => batches(documents([1, 0, 1]), { rows: 2, cols: T, epochs: Infinity }),
    Error,
    "a whole epoch fills no batch of 2 rows × 8 tokens; the corpus is too small",
  );
});

Deno.test("cancelling the batches cancels the input", async () => {
  let reason: unknown;
  const input = new ReadableStream<EpochRun>({
    pull(controller) {
      const ids = new Uint16Array(4 * T);
      controller.enqueue({ docId: "0", split: "train", ids, epoch: 0, place: 0, index: 0 });
    },
    cancel(why) {
      reason = why;
    },
  });
  const made = input.pipeThrough(
    batch({ rows: 1, cols: T, vocabSize: VOCAB, windowTokens: 4 * T }),
  );
  const reader = made.getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(reason, "enough");
});

Deno.test("a window gives its memory back, also what it has outgrown", () => {
  const window = new Window({ mode: "pack", cols: 2, maxRows: 2 });
  window.add(Uint16Array.of(5, 6), 0);
  const { tokens: outgrown } = window;
  window.add(Uint32Array.of(7, 8), 0);
  const { tokens } = window;
  assertEquals([outgrown.length, [...tokens.subarray(0, 4)]], [0, [5, 6, 7, 8]]);
  window[Symbol.dispose]();
  assertEquals(tokens.length, 0);
});

Deno.test("cancelling wakes a stage that waits for input", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const input = new ReadableStream<EpochRun>({ cancel: resolve });
  const made = input.pipeThrough(batch({ rows: 1, cols: T, vocabSize: VOCAB }));
  const reader = made.getReader();
  const read = reader.read();
  await reader.cancel("enough");
  assertEquals(await read, { done: true, value: undefined });
  assertEquals(await promise, "enough");
});

Deno.test("an error of the input reaches the output", async () => {
  const input = new ReadableStream<EpochRun>({
    pull() {
      throw new Error("disk gone");
    },
  });
  const made = input.pipeThrough(batch({ rows: 1, cols: T, vocabSize: VOCAB }));
  await assertRejects(() => Array.fromAsync(made), Error, "disk gone");
});

Deno.test("buckets put rows of similar length together and leave one batch a window short", async () => {
  const lengths = Array.from({ length: 200 }, (_, i) => 2 + (i * 5) % T);
  const options = { rows: 4, cols: T, mode: "pad" } as const;
  const plain = await batches(documents(lengths), options);
  const got = await batches(documents(lengths), { ...options, buckets: [2, 4, 6] });
  const places = (list: Batch[]) => list.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  // 25 rows of each length from 1 to 8: of 50 in a bucket, two wait for the next one.
  assertEquals([places(plain), places(got)], [200 * T, 48 * 2 + 52 * 4 + 48 * 6 + 52 * 8]);
  for (const made of got) {
    const longest = Math.max(
      ...Array.from(
        { length: 4 },
        (_, row) =>
          made.mask.subarray(row * made.cols, (row + 1) * made.cols).reduce((n, bit) => n + bit, 0),
      ),
    );
    assertEquals(longest > made.cols - 2, true);
  }
  assertThrows(
    () => batch({ rows: 1, cols: T, vocabSize: VOCAB, buckets: [4] }),
    RangeError,
    "buckets are for pad mode and must be integers from 1 to 8, got 4 in pack mode",
  );
});

/** A batch stream over documents of the given lengths. */
function streamOf(
  lengths: readonly number[],
  { epochs = 1, ...options }: Partial<BatchStreamOptions> & { epochs?: number },
): BatchStream {
  const corpus = documents(lengths);
  return new BatchStream({
    open: (from) => ReadableStream.from(runs(corpus, { epochs, from })),
    size: { documents: corpus.length, tokens: lengths.reduce((sum, n) => sum + n, 0) },
    rows: 3,
    cols: T,
    vocabSize: VOCAB,
    ...options,
  });
}

Deno.test("numBatches is how many batches an epoch turns out to have", async () => {
  const nonEmpty = fc.array(fc.integer({ min: 1, max: 4 * T }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(nonEmpty, shape, fc.boolean(), async (lengths, options, dropLast) => {
      await using stream = streamOf(lengths, { ...options, dropLast });
      const known = stream.numBatches;
      assertEquals(known === undefined, options.mode === "pad");
      const made = await Array.fromAsync(stream);
      if (known !== undefined) assertEquals(made.length, known);
      const { tokens, places, batches } = stream.statistics;
      assertEquals(batches, made.length);
      assertEquals(tokens, made.reduce((sum, { validTokens }) => sum + validTokens, 0));
      assertEquals(places, made.reduce((sum, { inputIds }) => sum + inputIds.length, 0));
    }),
    { numRuns: 100 },
  );
});

Deno.test("next and reset go through the same batches from any of them", async () => {
  await using stream = streamOf([40, 3, 90, 8], { epochs: 2, windowTokens: 5 * T });
  const all = await Array.fromAsync(stream);
  assertEquals(await stream.next(), undefined);
  await stream.reset();
  assertEquals([stream.cursor, stream.statistics.batches], [undefined, 0]);
  assertEquals(await stream.next(), all[0]);
  for (const [i, { cursor }] of all.entries()) {
    await stream.reset(cursor);
    assertEquals(await Array.fromAsync(stream), all.slice(i + 1));
    assertEquals(stream.cursor, all.at(-1)?.cursor);
  }
});

Deno.test("statistics count segments and padding", async () => {
  await using stream = streamOf([5, 4, 9], { rows: 1 });
  for await (const made of stream) assertEquals(made.cols, T);
  // 4 + 3 pairs share a row with one empty place, 8 fill another.
  assertEquals(stream.statistics, {
    batches: 2,
    places: 16,
    tokens: 15,
    segments: 3,
    padding: 1 / 16,
  });
});

Deno.test("pack leaves at most 2 % of an epoch's places empty", async () => {
  // Lengths as of a crawl: many short documents, a few of several rows, 12 rows of 256.
  const lengths = Array.from(
    { length: 3000 },
    (_, i) => 2 + Math.floor(8000 / (1 + (i * 37) % 499)),
  );
  const corpus = lengths.map((length) => new Uint16Array(length).fill(7));
  await using stream = new BatchStream({
    open: (from) => ReadableStream.from(runs(corpus, { from })),
    rows: 12,
    cols: 256,
    vocabSize: VOCAB,
  });
  for (let made = await stream.next(); made; made = await stream.next());
  const { padding, segments } = stream.statistics;
  assertEquals(padding <= 0.02, true);
  // Whole where they fit: few more segments than documents and full rows need.
  const needed = lengths.reduce((sum, length) => sum + Math.ceil((length - 1) / 256), 0);
  assertEquals(segments < 1.05 * needed, true);
});

Deno.test("validateBatch names row and column", () => {
  const good: Batch = {
    inputIds: Int32Array.of(1, 2, 3, 4, 5, 6),
    targetIds: Int32Array.of(2, 3, 9, 5, 6, 7),
    mask: Int32Array.of(1, 1, 1, 1, 1, 1),
    rows: 2,
    cols: 3,
    validTokens: 6,
    cursor: { epoch: 0, batch: 1, state: null },
  };
  const check = (change: Partial<Batch>) =>
    validateBatch({ ...good, ...change }, { vocabSize: 10 });
  check({});
  const cases: [Partial<Batch>, string][] = [
    [{ mask: Int32Array.of(1) }, "mask has 1 values, 2 × 3 needed"],
    [
      { inputIds: Int32Array.of(1, 2, 3, 10, 5, 6) },
      "row 1, column 0: input 10 is not an id below 10",
    ],
    [{ targetIds: Int32Array.of(2, 3, -1, 5, 6, 7) }, "row 0, column 2: target -1 is not an id"],
    [
      { targetIds: Int32Array.of(2, 4, 9, 5, 6, 7) },
      "row 0, column 1: target 4 is not the next input 3",
    ],
    [{ mask: Int32Array.of(1, 1, 1, 1, 2, 1) }, "row 1, column 1: mask is 2, not 0 or 1"],
    [{ validTokens: 5 }, "validTokens is 5, the mask has 6"],
  ];
  for (const [change, message] of cases) assertThrows(() => check(change), Error, message);
  // Across a segment border the next input is another document's.
  check({
    targetIds: Int32Array.of(2, 9, 9, 5, 6, 7),
    segmentIds: Int32Array.of(0, 0, 1, 0, 0, 0),
  });
});
