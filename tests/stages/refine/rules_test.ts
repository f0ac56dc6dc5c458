/**
 * Each rule on both sides of its published limit. Limits: arXiv 2112.11446 (Gopher) appendix A.1 and
 * table A1, JMLR 21/140 (C4) section 2.2, arXiv 2406.17557 (FineWeb) section 3.5, as datatrove's
 * GopherQualityFilter, GopherRepetitionFilter, C4QualityFilter and FineWebQualityFilter have them.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { C4, filterC4 } from "../../../stages/refine/c4.ts";
import { fineWebRules } from "../../../stages/refine/fineweb.ts";
import { gopherQualityRules } from "../../../stages/refine/gopher_quality.ts";
import { gopherRepetitionRules } from "../../../stages/refine/gopher_repetition.ts";
import { parseLimits } from "../../../stages/refine/mod.ts";
import { applyRules, type Rule } from "../../../stages/refine/rule.ts";
import { TextView } from "../../../stages/refine/text_view.ts";

const PUBLISHED = parseLimits({});

function verdict(rules: readonly Rule[], text: string): string | undefined {
  return applyRules(rules, { view: new TextView(text), scores: {} })?.reason;
}

/** What one rule alone says, so that others cannot stand in for it. */
function verdictOf(rules: readonly Rule[], { reason, text }: { reason: string; text: string }) {
  const own = rules.filter((rule) => rule.reason === reason);
  assertEquals(own.length, 1, reason);
  return verdict(own, text);
}

const words = (count: number, word = "word") => Array<string>(count).fill(word).join(" ");
const lines = (...parts: (readonly [count: number, line: string])[]) =>
  parts.flatMap(([count, line]) => Array<string>(count).fill(line)).join("\n");
/** `count` lines no two of which are the same, each as long as the others. */
const distinct = (count: number, line: string) =>
  Array.from({ length: count }, (_, i) => `${line}${String(i).padStart(3, "0")}`).join("\n");

/** [reason, a text at the limit, which stays, a text beyond it, which goes] */
type Sides = readonly [reason: string, stays: string, goes: string];

const GOPHER_QUALITY: readonly Sides[] = [
  ["gopher-short-doc", words(50), words(49)],
  ["gopher-long-doc", words(100_000), words(100_001)],
  ["gopher-below-avg-threshold", words(50, "abc"), `${words(49, "abc")} ab`],
  ["gopher-above-avg-threshold", words(50, "abcdefghij"), `${words(49, "abcdefghij")} abcdefghijk`],
  // Signs are tokens too: 6 of 60 is 0.1, 6 of 59 is more.
  ["gopher-too-many-hashes", `${words(54)} ${words(6, "#")}`, `${words(53)} ${words(6, "#")}`],
  [
    "gopher-too-many-ellipsis",
    `${words(54)} ${words(3, "...")} ${words(3, "…")}`,
    `${words(53)} ${words(3, "...")} ${words(3, "…")}`,
  ],
  ["gopher-too-many-bullets", lines([9, "• a"], [1, "b"]), lines([10, "- a"])],
  ["gopher-too-many-end-ellipsis", lines([3, "a..."], [7, "b"]), lines([4, "a…"], [6, "b"])],
  [
    "gopher-below-alpha-threshold",
    `${words(80)} ${words(20, "12")}`,
    `${words(79)} ${words(21, "12")}`,
  ],
  ["gopher-enough-stop-words", "one the two with three", "one the two three The WITH"],
];

Deno.test("Gopher's quality rules hold their published limits", () => {
  const rules = gopherQualityRules(PUBLISHED["gopher-quality"]);
  assertEquals(rules.map(({ reason }) => reason), GOPHER_QUALITY.map(([reason]) => reason));
  for (const [reason, stays, goes] of GOPHER_QUALITY) {
    assertEquals(verdictOf(rules, { reason, text: stays }), undefined, `${reason} stays`);
    assertEquals(verdictOf(rules, { reason, text: goes }), reason, `${reason} goes`);
  }
});

const paragraphs = (...parts: string[]) => parts.join("\n\n");
/** Ten paragraphs of which `repeated` stood before; each of one letter. */
const repeating = (repeated: number, separator: string) =>
  [..."abcdefghij"].map((letter, i) => i < 10 - repeated ? letter : "a").join(separator);
