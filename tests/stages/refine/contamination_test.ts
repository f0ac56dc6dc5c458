import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { openEvaluationGrams, openSeenTexts, refine } from "../../../stages/refine/mod.ts";

const words = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => `word${from + at}`).join(" ");

Deno.test("13 words in common are found, 12 are not", () => {
  const evaluations = openEvaluationGrams();
  assertEquals(evaluations.add(words(0, 20), "a.jsonl, line 1"), 8);
  assertEquals(evaluations.add(words(100, 12), "a.jsonl, line 2"), 0);
  assertEquals(evaluations.add(words(7, 13), "a.jsonl, line 3"), 1);
  assertEquals(evaluations.size, 8);
  const around = (inside: string) => evaluations.find(`Before ${inside} after`);
  assertEquals(around(words(3, 12)), undefined);
  assertEquals(around(words(3, 13)), { item: "a.jsonl, line 1", words: words(3, 13) });
  assertEquals(around(words(100, 12)), undefined);
  // The same words in another order are another 13-gram.
  assertEquals(around(words(3, 13).split(" ").reverse().join(" ")), undefined);
  // The first item that has one is named.
  assertEquals(around(words(7, 13))?.item, "a.jsonl, line 1");
});

Deno.test("case, punctuation and space do not count, in any script", () => {
  const evaluations = openEvaluationGrams();
  const question = "Isn't it well-known that, in 1,000 years, no “large” ÉTAT ever paid its debts?";
  assertEquals(evaluations.add(question, "q"), 2);
  const found = evaluations.find(
    "isnt it wellknown\n\nthat in 1000   years no large e\u0301tat ever paid its".normalize("NFC"),
  );
  assertEquals(found?.words, "isnt it wellknown that in 1000 years no large état ever paid its");
  const japanese = "これは日本語の文章です。今日はとても良い天気ですね。明日も晴れるでしょう。";
  assert(evaluations.add(japanese, "japanese") > 0);
  assertEquals(evaluations.find(japanese.replaceAll("。", "、\n"))?.item, "japanese");
});

Deno.test("what is found is what a plain comparison finds", () => {
  // EleutherAI's janitor: lower case, ASCII punctuation deleted, split at white space.
  const plain = (text: string) =>
    text.toLowerCase().replaceAll(/[!-/:-@[-`{-~]/g, "").split(/\s+/).filter((word) => word !== "");
  const grams = (text: string) => {
    const all = plain(text);
    return all.slice(12).map((_, at) => all.slice(at, at + 13).join(" "));
  };
  const word = fc.constantFrom("a", "B", "c,", "(a)", "d-d", "dd", "I'm");
  const space = fc.constantFrom(" ", "\n", "  ");
  const text = fc.array(fc.tuple(word, space), { minLength: 30, maxLength: 60 }).map((all) =>
    all.flat().join("")
  );
  // Long stretches in common are rare in such texts: half of them are cut out of the other.
  const pair = fc.tuple(text, text, fc.nat(50), fc.integer({ min: 10, max: 80 })).map(
    ([question, other, at, length]) => [question, `${other} ${question.slice(at, at + length)}`],
  );
  let shared = 0;
  fc.assert(fc.property(pair, ([question = "", document = ""]) => {
    const evaluations = openEvaluationGrams();
    evaluations.add(question, "item");
    const expected = grams(document).find((gram) => new Set(grams(question)).has(gram));
    if (expected !== undefined) shared++;
    assertEquals(evaluations.find(document)?.words, expected);
  }));
  assert(shared > 5, `${shared} pairs share one`);
});

Deno.test("a hundred thousand 13-grams are all found, and no others", () => {
  const evaluations = openEvaluationGrams();
  evaluations.add(words(0, 100_012), "long");
  assertEquals(evaluations.size, 100_000);
  for (let at = 0; at < 100_000; at += 997) assert(evaluations.find(words(at, 13)), `${at}`);
  assertEquals(evaluations.find(words(200_000, 100_000)), undefined);
});

Deno.test("a contaminated document goes, and the item is named", async () => {
  const drops: Drop[] = [];
  const meter = new StageMeter("refine", (drop) => drops.push(drop));
  const evaluations = openEvaluationGrams();
  evaluations.add(words(0, 13), "questions.txt, line 7");
  using seen = openSeenTexts(":memory:");
  const documents = [words(0, 12), `So: ${words(0, 13)}!`].map((text, id) => {
    return { id: `${id}`, url: `http://a/${id}`, title: "", text, lang: "en", fetchedAt: "" };
  });
  const stage = refine({ seen, evaluations, minChars: 1, meter });
  const kept = await Array.fromAsync(ReadableStream.from(documents).pipeThrough(stage));
  assertEquals(kept.map(({ id }) => id), ["0"]);
  assertEquals(drops.map(({ reason, detail }) => [reason, detail]), [[
    "contaminated",
    `shares 13 words with questions.txt, line 7: ${words(0, 13)}`,
  ]]);
});
