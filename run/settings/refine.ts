/**
 * Flags that say how documents are read and which stay, for every command that takes documents in.
 *
 * @module
 */
import { DEFAULT_ENGINE, ENGINES } from "../../stages/extract/mod.ts";
import {
  type FilterName,
  FILTERS,
  LANGUAGES,
  NO_REFINING,
  parseLimits,
  type RefineSettings,
} from "../../stages/refine/mod.ts";
import { reasonOf } from "../../cli/failure.ts";
import { didYouMean } from "../../cli/nearest.ts";
import { choice, group, list, number, text, toggle, UsageError } from "../../cli/flags.ts";
import { type FileSetting, parseFiles, readFileSetting } from "../file_setting.ts";
import { absolute } from "../sources.ts";
import { parseStageSettings, readStageSetting } from "../stage_setting.ts";
import { corpus } from "./table.ts";

/** How sources are read and text is found in them. */
export const READING = group("Reading", {
  "all-files": corpus(toggle({
    help: "read also what folders hide: .git, node_modules, hidden files, what .gitignore names",
    about: "file",
  })),
  "text-field": corpus(text({
    help: "field of a JSONL record, or column of a table, that holds its text",
    value: "NAME",
    defaultValue: "text",
    about: "file",
  })),
});

/** How main text is found in pages, and which of it stays; see docs/refining.md. */
const STAYING = group("Which text stays", {
  extract: corpus(choice({
    help: "how main text is found: fast, in one pass over the tokens, or dom, in a tree",
    of: ENGINES,
    defaultValue: DEFAULT_ENGINE,
  })),
  comments: corpus(
    toggle({ help: "take what readers wrote under a page as part of its text" }),
    // Left out of run.json where it is off, as in runs of versions that knew no such flag.
    { from: (isOn) => isOn || undefined },
  ),
  // In UTF-16 code units.
  "min-chars": corpus(number({ help: "shorter documents are dropped", defaultValue: 200 })),
  filters: corpus(
    text({
      help: `sets of quality rules, separated by commas: ${FILTERS.join(", ")}; or all`,
      value: "A,B",
    }),
    { from: filtersOf },
  ),
  "filter-settings": corpus(
    text({
      help: "JSON file of limits for the filters (default: those published)",
      value: "FILE",
      needs: "filters",
    }),
    {
      key: "limits",
      from: (path) => path === undefined ? NO_REFINING.limits : readLimits(path),
      parse: parseLimits,
    },
  ),
  language: corpus(
    text({
      help: "ISO 639-1 codes of languages that stay, separated by commas; any only notes them",
      value: "A,B",
    }),
    { key: "languages", from: (text) => text === undefined ? undefined : languagesOf(text) },
  ),
  "language-score": corpus(
    number({
      help: "minimum score of a document's language, from 0 to 1",
      value: "X",
      integer: false,
      max: 1,
      defaultValue: 0.5,
      needs: "language",
      unless: { language: ["any"] },
    }),
    { key: "minLanguageScore" },
  ),
  "mask-personal-data": corpus(toggle({ help: "replace e-mail and public IP addresses" })),
  "near-duplicates": corpus(
    toggle({ help: "drop near duplicates of earlier documents" }),
    {
      // Comparing with others takes an index of one's own.
      from: (isOn, values: { "dedup-against": string | undefined }) =>
        isOn || listOf(values["dedup-against"]).length > 0,
    },
  ),
  "repeated-lines": corpus(number({
    help: "drop lines that N earlier pages of the same site have; 0 for none",
    defaultValue: 0,
  })),
  "dedup-against": corpus(
    text({
      help: "run folders or index files whose documents count as earlier, separated by commas",
      value: "A,B",
    }),
    { from: (text) => absolute(listOf(text)), also: "near-duplicates" },
  ),
});

