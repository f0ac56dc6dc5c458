/**
 * The heuristics of C4 (Raffel et al. 2020, JMLR 21/140), with the defaults of datatrove's
 * C4QualityFilter. They take out lines, and then judge what is left.
 *
 * @module
 */
import { z } from "zod";
import { collapseBlankLines } from "./clean_text.ts";
import type { Refusal, Scores } from "./rule.ts";

/** Switches and limits by datatrove's names; `null` turns a limit off. */
export const C4 = z.strictObject({
  remove_citations: z.boolean().default(true),
  filter_no_terminal_punct: z.boolean().default(true),
  min_num_sentences: z.number().nonnegative().nullable().default(5),
  min_words_per_line: z.number().nonnegative().nullable().default(3),
  max_word_length: z.number().nonnegative().nullable().default(1000),
  filter_lorem_ipsum: z.boolean().default(true),
  filter_javascript: z.boolean().default(true),
  filter_curly_bracket: z.boolean().default(true),
  filter_policy: z.boolean().default(true),
});

/** Settings of {@linkcode filterC4}. */
export type C4Settings = z.output<typeof C4>;

const CITATION = /\[(?:\d*|edit|citation needed)\]/g;
const TERMINAL = /[.?!"']$/;
const POLICY = /terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies/i;
const SENTENCES = new Intl.Segmenter("en", { granularity: "sentence" });

type Line = { keep: string } | { remove: true } | { refuse: Refusal };

/**
 * The text without the lines that C4 takes out, or why there is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { C4, filterC4 } from "./c4.ts";
 * const five = "One fine day. Two. Three. Four. Five.";
 * const text = filterC4(`Menu\n${five}`, { settings: C4.parse({}), scores: {} });
 * assertEquals(text, five);
 * ```
 */
export function filterC4(
  text: string,
  { settings, scores }: { settings: C4Settings; scores: Scores },
): string | Refusal {
  let sentences = 0, removed = 0;
  const kept: string[] = [];
  for (const line of text.split("\n")) {
    // A blank line parts paragraphs here; elsewhere it would be taken out with the rest.
    const outcome = line.trim() === "" ? { keep: "" } : judge(line.trim(), settings);
    if ("refuse" in outcome) return outcome.refuse;
    if ("remove" in outcome) {
      removed++;
      continue;
    }
    kept.push(outcome.keep);
    sentences += sentencesOf(outcome.keep);
  }
  Object.assign(scores, { c4_sentences: sentences, c4_lines_removed: removed });
  const { min_num_sentences: least } = settings;
  if (least !== null && sentences < least) {
    const detail = `c4_sentences is ${sentences}, below min_num_sentences ${least}`;
    return { reason: "too-few-sentences", detail };
  }
  return collapseBlankLines(kept);
}

/** What becomes of one line; the order of the questions is datatrove's. */
function judge(raw: string, settings: C4Settings): Line {
  const { max_word_length: longest, min_words_per_line: least } = settings;
  const words = raw.split(/\s+/);
  if (longest !== null && words.some((word) => word.length > longest)) return { remove: true };
  const line = settings.remove_citations ? raw.replace(CITATION, "") : raw;
  const isOpen = !TERMINAL.test(line) || line.endsWith("...");
  if (settings.filter_no_terminal_punct && isOpen) return { remove: true };
  if (least !== null && words.length < least) return { remove: true };
  const lower = line.toLowerCase();
  if (settings.filter_lorem_ipsum && lower.includes("lorem ipsum")) {
    return { refuse: { reason: "lorem-ipsum", detail: 'a line holds "lorem ipsum"' } };
  }
  if (settings.filter_javascript && lower.includes("javascript")) return { remove: true };
  if (settings.filter_curly_bracket && line.includes("{")) {
    return { refuse: { reason: "curly-bracket", detail: 'a line holds "{"' } };
  }
  if (settings.filter_policy && POLICY.test(line)) return { remove: true };
  return { keep: line };
}

function sentencesOf(line: string): number {
  let count = 0;
  for (const { segment } of SENTENCES.segment(line)) if (segment.trim() !== "") count++;
  return count;
}
