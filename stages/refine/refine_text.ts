/**
 * What becomes of one document, as a plain function over its steps.
 *
 * @module
 */
import { hash } from "node:crypto";
import type { Document } from "../types.ts";
import { filterC4 } from "./c4.ts";
import { cleanText } from "./clean_text.ts";
import { type EvaluationGrams, refuseContaminated } from "./contamination.ts";
import { fineWebRules } from "./fineweb.ts";
import { gopherQualityRules } from "./gopher_quality.ts";
import { gopherRepetitionRules } from "./gopher_repetition.ts";
import { type LanguageDetector, refuseLanguage } from "./language.ts";
import type { NearIndex } from "./near_index.ts";
import { maskPersonalData } from "./personal_data.ts";
import { judgeQuality, type QualityModel } from "./quality.ts";
import { applyRules, type Refusal, type Rule, type Scores } from "./rule.ts";
import type { SeenTexts } from "./seen_texts.ts";
import type { FilterName, RefineSettings } from "./settings.ts";
import type { SiteLines } from "./site_lines.ts";
import { TextView } from "./text_view.ts";

/** What the steps borrow. */
export interface RefineParts {
  /** Texts that came before: a document of another id with one of them is a duplicate. */
  readonly seen: SeenTexts;
  /** Needed where the settings name languages. */
  readonly detectLanguage?: LanguageDetector;
  /** Needed for near duplicates. */
  readonly near?: NearIndex;
  /** Needed for repeated lines. */
  readonly lines?: SiteLines;
  /** Scores each text; see {@linkcode RefineSettings.qualityThreshold}. */
  readonly quality?: QualityModel;
  /** Needed to leave out what evaluations ask. */
  readonly evaluations?: EvaluationGrams;
}

/** Steps that look at one text alone, or those that compare it with all before it. */
export type RefineSteps = "text" | "corpus";

/** How documents are refined. */
export interface RefinerOptions {
  readonly settings: RefineSettings;
  readonly minChars: number;
  /** Only these steps: the corpus's go on from what the text's have left. */
  readonly only?: RefineSteps | undefined;
}

/** A document under way. */
interface Draft {
  readonly document: Document;
  readonly text: string;
  readonly language?: string;
  /** Grows from step to step. */
  readonly scores: Scores;
}

/** Turns a draft into the next one, or says why it goes. */
type Step = (draft: Draft) => Draft | Refusal;

/** A refusal together with the text as it was by then. */
export type Refused = Refusal & { readonly text: string };

/** Makes the function that refines one document. */
export function refiner(
  parts: RefineParts,
  options: RefinerOptions,
): (document: Document) => Document | Refused {
  const { only } = options;
  const { text, corpus } = stepsOf(parts, options);
  const steps = { text, corpus, all: [...text, ...corpus] }[only ?? "all"];
  return (document) => {
    let draft: Draft = {
      document,
      text: document.text,
      scores: { ...document.scores },
      ...(document.language === undefined ? {} : { language: document.language }),
    };
    for (const step of steps) {
      const next = step(draft);
      if ("reason" in next) return { ...next, text: draft.text };
      draft = next;
    }
    const { text, language, scores } = draft;
    return {
      ...document,
      text,
      ...(only === "text" ? {} : { contentHash: hash("sha256", text) }),
      ...(language === undefined ? {} : { language }),
      ...(Object.keys(scores).length === 0 ? {} : { scores }),
    };
  };
}

function stepsOf(
  { seen, detectLanguage, near, lines, quality, evaluations }: RefineParts,
  { settings, minChars }: RefinerOptions,
): Record<RefineSteps, Step[]> {
  const longEnough: Step = (draft) => refuseShort(draft.text, minChars) ?? draft;
  const text: Step[] = [(draft) => ({ ...draft, text: cleanText(draft.text) }), longEnough];
  const corpus: Step[] = [];
  // What a site repeats is known of the whole corpus, and the steps behind it see what it leaves.
  const steps = settings.repeatedLines > 0 ? corpus : text;
  const shorten = (step: Step) => steps.push(step, longEnough);
  if (lines) shorten(stripLines(lines));
  if (detectLanguage) steps.push(detect(detectLanguage, settings));
  for (const name of settings.filters) {
    if (name === "c4") shorten(runC4(settings));
    else steps.push(runRules(rulesOf(name, settings)));
  }
  if (quality) steps.push(judge(quality, settings));
  if (settings.maskPersonalData) shorten(mask);
  if (evaluations) steps.push((draft) => refuseContaminated(draft.text, evaluations) ?? draft);
  corpus.push(firstOfItsText(seen));
  if (near) corpus.push(firstOfItsKind(near));
  return { text, corpus };
}

function refuseShort(text: string, minChars: number): Refusal | undefined {
  if (text === "") return { reason: "empty", detail: "no text after cleaning" };
  if (text.length >= minChars) return undefined;
  const detail = `${text.length} characters, --min-chars is ${minChars}`;
  return { reason: "too-short", detail };
}

const stripLines = (lines: SiteLines): Step => (draft) => {
  const { text, removed } = lines.strip(draft.text, draft.document);
  if (removed > 0) draft.scores.site_lines_removed = removed;
  return { ...draft, text };
};

const detect = (detector: LanguageDetector, settings: RefineSettings): Step => (draft) => {
  const found = detector(draft.text);
  draft.scores.language_score = Math.round(found.score * 10_000) / 10_000;
  const { languages = [], minLanguageScore: minScore } = settings;
  return refuseLanguage(found, { languages, minScore }) ??
    { ...draft, language: found.language };
};

const runRules = (rules: readonly Rule[]): Step => (draft) =>
  applyRules(rules, { view: new TextView(draft.text), scores: draft.scores }) ?? draft;

function rulesOf(name: Exclude<FilterName, "c4">, { limits }: RefineSettings): Rule[] {
  switch (name) {
    case "gopher-repetition":
      return gopherRepetitionRules(limits[name]);
    case "gopher-quality":
      return gopherQualityRules(limits[name]);
    case "fineweb":
      return fineWebRules(limits[name]);
  }
}

const runC4 = ({ limits }: RefineSettings): Step => (draft) => {
  const outcome = filterC4(draft.text, { settings: limits.c4, scores: draft.scores });
  return typeof outcome === "string" ? { ...draft, text: outcome } : outcome;
};

const judge = (model: QualityModel, { qualityThreshold = 0.5 }: RefineSettings): Step => (draft) =>
  judgeQuality(draft.text, { model, threshold: qualityThreshold, scores: draft.scores }) ?? draft;

const mask: Step = (draft) => {
  const { text, emails, addresses } = maskPersonalData(draft.text);
  if (emails > 0) draft.scores.emails_masked = emails;
  if (addresses > 0) draft.scores.addresses_masked = addresses;
  return { ...draft, text };
};

const firstOfItsText = (seen: SeenTexts): Step => (draft) => {
  const first = seen.firstId(draft.text, draft.document.id);
  if (first === draft.document.id) return draft;
  return { reason: "duplicate", detail: `same text as document ${first}` };
};

const firstOfItsKind = (near: NearIndex): Step => (draft) => {
  const match = near.matchOrAdd(draft.text, draft.document.id);
  if (!match) return draft;
  const where = match.index === undefined ? "" : ` in ${match.index}`;
  const detail = `nearly the same as document ${match.id}${where} (${match.bands} of 14 bands)`;
  return { reason: "near-duplicate", detail };
};
