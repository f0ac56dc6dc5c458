/** The rules on n-grams against a plain spelling of what they count, and all rules on any text. */
import { assert, assertAlmostEquals } from "@std/assert";
import fc from "fast-check";
import { gopherRepetitionRules } from "../../../stages/refine/gopher_repetition.ts";
import {
  FILTERS,
  loadLanguageDetector,
  NO_REFINING,
  openNearIndex,
  openSeenTexts,
  openSiteLines,
  parseLimits,
  refine,
} from "../../../stages/refine/mod.ts";
import { TextView } from "../../../stages/refine/text_view.ts";
import { StageMeter } from "../../../stages/meter.ts";

const RULES = gopherRepetitionRules(parseLimits({})["gopher-repetition"]);

/** The most frequent n-gram, the first of those as frequent, as often as it stands. */
function topShare(words: readonly string[], n: number): number {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(" ");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  const [top = ""] = [...counts].find(([, count]) => count === most) ?? [];
  return top.length * most / words.join(" ").length;
}

/** N-grams that stood before, letters only, none overlapping the one counted before it. */
function repeatedShare(words: readonly string[], n: number): number {
  const seen = new Set<string>();
  let chars = 0, i = 0;
  while (i + n <= words.length) {
    const gram = words.slice(i, i + n);
    if (seen.has(gram.join(" "))) {
      chars += gram.join("").length;
      i += n;
    } else {
      seen.add(gram.join(" "));
      i++;
    }
  }
  return chars / words.join(" ").length;
}

Deno.test("shares of n-grams equal those of a plain count", () => {
  const word = fc.constantFrom("a", "bb", "ccc", "año", "dddd");
  fc.assert(fc.property(fc.array(word, { minLength: 1, maxLength: 80 }), (words) => {
    const view = new TextView(words.join(" "));
    for (const { reason, measure } of RULES) {
      const [, n] = /^(?:top|duplicated)-(\d+)/.exec(reason) ?? [];
      if (n === undefined) continue;
      const plain = reason.startsWith("top") ? topShare : repeatedShare;
      assertAlmostEquals(measure(view), plain(words, Number(n)), 1e-12, reason);
    }
  }));
});

Deno.test("any text is kept, whole and clean, or dropped with a reason", async () => {
  const detectLanguage = await loadLanguageDetector();
  const settings = {
    ...NO_REFINING,
    filters: FILTERS,
    languages: [],
    maskPersonalData: true,
    nearDuplicates: true,
    repeatedLines: 1,
    // So low that some pass.
    limits: parseLimits({
      "gopher-quality": { min_doc_words: 1, min_stop_words: null, min_avg_word_length: null },
      c4: { filter_no_terminal_punct: false, min_words_per_line: null, min_num_sentences: 1 },
      fineweb: { short_line_thr: null, line_punct_thr: null },
    }),
  };
  using seen = openSeenTexts(":memory:");
  using near = openNearIndex(":memory:");
  using lines = openSiteLines(":memory:", { pages: 1 });
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom("a@b.org ", "8.8.8.8 ", "\n\n", "{", "... ", "これは文章です。", "# ", "• "),
    fc.lorem({ maxCount: 12 }),
  );
  const texts = fc.sample(fc.array(part, { maxLength: 12 }), { numRuns: 1000, seed: 5 });
  const documents = texts.map((parts, i) => ({
    id: `${i}`,
    url: `http://a/${i}`,
    title: "",
    text: parts.join(" "),
    lang: "und",
    fetchedAt: "",
  }));
  const meter = new StageMeter("refine");
  const parts = { seen, near, lines, detectLanguage, settings, minChars: 1, meter };
  const kept = await Array.fromAsync(ReadableStream.from(documents).pipeThrough(refine(parts)));
  const dropped = Object.values(meter.counts().dropped).reduce((sum, count) => sum + count, 0);
  assert(kept.length + dropped === 1000 && kept.length > 30, `${kept.length} ${dropped}`);
  for (const { text, scores = {} } of kept) {
    assert(text.isWellFormed() && text === text.normalize("NFC") && text !== "");
    assert(Object.values(scores).every(Number.isFinite), JSON.stringify(scores));
  }
});
