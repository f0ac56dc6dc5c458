/**
 * What a walk through a folder passes over: what is hidden, what is installed, and what .gitignore
 * files name by gitignore's own rules.
 *
 * @module
 */
import ignore, { type Ignore } from "ignore";
import { join } from "node:path";
import type { Drop } from "../meter.ts";

/** Why an entry of a folder is passed over, as it is told. */
export type SkipKind = ".git" | "node_modules" | "hidden" | ".gitignore" | "excepted";

/** Hears of each entry that is passed over; of a folder once, whatever is in it. */
export type OnSkip = (kind: SkipKind) => void;

/** Hears of what cannot be read. */
type OnDrop = (drop: Omit<Drop, "stage">) => void;

/** The rules that hold in one folder. */
export interface FolderRules {
  /** Why an entry is passed over; undefined where it is not. */
  skips(entry: Deno.DirEntry): SkipKind | undefined;
  /** The rules in a folder of this one. */
  enter(name: string): Promise<FolderRules>;
}

/** A .gitignore file above, and the way from its folder to the one looked at: `docs/api/`. */
interface Level {
  readonly rules: Ignore;
  readonly below: string;
}

/** As git is on Linux. */
const OPTIONS = { ignorecase: false };
const IGNORE_FILE = ".gitignore";
/** A longer file is no list of patterns that anyone wrote. */
const MAX_BYTES = 2 ** 20;

/**
 * The rules at the folder that a walk begins in: its own .gitignore holds from there on, those of
 * folders around it do not count, since the user named this one. A .gitignore file that cannot be
 * read, or is larger than 1 MiB, is dropped.
 */
export async function openRules(folder: string, drop: OnDrop): Promise<FolderRules> {
  return await rulesAt(folder, { above: [], drop });
}

async function rulesAt(
  folder: string,
  { above, drop }: { above: readonly Level[]; drop: OnDrop },
): Promise<FolderRules> {
  const own = await readRules(join(folder, IGNORE_FILE), drop);
  const levels = own ? [{ rules: own, below: "" }, ...above] : above;
  return {
    skips({ name, isDirectory }) {
      if (name === ".git") return ".git";
      if (name === "node_modules" && isDirectory) return "node_modules";
      if (name.startsWith(".")) return "hidden";
      return isIgnored(levels, isDirectory ? `${name}/` : name) ? ".gitignore" : undefined;
    },
    enter: (name) => {
      const above = levels.map((level) => inside(level, name));
      return rulesAt(join(folder, name), { above, drop });
    },
  };
}

/** The nearest file that says anything of an entry decides, in it the last pattern. */
function isIgnored(levels: readonly Level[], name: string): boolean {
  for (const { rules, below } of levels) {
    const { ignored, unignored } = rules.test(below + name);
    if (ignored || unignored) return ignored;
  }
  return false;
}

/**
 * A level as it is in a folder that is walked into. Where it names that folder, a nearer file has
 * taken it back, and so it does here: what is in a folder that is ignored would be ignored with it.
 */
function inside({ rules, below }: Level, name: string): Level {
  const folder = `${below}${name}/`;
  if (!rules.test(folder).ignored) return { rules, below: folder };
  const taken = `!/${folder.replace(/[*?[\]\\ ]/g, "\\$&")}`;
  return { rules: ignore(OPTIONS).add(rules).add(taken), below: folder };
}

/** The patterns of a file; nothing where there is none. A link is not followed, as git does not. */
async function readRules(path: string, drop: OnDrop): Promise<Ignore | undefined> {
  try {
    const { isFile, size } = await Deno.lstat(path);
    if (!isFile) return undefined;
    if (size <= MAX_BYTES) return ignore(OPTIONS).add(await Deno.readTextFile(path));
    const detail = `larger than ${MAX_BYTES} bytes: what it names is read`;
    drop({ item: path, reason: "too-large", detail });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (!(error instanceof Error)) throw error;
    const detail = `${error.message}: what it names is read`;
    drop({ item: path, reason: "unreadable", detail });
  }
  return undefined;
}
