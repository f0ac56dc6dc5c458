/**
 * Command-line flags as typed tables: each flag is declared once and read by the parser and by
 * `--help`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { didYouMean } from "./nearest.ts";

/** One flag. `undefined` as default means that the help text says what happens. */
export interface Flag<T> {
  readonly help: string;
  /** Placeholder in the help, absent for a switch. */
  readonly value?: string;
  readonly defaultValue: T;
  /** What the flag means when it is given without its value. */
  readonly bare?: string;
  /** Turns the text after the flag into its value; throws a `UsageError`. */
  readonly read: (text: string, flag: string) => T;
  /** The flag without which this one says nothing: refused where it is given alone. */
  readonly needs?: string;
  /** May be given more than once: `read` returns an array, and all of them are joined. */
  readonly many?: true;
}

/** A table of flags, by name without the dashes. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The values a table of flags parses to. */
export type FlagValues<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

/** A mistake in the command line; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Described<T> = { help: string; value?: string; defaultValue: T };

/** A flag with free text. */
export function text<T extends string | undefined>(
  { help, value = "TEXT", defaultValue }: Described<T>,
): Flag<T | string> {
  return { help, value, defaultValue, read: (given) => given };
}

/** A flag with a number, checked against its bounds. */
export function number<T extends number | undefined>(
  { help, value = "N", defaultValue, bare, min = 0, max = Infinity, integer = true }:
    & Described<T>
    & {
      bare?: string;
      min?: number;
      max?: number;
      integer?: boolean;
    },
): Flag<T | number> {
  return {
    help,
    value,
    defaultValue,
    ...(bare !== undefined && { bare }),
    read(given, flag) {
      const parsed = given.trim() === "" ? NaN : Number(given);
      const fits = integer ? Number.isSafeInteger(parsed) : Number.isFinite(parsed);
      if (!fits || parsed < min || parsed > max) {
        const range = max === Infinity ? `at least ${min}` : `from ${min} to ${max}`;
        throw new UsageError(
          `Cannot use --${flag} ${given}: it must be ${
            integer ? "an integer" : "a number"
          } ${range}`,
        );
      }
      return parsed;
    },
  };
}

/** A flag that may be given again and again, its values in the order given. */
export function list({ help, value }: { help: string; value: string }): Flag<readonly string[]> {
  return {
    help,
    value,
    defaultValue: [],
    read: (given) => [given],
    many: true,
  };
}

/** A flag with one of a few words. */
export function choice<T extends string, D extends T | undefined>(
  { help, of, defaultValue }: { help: string; of: readonly T[]; defaultValue: D },
): Flag<T | D> {
  return {
    help,
    value: of.join("|"),
    defaultValue,
    read(given, flag) {
      const found = of.find((word) => word === given);
      if (!found) {
        const known = `it must be one of ${of.join(", ")}${didYouMean(given, of)}`;
        throw new UsageError(`Cannot use --${flag} ${given}: ${known}`);
      }
      return found;
    },
  };
}

/** A flag without a value: off unless given. */
export function toggle({ help }: { help: string }): Flag<boolean> {
  return { help, defaultValue: false, read: () => true };
}

/** A parsed command line. */
export interface Parsed<F extends Flags> {
  readonly values: FlagValues<F>;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  readonly operands: string[];
}

/**
 * Parses `args` against a table.
 *
 * @throws {UsageError} for unknown flags, missing or malformed values
 */