/** A text of 1,000 characters, newlines included, in which `chars` stand in a second copy. */
const copied = (chars: number, separator: string) => {
  const copy = "c".repeat(chars);
  const rest = 1000 - 2 * chars - 2 * separator.length;
  return [copy, "x".repeat(rest), copy].join(separator);
};

Deno.test("Gopher's rules on repeated lines and paragraphs hold their published limits", () => {
  const rules = gopherRepetitionRules(PUBLISHED["gopher-repetition"]);
  const sides: readonly Sides[] = [
    ["dup-para-frac", repeating(3, "\n\n"), repeating(4, "\n\n")],
    ["dup-para-char-frac", copied(200, "\n\n"), copied(201, "\n\n")],
    ["dup-line-frac", repeating(3, "\n"), repeating(4, "\n")],
    ["dup-line-char-frac", copied(200, "\n"), copied(201, "\n")],
  ];
  for (const [reason, stays, goes] of sides) {
    assertEquals(verdictOf(rules, { reason, text: stays }), undefined, `${reason} stays`);
    assertEquals(verdictOf(rules, { reason, text: goes }), reason, `${reason} goes`);
  }
  assertEquals(
    verdictOf(rules, { reason: "dup-line-frac", text: paragraphs("a", "b", "c") }),
    undefined,
  );
});

/** Distinct words of four letters: w000, w001, ... */
const fresh = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `w${String(from + i).padStart(3, "0")}`);

Deno.test("Gopher's rules on n-grams hold their published limits", () => {
  const { top_n_grams, dup_n_grams } = PUBLISHED["gopher-repetition"];
  assertEquals(top_n_grams, [[2, 0.2], [3, 0.18], [4, 0.16]]);
  assertEquals(dup_n_grams, [[5, 0.15], [6, 0.14], [7, 0.13], [8, 0.12], [9, 0.11], [10, 0.1]]);
  const rules = gopherRepetitionRules(PUBLISHED["gopher-repetition"]);
  for (const [n, share] of top_n_grams) {
    // An n-gram of four-letter words has 5n - 1 characters; it stands twice, each time apart.
    const gram = fresh(900, n).join(" ");
    const chars = 2 * (5 * n - 1);
    for (
      const [length, expected] of [[Math.ceil(chars / share), undefined], [
        Math.floor(chars / share) - 1,
        `top-${n}-gram`,
      ]] as const
    ) {
      const text = padded([gram, gram], length);
      assertEquals(verdictOf(rules, { reason: `top-${n}-gram`, text }), expected, `${n} ${length}`);
    }
  }
  for (const [n, share] of dup_n_grams) {
    // Only the second copy counts, without its spaces.
    const gram = fresh(900, n).join(" ");
    const reason = `duplicated-${n}-n-grams`;
    for (
      const [length, expected] of [[Math.ceil(4 * n / share), undefined], [
        Math.floor(4 * n / share) - 1,
        reason,
      ]] as const
    ) {
      const text = padded([gram, gram], length);
      assertEquals(verdictOf(rules, { reason, text }), expected, `${n} ${length}`);
    }
  }
});

/** Pieces with new words between them, filled to `length` characters. */
function padded(pieces: readonly string[], length: number): string {
  const [first = "", second = ""] = pieces;
  const fixed = `${first} w000 ${second} `;
  const rest = length - fixed.length;
  const filler = fresh(1, Math.max(0, Math.floor(rest / 5))).join(" ");
  return (fixed + filler).padEnd(length, "z").slice(0, length);
}

