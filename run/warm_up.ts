/**
 * How much of the corpus must be stored before a run starts to train on it.
 *
 * @module
 */
import { rowsOf } from "./settings/model.ts";
import type { RunSettings } from "./folder.ts";
import { isAddress } from "./sources.ts";

/** Tokens to wait for with files, which are finite: about a gibibyte of English text. */
const FILES_TOKENS = 2 ** 28;
/** Tokens to wait for with a crawl, which may be endless, where the plan is in seconds. */
const CRAWL_TOKENS = 2 ** 24;
/** UTF-16 code units of a token of English text, for what is decided before there are tokens. */
const CHARS_A_TOKEN = 4;

type WarmUpSettings = Pick<
  RunSettings,
  "warmUpCorpus" | "sources" | "preset" | "context" | "steps" | "gradAccumulation"
>;

/** Tokens that all steps of a run train on; Infinity where it is planned by seconds. */
export function plannedTokens(
  { preset, context, steps, gradAccumulation }: Pick<
    WarmUpSettings,
    "preset" | "context" | "steps" | "gradAccumulation"
  >,
): number {
  const rows = rowsOf(preset, { context });
  return steps === 0 ? Infinity : steps * rows * gradAccumulation * context;
}

/**
 * Tokens of the train split at which training begins while documents still arrive; it begins earlier if
 * the sources end.
 *
 * A crawl waits for as much as the plan needs: more would be fetched for nothing. Files are read to
 * their end, since one folder comes after the other and a run must see them all.
 */
export function warmUpTokens(settings: WarmUpSettings): number {
  if (settings.warmUpCorpus > 0) return settings.warmUpCorpus;
  const planned = plannedTokens(settings);
  if (!settings.sources.some(isAddress)) {
    return Number.isFinite(planned) ? Math.max(planned, FILES_TOKENS) : FILES_TOKENS;
  }
  return Number.isFinite(planned) ? planned : CRAWL_TOKENS;
}

/** Code units of text from which the tokenizer is learned, whether or not more will come. */
export function warmUpChars(settings: WarmUpSettings): number {
  return CHARS_A_TOKEN * warmUpTokens(settings);
}
