import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import fc from "fast-check";
import { mix, type MixSource, openStore, readBin, type Store } from "../../../stages/store/mod.ts";
import { scratchDir } from "../scratch.ts";

/** A store of documents of these lengths, the end-of-text id 0 included. */
async function storeOf(dir: string, lengths: readonly number[]): Promise<Store> {
  const store = await openStore({ dir, vocabSize: 300, tokenizerHash: "abc" });
  for (const [i, length] of lengths.entries()) {
    const ids = new Uint16Array(length).fill(1 + i % 200, 0, length - 1);
    await store.append({ docId: i.toString(16).padStart(16, "0"), split: "train", ids });
  }
  return store;
}

Deno.test("a mixture keeps its shares to within a document, in the order of each source", async () => {
  const scratch = await scratchDir();
  let dirs = 0;
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
  const source = fc.record({
    lengths,
    weight: fc.integer({ min: 1, max: 9 }),
    passes: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(source, { minLength: 1, maxLength: 3 }), async (parts) => {
      await using stores = new AsyncDisposableStack();
      const sources: MixSource[] = [];
      for (const { lengths, weight, passes } of parts) {
        const store = stores.use(await storeOf(join(scratch, `${dirs++}`), lengths));
        sources.push({ store, weight, passes });
      }
      const runs = await Array.fromAsync(mix({ sources, split: "train" }));
      // The next document of a source follows its last one, pass after pass.
      for (const [i, { lengths, passes }] of parts.entries()) {
        const own = runs.filter(({ source }) => source === i);
        assert(own.length <= passes * lengths.length);
        for (const [n, { index, pass, ids }] of own.entries()) {
          assertEquals([pass, index], [Math.floor(n / lengths.length), n % lengths.length]);
          assertEquals(ids.length, lengths[index]);
        }
      }
      // At least one source has had all its passes.
      assert(
        parts.some(({ lengths, passes }, i) =>
          runs.filter(({ source }) => source === i).length === passes * lengths.length
        ),
      );
      const weights = parts.reduce((sum, { weight }) => sum + weight, 0);
      const longest = Math.max(...parts.flatMap(({ lengths }) => lengths));
      const taken = parts.map(() => 0);
      for (const { source, ids } of runs) {
        taken[source] = (taken[source] ?? 0) + ids.length;
        const total = taken.reduce((sum, tokens) => sum + tokens, 0);
        for (const [i, { weight }] of parts.entries()) {
          const error = Math.abs((taken[i] ?? 0) - total * weight / weights);
          assert(error <= longest * parts.length, `share of ${i} is off by ${error} tokens`);
        }
      }
      // A mixture that goes on from any place gives the same rest.
      const at = Math.floor(runs.length / 2);
      const start = runs[at - 1]?.positions;
      if (start) {
        const rest = await Array.fromAsync(mix({ sources, split: "train", start }));
        assertEquals(rest, runs.slice(at));
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("what cannot be mixed is refused", async () => {
  const scratch = await scratchDir();
  await using store = await storeOf(join(scratch, "a"), [3]);
  const source = { store, weight: 1, passes: 1 };
  const refuse = (sources: MixSource[], message: string, split: "train" | "validation" = "train") =>
    assertThrows(() => mix({ sources, split }), RangeError, message);
  refuse([], "Cannot mix: there is no source");
  refuse([{ ...source, weight: 0 }], "the weight of source 0 must be above 0, not 0");
  refuse([source, { ...source, passes: 0 }], "the passes of source 1 must be above 0, not 0");
  refuse([source], "source 0 has no validation document", "validation");
});

Deno.test("token files of nanoGPT and llm.c are read, end-of-text before or after documents", async () => {
  const scratch = await scratchDir();
  const path = join(scratch, "train.bin");
  const read = async (bytes: Uint8Array, vocabSize = 300) => {
    await Deno.writeFile(path, bytes);
    const runs = await Array.fromAsync(
      readBin(path, { endOfTextId: 9, vocabSize, split: "train" }),
    );
    return runs.map(({ ids }) => [...ids]);
  };
  const bytes = (ids: Uint16Array | Uint32Array) => new Uint8Array(ids.buffer);
  const documents = [[1, 2, 9], [3, 9], [4, 5, 6, 9]];
  assertEquals(await read(bytes(Uint16Array.of(1, 2, 9, 3, 9, 4, 5, 6, 9))), documents);
  assertEquals(await read(bytes(Uint16Array.of(9, 1, 2, 9, 3, 9, 4, 5, 6))), documents);
  const headed = (magic: number, version: number, ids: Uint16Array | Uint32Array) => {
    const file = new Uint8Array(1024 + ids.byteLength);
    new Uint32Array(file.buffer, 0, 3).set([magic, version, ids.length]);
    file.set(bytes(ids), 1024);
    return file;
  };
  const ids = [9, 1, 2, 9, 3, 9, 4, 5, 6];
  assertEquals(await read(headed(20240520, 1, Uint16Array.from(ids))), documents);
  assertEquals(await read(headed(20240801, 7, Uint32Array.from(ids)), 100_000), documents);
  await assertRejects(
    () => read(headed(20240520, 1, Uint16Array.from(ids)).subarray(0, 1030)),
    TypeError,
    "it is truncated, 1030 of 1042 bytes",
  );
  // 2 ** 32 + 8 tokens have 8 in a header of 32 bits: what follows is not passed over.
  const wrapped = headed(20240520, 1, Uint16Array.from(ids));
  new Uint32Array(wrapped.buffer, 0, 3)[2] = 8;
  await assertRejects(
    () => read(wrapped),
    TypeError,
    "its header says 8 tokens, 1040 bytes, and it has 1042",
  );
  await assertRejects(() => read(Uint8Array.of(1, 2, 3)), TypeError, "3 bytes are not ids of 16");
  await assertRejects(
    () => read(bytes(Uint16Array.of(1, 300))),
    RangeError,
    "token 1 is 300, and the vocabulary has 300 ids; is it this tokenizer's file?",
  );
  await assertRejects(
    () => read(bytes(Uint32Array.of(20240520, 2, 0, ...new Uint32Array(253)))),
    TypeError,
    "version 2 of its header is not known, only 1",
  );
});

Deno.test("a long token file is read by ranges, documents across them whole", async () => {
  const scratch = await scratchDir();
  const path = join(scratch, "long.bin");
  const ids = Uint16Array.from({ length: 1_300_000 }, (_, i) => i % 700_001 === 700_000 ? 0 : 7);
  await Deno.writeFile(path, new Uint8Array(ids.buffer));
  const runs = await Array.fromAsync(
    readBin(path, { endOfTextId: 0, vocabSize: 8, split: "train" }),
  );
  assertEquals(runs.map(({ ids }) => ids.length), [700_001, 600_000]);
});
