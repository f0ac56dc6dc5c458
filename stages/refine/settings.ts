/**
 * What the refine stage does beside cleaning, as plain values that a run can keep.
 *
 * @module
 */
import { z } from "zod";
import { C4 } from "./c4.ts";
import { FINEWEB } from "./fineweb.ts";
import { GOPHER_QUALITY } from "./gopher_quality.ts";
import { GOPHER_REPETITION } from "./gopher_repetition.ts";

/** Sets of quality rules, in the order in which they are applied. */
export const FILTERS = ["gopher-repetition", "gopher-quality", "c4", "fineweb"] as const;

/** A set of quality rules. */
export type FilterName = (typeof FILTERS)[number];

/** What parses {@linkcode FilterLimits}: zod schemas, each limit with its published default. */
export const LIMITS = z.strictObject({
  "gopher-repetition": GOPHER_REPETITION.prefault({}),
  "gopher-quality": GOPHER_QUALITY.prefault({}),
  c4: C4.prefault({}),
  fineweb: FINEWEB.prefault({}),
});

/** Limits of every set of rules. */
export type FilterLimits = ReturnType<typeof LIMITS.parse>;

/** Everything that decides what the stage keeps. */
export interface RefineSettings {
  readonly filters: readonly FilterName[];
  readonly limits: FilterLimits;
  /** ISO 639-1 codes that stay; empty for all, absent to detect nothing. */
  readonly languages?: readonly string[];
  readonly minLanguageScore: number;
  /** Least score of quality, where that is judged: 0.5 by default; 0 only notes it. */
  readonly qualityThreshold?: number;
  readonly maskPersonalData: boolean;
  readonly nearDuplicates: boolean;
  /** Lines that so many earlier pages of a site had go; 0 keeps all. */
  readonly repeatedLines: number;
}

/**
 * Checks limits as they stand in a settings file; what is not named has its published default.
 *
 * @throws {TypeError} naming the first field that is wrong
 */
export function parseLimits(value: unknown): FilterLimits {
  const parsed = LIMITS.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw new TypeError(`${path === "" ? "the settings" : path}: ${issue?.message}`);
}

/** Nothing beside what the stage always does. */
export const NO_REFINING: RefineSettings = {
  filters: [],
  limits: parseLimits({}),
  minLanguageScore: 0,
  maskPersonalData: false,
  nearDuplicates: false,
  repeatedLines: 0,
};
