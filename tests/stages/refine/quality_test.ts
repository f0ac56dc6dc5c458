import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import {
  learnQuality,
  NO_REFINING,
  openSeenTexts,
  refine,
  type Texts,
} from "../../../stages/refine/mod.ts";
import { openCatalog } from "../../../sample_site/catalog.ts";

const from = (...texts: string[]): Texts =>
  async function* () {
    yield* texts;
  };

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * The same classifier over n-grams as they are spelled. Score: Joulin et al. 2016, equation (1), with
 * one layer. Learning: AdaGrad in its diagonal form, Duchi et al. 2011, equation (1), on the logistic
 * loss, whose slope in the weight of an n-gram is (score - label) times the n-gram's share.
 */
function reference(good: readonly string[], bad: readonly string[]) {
  const weights = new Map<string, number>();
  const squares = new Map<string, number>();
  const shares = (text: string) => {
    const words = text.toLowerCase().split(" ").filter((word) => word !== "");
    const grams = [...words, ...words.slice(1).map((word, at) => `${words[at]} ${word}`)];
    const counts = new Map<string, number>();
    for (const gram of grams) counts.set(gram, (counts.get(gram) ?? 0) + 1);
    return [...counts].map(([gram, count]) => [gram, count / grams.length] as const);
  };
  const score = (text: string) =>
    sigmoid(
      shares(text).reduce(
        (sum, [gram, share]) => sum + (weights.get(gram) ?? 0) * share,
        weights.get("") ?? 0,
      ),
    );
  const learn = (text: string, label: number) => {
    const error = score(text) - label;
    for (const [gram, share] of [["", 1] as const, ...shares(text)]) {
      const slope = error * share;
      squares.set(gram, (squares.get(gram) ?? 0) + slope ** 2);
      const step = 3 * slope / (Math.sqrt(squares.get(gram) ?? 0) + 1e-8);
      weights.set(gram, (weights.get(gram) ?? 0) - step);
    }
  };
  const rounds = Math.max(1000, 5 * Math.max(good.length, bad.length));
  for (let at = 0; at < rounds; at++) {
    learn(good[at % good.length] as string, 1);
    learn(bad[at % bad.length] as string, 0);
  }
  return score;
}

Deno.test("scores are those of the formulas over n-grams as they are spelled", async () => {
  const word = fc.constantFrom("calm", "sea", "Sky", "buy", "NOW", "free", "the", "of");
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));
  const texts = fc.array(text, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(texts, texts, text, async (good, bad, unseen) => {
      const model = await learnQuality({ good: from(...good), bad: from(...bad) });
      const plain = reference(good, bad);
      for (const text of [...good, ...bad, unseen]) {
        assertAlmostEquals(model.score(text), plain(text), 1e-9, text);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("the larger set is gone through five times, whichever it is", async () => {
  const many = Array.from({ length: 300 }, (_, at) => `word${at} of calm sea ${at % 7}`);
  const few = ["buy now", "free the word1", "buy the sea"];
  for (const [good, bad] of [[many, few], [few, many]] as const) {
    const model = await learnQuality({ good: from(...good), bad: from(...bad) });
    const plain = reference(good, bad);
    for (const text of [...good, ...bad]) assertAlmostEquals(model.score(text), plain(text), 1e-9);
  }
});

/** Parts of addresses of these years, in the order of time. */
async function excerpts(first: number, last: number): Promise<string[]> {
  const { addresses, read } = await openCatalog();
  const texts = addresses.filter(({ year }) => year >= first && year <= last).map(read);
  return (await Promise.all(texts))
    .flatMap(({ text }) =>
      Array.from({ length: 20 }, (_, at) => text.slice(at * 1000, at * 1000 + 600))
    )
    .filter(({ length }) => length === 600);
}

Deno.test("addresses of one time are told from those of another", async () => {
  const [old, recent] = await Promise.all([excerpts(1890, 1930), excerpts(1970, 2010)]);
  const half = (texts: string[], rest: number) => texts.filter((_, at) => at % 2 === rest);
  const model = await learnQuality({ good: from(...half(old, 0)), bad: from(...half(recent, 0)) });
  const share = (texts: string[]) =>
    half(texts, 1).filter((text) => model.score(text) >= 0.5).length / half(texts, 1).length;
  assert(half(old, 1).length > 200 && half(recent, 1).length > 200);
  assert(share(old) > 0.85 && share(recent) < 0.15, `${share(old)}, ${share(recent)}`);
  // Again: the same bits.
  const again = await learnQuality({ good: from(...half(old, 0)), bad: from(...half(recent, 0)) });
  const bits = (scored: typeof model) => half(old, 1).map((text) => scored.score(text));
  assertEquals(bits(again), bits(model));
});

Deno.test("any text has a score, and a set without any text is refused", async () => {
  const [good, bad] = [from("a calm sea"), from("buy now buy now")];
  const model = await learnQuality({ good, bad });
  for (const text of ["", " ", "sea", "\u{1f600}", "日本語の文章です"]) {
    const score = model.score(text);
    assert(score > 0 && score < 1, `${text}: ${score}`);
  }
  assertEquals(model.score("A CALM sea"), model.score("a calm  sea"));
  // A quadratic pass would need hours for this.
  assert(model.score("sea ".repeat(500_000)) > 0.5);
  await assertRejects(() => learnQuality({ good: from(), bad }), Error, "there is no text");
  await assertRejects(() => learnQuality({ good, bad: from() }), Error, "there is no text");
});

Deno.test("a document keeps its score, and goes below the threshold", async () => {
  const drops: Drop[] = [];
  const meter = new StageMeter("refine", (drop) => drops.push(drop));
  const quality = await learnQuality({ good: from("a calm sea"), bad: from("buy it now") });
  const texts = ["A calm evening sea", "buy it all now", "neither of them"];
  const at = async (qualityThreshold: number) => {
    const documents = texts.map((text, id) => {
      return { id: `${id}`, url: `http://a/${id}`, title: "", text, lang: "en", fetchedAt: "" };
    });
    const settings = { ...NO_REFINING, qualityThreshold };
    using seen = openSeenTexts(":memory:");
    const stage = refine({ seen, quality, settings, minChars: 1, meter });
    return await Array.fromAsync(ReadableStream.from(documents).pipeThrough(stage));
  };
  const all = await at(0);
  const scores = all.map(({ scores }) => scores?.quality ?? NaN);
  assertEquals(scores, texts.map((text) => Math.round(quality.score(text) * 1e4) / 1e4));
  assertEquals(drops, []);
  // What has just the threshold stays.
  const kept = await at(Math.max(...scores));
  assertEquals(kept.map(({ text }) => text), texts.slice(0, 1));
  assertEquals(drops.map(({ item, reason }) => [item, reason]), [
    ["http://a/1", "low-quality"],
    ["http://a/2", "low-quality"],
  ]);
  assertEquals(drops[0]?.detail, `quality is ${scores[1]}, below --quality-threshold ${scores[0]}`);
});