/** A look over all pages of a site, which a crawl that goes on for long has no time for. */
export const SITE = group("Reading", {
  "whole-site": corpus(
    toggle({
      help: "judge text by all pages of its site; none is passed on before the last is read",
    }),
    // Left out of run.json where it is off, as in runs of versions that knew no such flag.
    { from: (isOn) => isOn || undefined },
  ),
});

/** Files of the user's that judge it. */
const JUDGES = group("Text judged by your files", {
  quality: corpus(
    text({
      help: "JSON lines of good texts and of bad ones, to score documents by",
      value: "GOOD,BAD",
    }),
    { from: (text) => filesOf(text, { flag: "quality", count: 2 }), parse: parseFiles },
  ),
  "quality-threshold": corpus(number({
    help: "least score of quality, from 0 to 1; 0 only notes it (default: 0.5)",
    value: "X",
    integer: false,
    max: 1,
    needs: "quality",
  })),
  decontaminate: corpus(
    text({
      help: "files of evaluation items; documents that share 13 words with one are dropped",
      value: "A,B",
    }),
    { from: (text) => filesOf(text, { flag: "decontaminate" }), parse: parseFiles },
  ),
});

/** Stages of the user's own among them. */
const STAGES = group("Your own stages", {
  stage: corpus(
    list({
      help: "module with your own stage after extract or refine; see docs/library.md",
      value: "PLACE:FILE",
    }),
    {
      key: "stages",
      // Left out of run.json where there is none, as in runs of versions that knew none.
      from: (texts) => texts.length === 0 ? undefined : texts.map(readStageSetting),
      parse: parseStageSettings,
    },
  ),
});

/** What stands between a page and the documents that stay; see docs/refining.md. */
export const REFINING = { ...STAYING, ...JUDGES, ...STAGES };

/** Whether every drop is kept with its text. */
export const KEEP_DROPPED = group("Which text stays", {
  "keep-dropped": toggle({ help: "list dropped documents with their text" }),
});

/** Items separated by commas. */
export const listOf = (text: string | undefined): string[] =>
  text?.split(",").map((part) => part.trim()).filter((part) => part !== "") ?? [];

/**
 * Files separated by commas, each with its digest. Undefined, and so left out of run.json as in runs
 * of versions that knew no such flag, where none is named.
 *
 * @throws {UsageError} for a file that cannot be read, and where they are not `count`
 */
export function filesOf(
  text: string | undefined,
  { flag, count }: { flag: string; count?: number },
): readonly FileSetting[] | undefined {
  if (text === undefined) return undefined;
  const paths = listOf(text);
  if (paths.length === 0 || (count !== undefined && paths.length !== count)) {
    const wanted = count === undefined
      ? "one file at least"
      : `${count} files, separated by a comma`;
    throw new UsageError(`Cannot use --${flag} ${text}: it must name ${wanted}`);
  }
  return paths.map((path) => readFileSetting(path, `--${flag} ${path}`));
}

/** In the order in which they are applied, whatever the order on the command line. */
function filtersOf(text: string | undefined): readonly FilterName[] {
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

function languagesOf(text: string): readonly string[] {
  const codes = listOf(text);
  if (codes.length === 1 && codes[0] === "any") return [];
  const wrong = codes.find((code) => !/^[a-z]{2}$/.test(code));
  if (wrong !== undefined || codes.length === 0) {
    throw new UsageError(
      `Cannot use --language ${wrong ?? text}: write two-letter codes such as en,ja; or any`,
    );
  }
  const unknown = codes.find((code) => !LANGUAGES.includes(code));
  if (unknown === undefined) return codes;
  throw new UsageError(
    `Cannot use --language ${unknown}: it is none of those told apart: ${LANGUAGES.join(", ")}`,
  );
}

function readLimits(path: string): RefineSettings["limits"] {
  try {
    return parseLimits(JSON.parse(Deno.readTextFileSync(path)));
  } catch (cause) {
    throw new UsageError(`Cannot use --filter-settings ${path}: ${reasonOf(cause)}`, { cause });
  }
}
