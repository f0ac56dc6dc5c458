/**
 * Near duplicates against Jaccard similarities that the test computes itself, from sets of five
 * words in a row, and against the chance 1 - (1 - s^8)^14 that follows from 14 bands of 8 hashes.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { randomStream } from "../../../model/random.ts";
import { bandsOf } from "../../../stages/refine/min_hash.ts";
import { type JournalView, openNearIndex } from "../../../stages/refine/mod.ts";
import { scratchDir } from "../scratch.ts";

interface Text {
  readonly id: string;
  readonly text: string;
}

/** `count` words, none like another, the same for the same seed. */
function wordsOf(seed: number, count: number): string[] {
  const random = randomStream(seed, { name: "words" });
  return Array.from({ length: count }, (_, i) => `${random.word(i).toString(36)}x${i}`);
}

function jaccard(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => {
    const words = text.split(" ");
    return new Set(words.slice(4).map((_, i) => words.slice(i, i + 5).join(" ")));
  }) as [Set<string>, Set<string>];
  const { size } = one.intersection(other);
  return size / (one.size + other.size - size);
}

/** A text of 204 words and one that has only its first `kept` words. */
function pair(seed: number, kept: number): [string, string] {
  const words = wordsOf(2 * seed, 204);
  const others = wordsOf(2 * seed + 1, 204);
  return [words.join(" "), [...words.slice(0, kept), ...others.slice(kept)].join(" ")];
}

Deno.test("two texts share bands as often as their Jaccard similarity says", () => {
  const pairs = 400;
  for (const kept of [130, 150, 164, 176, 184, 192]) {
    let shared = 0, matched = 0, similarity = 0;
    for (let seed = 0; seed < pairs; seed++) {
      const [a, b] = pair(seed, kept);
      similarity = jaccard(a, b);
      const [left, right] = [bandsOf(a) as BigInt64Array, bandsOf(b) as BigInt64Array];
      const same = left.filter((band, i) => band === right[i]).length;
      shared += same;
      if (same > 0) matched++;
    }
    const ofBand = similarity ** 8;
    const curve = 1 - (1 - ofBand) ** 14;
    for (
      const [what, count, trials, chance] of [
        ["bands", shared, 14 * pairs, ofBand],
        ["pairs", matched, pairs, curve],
      ] as const
    ) {
      // Four standard deviations of a binomial count.
      const slack = 4 * Math.sqrt(trials * chance * (1 - chance));
      assert(
        Math.abs(count - trials * chance) <= slack,
        `s = ${similarity}: ${count} ${what} of ${trials}, expected ${trials * chance} ± ${slack}`,
      );
    }
  }
});

/** Texts of which many are an earlier one with some words changed, in an order without pattern. */
function corpus(count: number): Text[] {
  const random = randomStream(7, { name: "corpus" });
  const texts: Text[] = [];
  for (let i = 0; i < count; i++) {
    let words = wordsOf(1000 + i, 120);
    const earlier = texts[random.word(3 * i) % Math.max(1, i)];
    if (earlier && random.word(3 * i + 1) % 2 === 0) {
      const changed = random.word(3 * i + 2) % 24;
      words = [...earlier.text.split(" ").slice(0, 120 - changed), ...words.slice(120 - changed)];
    }
    texts.push({ id: `d${i}`, text: words.join(" ") });
  }
  return texts;
}

/** What an index decides, document by document: the id of the match, or none. */
function decide(index: ReturnType<typeof openNearIndex>, texts: readonly Text[]) {
  return texts.map(({ id, text }) => index.matchOrAdd(text, id)?.id);
}

Deno.test("a near duplicate names the earliest kept document that it is like", () => {
  using index = openNearIndex(":memory:");
  const texts = corpus(160);
  const decided = decide(index, texts);
  const kept: (Text & { bands: BigInt64Array })[] = [];
  let like = 0, alike = 0;
  for (const [i, { id, text }] of texts.entries()) {
    // Every kept document in turn, where the index looks up bands.
    const bands = bandsOf(text) as BigInt64Array;
    const first = kept.find((other) => other.bands.some((band) => bands.includes(band)));
    assertEquals(decided[i], first?.id, id);
    const nearest = Math.max(0, ...kept.map((other) => jaccard(other.text, text)));
    if (first) assert(jaccard(first.text, text) > 0.3, `${id} is not like ${first.id}`);
    else {
      // The chance to miss one of 0.9 is 1 in 3,000.
      assert(nearest < 0.9, `${id} has a twin of similarity ${nearest}`);
      kept.push({ id, text, bands });
    }
    if (first) like++;
    if (nearest >= 0.9) alike++;
  }
  assertEquals(index.size, kept.length);
  assert(like > 40 && alike > 15 && kept.length > 80, `${like} ${alike} ${kept.length}`);
});

