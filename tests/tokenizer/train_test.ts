import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatTokenizer, type TrainProgress, trainTokenizer } from "../../tokenizer/mod.ts";
import { WordCounts } from "../../tokenizer/word_counts.ts";
import { addresses } from "../stages/crawl/addresses.ts";
import { scratchDir } from "../stages/scratch.ts";

const golden = await Deno.readTextFile(
  new URL("../fixtures/bpe/tokenizer.json", import.meta.url),
);

Deno.test("counts that went to disk give the tokenizer of the fixture, and leave no file", async () => {
  const spillDir = await scratchDir();
  let last: TrainProgress | undefined;
  const trained = await trainTokenizer(addresses(), {
    vocabSize: 4096,
    memoryBytes: 4 * 2 ** 20,
    spillDir,
    onProgress: (progress) => last = progress,
  });
  assertEquals(formatTokenizer(trained) === golden, true);
  assertEquals([last?.phase, last?.tokens, last?.droppedWords], ["merge", 4096, 0]);
  assertEquals((last?.spills ?? 0) > 1, true);
  assertEquals(await Array.fromAsync(Deno.readDir(spillDir)), []);
});

/** Adds words one after another, moving them to disk whenever they are many. */
function countAll(words: readonly string[], memoryBytes: number): Map<string, number> {
  using counts = new WordCounts({ memoryBytes });
  for (const word of words) {
    const bytes = new TextEncoder().encode(word);
    counts.add(bytes, 0, bytes.length);
    counts.spillIfLarge();
  }
  const { arena, starts, counts: found } = counts.finish();
  return new Map(Array.from(found, (count, i) => {
    const bytes = arena.subarray(starts[i], starts[i + 1]);
    return [new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), count];
  }));
}

Deno.test("words are counted alike in memory and through any number of runs on disk", () => {
  const words = fc.array(fc.string({ unit: "binary", minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 60,
  }).map((list) => list.map((word) => word.toWellFormed()));
  fc.assert(
    fc.property(words, (list) => {
      const expected = new Map<string, number>();
      for (const word of list) expected.set(word, (expected.get(word) ?? 0) + 1);
      const sorted = (counts: Map<string, number>) =>
        [...counts].sort(([a], [b]) => a < b ? -1 : 1);
      // The smallest table takes more than a quarter of this: every word is a run of its own.
      assertEquals(sorted(countAll(list, 50_000)), sorted(expected));
      assertEquals(sorted(countAll(list, 2 ** 20)), sorted(expected));
    }),
    { numRuns: 30 },
  );
});

Deno.test("words that find no room are the rarest, and are counted", () => {
  const words = Array.from({ length: 900 }, (_, i) => `word${i}`);
  using counts = new WordCounts({ memoryBytes: 40_000 });
  // Word i occurs i % 3 + 1 times.
  for (let round = 0; round < 3; round++) {
    for (const [i, word] of words.entries()) {
      if (i % 3 < round) continue;
      const bytes = new TextEncoder().encode(word);
      counts.add(bytes, 0, bytes.length);
    }
    counts.spillIfLarge();
  }
  const found = counts.finish();
  assertEquals(new Set(found.counts), new Set([3]));
  assertEquals([found.counts.length, found.dropped], [300, 600]);
});

Deno.test("special tokens come first, in the order given, and are not made by text", async () => {
  const specialTokens = ["<eos>", "<|user|>"];
  const trained = await trainTokenizer(["<eos> <eos> <eos>"], { vocabSize: 262, specialTokens });
  assertEquals(trained.parts.specials, [{ id: 0, content: "<eos>" }, {
    id: 1,
    content: "<|user|>",
  }]);
  assertEquals(trained.endOfTextId, 0);
  assertEquals(trained.encode("<eos>").includes(0), false);
  assertEquals(Array.from(trained.encode("<|user|>", { allowSpecial: true })), [1]);
  await assertRejects(
    () => trainTokenizer([], { vocabSize: 300, specialTokens: ["a", "a"] }),
    TypeError,
    "Cannot train a tokenizer: special tokens must differ and not be empty",
  );
});

Deno.test("an initial alphabet of its own leaves bytes out, which are then refused", async () => {
  const trained = await trainTokenizer(["cab"], {
    vocabSize: 6,
    specialTokens: ["<|endoftext|>"],
    initialAlphabet: new TextEncoder().encode("z"),
  });
  const written = [0, 1, 2, 3, 4].map((id) => trained.idToToken(id));
  assertEquals(written, ["<|endoftext|>", "a", "b", "c", "z"]);
  assertEquals(Array.from(trained.encode("zab")), [4, 1, 2]);
  assertThrows(
    () => trained.encode("zoo"),
    RangeError,
    "Cannot encode byte 111: it is not in the vocabulary",
  );
});

Deno.test("timers have their turn while texts that are at hand are counted", async () => {
  let [turns, turnsInCount] = [0, 0];
  const timer = setInterval(() => turns++, 0);
  const text = "so many words ".repeat(40_000);
  await trainTokenizer(Array(6).fill(text), {
    vocabSize: 260,
    onProgress: ({ phase }) => {
      if (phase === "count") turnsInCount = turns;
    },
  });
  clearInterval(timer);
  assertEquals(turnsInCount > 0, true);
});
