/**
 * Flags that say which documents stay, for every command that takes documents in.
 *
 * @module
 */
import {
  type FilterName,
  FILTERS,
  NO_REFINING,
  parseLimits,
  type RefineSettings,
} from "../../stages/refine/mod.ts";
import { reasonOf } from "../../cli/failure.ts";
import { didYouMean } from "../../cli/nearest.ts";
import { type FlagValues, number, text, toggle, UsageError } from "../../cli/flags.ts";

/** See docs/refining.md. */
export const REFINE_FLAGS = {
  filters: text({
    help: `sets of quality rules, divided by commas: ${FILTERS.join(", ")}; or all`,
    value: "A,B",
    defaultValue: undefined,
  }),
  "filter-settings": {
    ...text({
      help: "JSON file of limits for the filters (default: those published)",
      value: "FILE",
      defaultValue: undefined,
    }),
    needs: "filters",
  },
  language: text({
    help: "ISO 639-1 codes of languages that stay, divided by commas; any only notes them",
    value: "A,B",
    defaultValue: undefined,
  }),
  "language-score": {
    ...number({
      help: "least score of a document's language, from 0 to 1",
      value: "X",
      integer: false,
      max: 1,
      defaultValue: 0.5,
    }),
    needs: "language",
  },
  "mask-personal-data": toggle({ help: "replace e-mail and public IP addresses" }),
  "near-duplicates": toggle({ help: "drop documents that are nearly the same as an earlier one" }),
  "dedup-against": text({
    help: "run folders or index files whose documents count as earlier ones, divided by commas",
    value: "A,B",
    defaultValue: undefined,
  }),
  "repeated-lines": number({
    help: "drop lines that so many earlier pages of the same site had; 0 for none",
    defaultValue: 0,
  }),
};

/** Whether every drop is kept with its text. */
export const KEEP_DROPPED = toggle({ help: "list dropped documents with their text" });

/**
 * The settings behind {@linkcode REFINE_FLAGS}.
 *
 * @throws {UsageError} for unknown filters and languages, and for a bad settings file
 */
export function refineSettingsOf(
  values: FlagValues<typeof REFINE_FLAGS>,
): RefineSettings & { readonly dedupAgainst: readonly string[] } {
  const { language, "filter-settings": path } = values;
  const dedupAgainst = listOf(values["dedup-against"]);
  return {
    filters: filtersOf(values.filters),
    limits: path === undefined ? NO_REFINING.limits : readLimits(path),
    ...(language === undefined ? {} : { languages: languagesOf(language) }),
    minLanguageScore: values["language-score"],
    maskPersonalData: values["mask-personal-data"],
    nearDuplicates: values["near-duplicates"] || dedupAgainst.length > 0,
    repeatedLines: values["repeated-lines"],
    dedupAgainst,
  };
}

/** Items divided by commas. */
export const listOf = (text: string | undefined): string[] =>
  text?.split(",").map((part) => part.trim()).filter((part) => part !== "") ?? [];

/** In the order in which they are applied, whatever the order on the command line. */
function filtersOf(text: string | undefined): FilterName[] {
  const names = listOf(text);
  if (names.length === 1 && names[0] === "all") return [...FILTERS];
  for (const name of names) {
    if (FILTERS.some((known) => known === name)) continue;
    throw new UsageError(
      `Cannot use --filters ${name}: it must be of ${FILTERS.join(", ")}, or all` +
        didYouMean(name, [...FILTERS, "all"]),
    );
  }
  return FILTERS.filter((known) => names.includes(known));
}

function languagesOf(text: string): string[] {
  const codes = listOf(text);
  if (codes.length === 1 && codes[0] === "any") return [];
  const wrong = codes.find((code) => !/^[a-z]{2}$/.test(code));
  if (wrong === undefined && codes.length > 0) return codes;
  throw new UsageError(
    `Cannot use --language ${wrong ?? text}: write two-letter codes such as en,ja; or any`,
  );
}

function readLimits(path: string): RefineSettings["limits"] {
  try {
    return parseLimits(JSON.parse(Deno.readTextFileSync(path)));
  } catch (cause) {
    throw new UsageError(`Cannot use --filter-settings ${path}: ${reasonOf(cause)}`, { cause });
  }
}