Deno.test("case, punctuation and space do not count; fewer than five words match nothing", () => {
  using index = openNearIndex(":memory:");
  const text = "Four score and seven years ago our fathers brought forth";
  assertEquals(index.matchOrAdd(text, "1"), undefined);
  assertEquals(index.matchOrAdd(`«${text.toUpperCase().replaceAll(" ", ",\n ")}!»`, "2"), {
    id: "1",
    bands: 14,
  });
  const backwards = text.split(" ").toReversed().join(" ");
  assertEquals(index.matchOrAdd(backwards, "3"), undefined);
  assertEquals(bandsOf("one two three four"), undefined);
  assertEquals(index.matchOrAdd("one two three four", "4"), undefined);
  assertEquals(index.matchOrAdd("one two three four", "5"), undefined);
  // A document that comes again is no duplicate of itself.
  assertEquals(index.matchOrAdd(text, "1"), undefined);
});

function journalOf(documents: readonly Text[]): JournalView {
  return {
    count: documents.length,
    async *documents({ from }) {
      yield* documents.slice(from);
    },
  };
}

Deno.test("an index goes on as if nothing had happened, wherever it and the journal stopped", async () => {
  const folder = await scratchDir();
  const texts = corpus(80);
  using calm = openNearIndex(":memory:");
  const expected = decide(calm, texts);
  const kept = texts.filter((_, i) => expected[i] === undefined);
  // Documents that the index had seen, and of its kept ones how many had got to the journal.
  const stops = [[0, 0], [30, 0], [30, 5], [30, 99], [80, 20], [0, 10], [7, 20], [80, 99]] as const;
  for (const [nth, [seen, stored]] of stops.entries()) {
    const path = join(folder, `${nth}.sqlite`);
    {
      using index = openNearIndex(path);
      decide(index, texts.slice(0, seen));
    }
    const inJournal = kept.slice(0, stored);
    const from = inJournal.length === 0 ? 0 : texts.indexOf(inJournal.at(-1) as Text) + 1;
    using index = openNearIndex(path);
    await index.agreeWith(journalOf(inJournal));
    assertEquals(index.size, inJournal.length);
    assertEquals(decide(index, texts.slice(from)), expected.slice(from), `${seen} ${stored}`);
    // The sources may also begin anew.
    assertEquals(decide(index, texts), expected);
  }
  // An index of other documents is made anew.
  const foreign = join(folder, "foreign.sqlite");
  {
    using index = openNearIndex(foreign);
    decide(index, corpus(90).map(({ text }, i) => ({ id: `f${i}`, text })));
  }
  using index = openNearIndex(foreign);
  await index.agreeWith(journalOf(kept));
  assertEquals(decide(index, texts), expected);
});

Deno.test("documents of other indexes count as earlier ones and stay as they are", async () => {
  const path = join(await scratchDir(), "other.sqlite");
  const [first, second] = [wordsOf(1, 50).join(" "), wordsOf(2, 50).join(" ")];
  {
    using other = openNearIndex(path);
    other.matchOrAdd(first, "1");
  }
  {
    using index = openNearIndex(":memory:", { others: [path] });
    assertEquals(index.matchOrAdd(first, "a"), { id: "1", bands: 14, index: path });
    assertEquals(index.matchOrAdd(second, "b"), undefined);
    assertEquals(index.matchOrAdd(second, "c"), { id: "b", bands: 14 });
    assertEquals(index.size, 1);
  }
  using other = openNearIndex(path);
  assertEquals(other.size, 1);
  const wrong = join(await scratchDir(), "text.sqlite");
  await Deno.writeTextFile(wrong, "Not a database, but long enough to look like one. ".repeat(20));
  assertThrows(
    () => openNearIndex(":memory:", { others: [wrong] }),
    Error,
    `Cannot compare with ${wrong}: it is no index of near duplicates`,
  );
});