Deno.test("C4's rules take out lines and refuse texts as published", () => {
  const settings = C4.parse({});
  const good = "One fine day. Two more. And three. Then four. Last is five.";
  const of = (text: string, change: Partial<typeof settings> = {}) => {
    const outcome = filterC4(text, { settings: { ...settings, ...change }, scores: {} });
    return typeof outcome === "string" ? outcome : outcome.reason;
  };
  const cases: readonly (readonly [text: string, outcome: string])[] = [
    [good, good],
    // Lines: ends, words, long words, scripts, policies, citations.
    [`Home and more\n${good}`, good],
    [`He said "so it was"\n${good}`, `He said "so it was"\n${good}`],
    [`And so on it went...\n${good}`, good],
    [`Two words.\n${good}`, good],
    [`Now three words.\n${good}`, `Now three words.\n${good}`],
    [`A ${"b".repeat(1000)} c.\n${good}`, `A ${"b".repeat(1000)} c.\n${good}`],
    [`A ${"b".repeat(1001)} c.\n${good}`, good],
    [`Please enable JavaScript now.\n${good}`, good],
    [`Read our Privacy Policy here.\n${good}`, good],
    [`This site uses cookies often.\n${good}`, good],
    [`It was so[12] they say[citation needed].\n${good}`, `It was so they say.\n${good}`],
    // Documents.
    [`Here is Lorem Ipsum text.\n${good}`, "lorem-ipsum"],
    [`lorem ipsum without an end\n${good}`, good],
    [`Here is {a} bracket.\n${good}`, "curly-bracket"],
    ["One fine day. Two more. And three. Then four.", "too-few-sentences"],
    [`First paragraph here.\n\n${good}`, `First paragraph here.\n\n${good}`],
  ];
  for (const [text, outcome] of cases) assertEquals(of(text), outcome, text.slice(0, 60));
  const code = `function f() { return; }.`;
  assertEquals(of(`${code}\n${good}`), "curly-bracket");
  const lenient = of(`${code}\n${good}`, { filter_curly_bracket: false });
  assertEquals(lenient, `${code}\n${good}`);
  assertEquals(
    of("Home", {
      filter_no_terminal_punct: false,
      min_words_per_line: null,
      min_num_sentences: null,
    }),
    "Home",
  );
});

Deno.test("FineWeb's rules hold their published limits", () => {
  const rules = fineWebRules(PUBLISHED.fineweb);
  const long = "x".repeat(31);
  const sides: readonly Sides[] = [
    ["line-punct-ratio", lines([3, "a."], [22, "a"]), lines([2, "a."], [23, "a"])],
    [
      "short-line-ratio",
      lines([67, "s".repeat(30)], [33, long]),
      lines([68, "s".repeat(30)], [32, long]),
    ],
    // Two lines of 5 among 1,000 characters: 5 of them, or 10 of 990, stood before.
    [
      "char-dup-ratio",
      `${"d".repeat(10)}\n${"e".repeat(980)}\n${"d".repeat(10)}`,
      `${"d".repeat(11)}\n${"e".repeat(978)}\n${"d".repeat(11)}`,
    ],
    ["list-ratio", lines([3, "a b c"], [1, "d"]), "a b c\nd e f\ng h\ni"],
  ];
  for (const [reason, stays, goes] of sides) {
    assertEquals(verdictOf(rules, { reason, text: stays }), undefined, `${reason} stays`);
    assertEquals(verdictOf(rules, { reason, text: goes }), reason, `${reason} goes`);
  }
  const japanese = distinct(5, "これは文章です").replaceAll("\n", "。\n");
  assertEquals(verdictOf(rules, { reason: "line-punct-ratio", text: japanese }), undefined);
  const open = fineWebRules({ ...PUBLISHED.fineweb, line_punct_exclude_zero: true });
  assertEquals(verdictOf(open, { reason: "line-punct-ratio", text: "no end" }), undefined);
});

Deno.test("a limit can be moved and a rule turned off; a wrong name or value is refused", () => {
  const limits = parseLimits({ "gopher-quality": { min_doc_words: 3, min_stop_words: null } });
  assertEquals(verdict(gopherQualityRules(limits["gopher-quality"]), "Some free words"), undefined);
  assertEquals(
    verdict(gopherQualityRules(limits["gopher-quality"]), "Two words"),
    "gopher-short-doc",
  );
  assertEquals(limits.fineweb, PUBLISHED.fineweb);
  assertThrows(() => parseLimits({ gopher: {} }), TypeError, 'Unrecognized key: "gopher"');
  assertThrows(() => parseLimits({ c4: { min_sentences: 1 } }), TypeError, "c4: ");
  assertThrows(
    () => parseLimits({ fineweb: { new_line_ratio: -1 } }),
    TypeError,
    "fineweb.new_line_ratio: ",
  );
  assertThrows(() => parseLimits([]), TypeError);
});