export function parseFlags<F extends Flags>(
  args: readonly string[],
  { flags }: { flags: F },
): Parsed<F> {
  const names = Object.keys(flags);
  const switches = names.filter((name) => flags[name]?.value === undefined);
  const valued = names.filter((name) => flags[name]?.value !== undefined);
  const words = withNegatives(args.map((arg) => usual(arg, flags)), valued);
  refuseValues(words, switches);
  const parsed = parseArgs(words, {
    // Operands stay text: a file may be named 007.
    string: [...valued, "_"],
    boolean: switches,
    collect: valued,
    unknown(arg, key) {
      if (key === undefined) return true;
      throw unknownFlag(arg, names);
    },
  });
  const seen = new Set<string>();
  const values = Object.fromEntries(names.map((name) => {
    const flag = flags[name] as Flag<unknown>;
    const given: unknown = parsed[name];
    if (flag.value === undefined) {
      if (given === true) seen.add(name);
      return [name, given === true];
    }
    const all = Array.isArray(given)
      ? given.map(String)
      : given === undefined
      ? []
      : [String(given)];
    if (all.length > 1 && !flag.many) throw new UsageError(`Cannot use --${name} twice`);
    if (all.length === 0) return [name, flag.defaultValue];
    if (all[0] === "" && flag.bare !== undefined) {
      seen.add(name);
      return [name, flag.read(flag.bare, name)];
    }
    if (all.includes("")) throw new UsageError(`Cannot use --${name} without ${flag.value}`);
    seen.add(name);
    const values = all.map((each) => flag.read(each, name));
    return [name, flag.many ? values.flat() : values[0]];
  }));
  // Every name of the table has been read by its own flag just above.
  return { values: values as FlagValues<F>, given: seen, operands: parsed._.map(String) };
}

/**
 * Refuses flags that say nothing without another, which is not given: for what is begun here, since
 * a run that has begun may have that other already.
 *
 * @throws {UsageError} naming both
 */
export function checkNeeds(given: ReadonlySet<string>, flags: Flags): void {
  for (const name of given) {
    const needs = flags[name]?.needs;
    if (needs === undefined || given.has(needs)) continue;
    const value = flags[needs]?.value;
    throw new UsageError(`Cannot use --${name} without --${needs}${value ? ` ${value}` : ""}`);
  }
}

/** Takes `-1` after a flag for its value, which the range of that then answers. */
function withNegatives(args: readonly string[], valued: readonly string[]): string[] {
  const words: string[] = [];
  for (const arg of args) {
    const before = words.at(-1) ?? "";
    const isValue = /^-\.?\d/.test(arg) && valued.some((name) => before === `--${name}`);
    if (isValue) words.splice(-1, 1, `${before}=${arg}`);
    else words.push(arg);
  }
  return words;
}

/** Names by which other programs call a flag. */
const OTHER_NAMES = [["out", "output"]] as const;

/** A word of the command line with the flag by the name that it has here. */
function usual(arg: string, flags: Flags): string {
  for (const [other, name] of OTHER_NAMES) {
    const isOther = arg === `--${other}` || arg.startsWith(`--${other}=`);
    if (isOther && flags[name] && !flags[other]) return `--${name}${arg.slice(other.length + 2)}`;
  }
  return arg;
}

/** A flag that is not in the table, with the one that was probably meant. */
function unknownFlag(arg: string, names: readonly string[]): UsageError {
  const word = arg.replace(/=.*$/s, "");
  const meant = didYouMean(word.replace(/^-+/, ""), names, "--") || "; --help lists them";
  return new UsageError(`Cannot use ${word}: there is no such flag${meant}`);
}

/** Refuses `--json=yes`: a switch is on where it is given, and nothing else can be said of it. */
function refuseValues(words: readonly string[], switches: readonly string[]): void {
  const end = words.indexOf("--");
  for (const word of end < 0 ? words : words.slice(0, end)) {
    const [, name = "", value = ""] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    if (!switches.includes(name) || value === "true" || value === "false") continue;
    throw new UsageError(`Cannot use --${name}=${value}: it takes no value; write --${name}`);
  }
}

/** The default as it is shown; undefined where the help text tells of it. */
export function defaultOf({ help, value, defaultValue }: Flag<unknown>): string | undefined {
  if (help.includes("(default")) return undefined;
  if (value === undefined) return "off";
  const isNone = defaultValue === undefined || defaultValue === "" ||
    (Array.isArray(defaultValue) && defaultValue.length === 0);
  return isNone ? "none" : String(defaultValue);
}
