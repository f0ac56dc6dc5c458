/**
 * Command-line flags as typed tables: each flag is declared once and read by the parser and by
 * `--help`.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { didYouMean } from "./nearest.ts";

/** What a flag is about. Where it does not apply, giving it is refused with the reason. */
export interface FlagRules {
  /** The title that `--help` and the reference show it under. */
  readonly group?: string;
  /** The flag without which this one says nothing. */
  readonly needs?: string;
  /** Flags that this one is for some values of, with those values. */
  readonly only?: Readonly<Record<string, readonly unknown[]>>;
  /** Values of other flags that leave this one nothing to decide. */
  readonly unless?: Readonly<Record<string, readonly unknown[]>>;
  /** Flags that say the same thing another way. */
  readonly excludes?: readonly string[];
  /** The kind of operand that it is about, which the command looks for. */
  readonly about?: "address" | "site" | "file";
}

/** One flag. `undefined` as default means that the help text says what happens. */
export interface Flag<T> extends FlagRules {
  readonly help: string;
  /** Placeholder in the help, absent for a switch. */
  readonly value?: string;
  readonly defaultValue: T;
  /** What the flag means when it is given without its value. */
  readonly bare?: string;
  /** Turns the text after the flag into its value; throws a `UsageError`. */
  readonly read: (text: string, flag: string) => T;
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

type Described<T> = FlagRules & { help: string; value?: string; defaultValue?: T };

/** A flag with free text. */
export function text<T extends string | undefined = undefined>(
  { value = "TEXT", defaultValue, ...rest }: Described<T>,
): Flag<T | string> {
  return { ...rest, value, defaultValue: defaultValue as T, read: (given) => given };
}

/** A flag with a number, checked against its bounds. */
export function number<T extends number | undefined = undefined>(
  { value = "N", defaultValue, min = 0, max = Infinity, integer = true, ...rest }:
    & Described<T>
    & { bare?: string; min?: number; max?: number; integer?: boolean },
): Flag<T | number> {
  return {
    ...rest,
    value,
    defaultValue: defaultValue as T,
    read(given, flag) {
      const parsed = given.trim() === "" ? NaN : Number(given);
      const fits = integer ? Number.isSafeInteger(parsed) : Number.isFinite(parsed);
      if (!fits || parsed < min || parsed > max) {
        const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
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
export function list(described: FlagRules & { help: string; value: string }): Flag<
  readonly string[]
> {
  return { ...described, defaultValue: [], read: (given) => [given], many: true };
}

type Choice<T> = FlagRules & { help: string; of: readonly T[] };

/** A flag with one of a few words. */
export function choice<const T extends string>(
  described: Choice<T> & { defaultValue: NoInfer<T> },
): Flag<T>;
export function choice<const T extends string>(described: Choice<T>): Flag<T | undefined>;
export function choice<const T extends string>(
  { of, defaultValue, ...rest }: Choice<T> & { defaultValue?: T },
): Flag<T | undefined> {
  return {
    ...rest,
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
export function toggle(described: FlagRules & { help: string }): Flag<boolean> {
  return { ...described, defaultValue: false, read: () => true };
}

/** The `--json` of a command that prints one object for each of `what`. */
export function jsonToggle(what = ""): Flag<boolean> {
  return toggle({ help: `one JSON object ${what}`.trim(), group: "Output" });
}

/** The flags under one title, each with `rules` of its place here. */
export function group<F extends Flags>(title: string, flags: F, rules: FlagRules = {}): F {
  const grouped = Object.entries(flags).map(([name, flag]): [string, Flag<unknown>] => [
    name,
    { ...flag, ...rules, group: title },
  ]);
  // The same flags by the same names.
  return Object.fromEntries(grouped) as F;
}

/** A flag with a default of its own. */
export type Defaulted<F extends Flag<unknown>> =
  & Omit<F, keyof Flag<unknown>>
  & Flag<Exclude<F["defaultValue"], undefined>>;

/** A flag of several commands, with the default of one. */
export function withDefault<F extends Flag<unknown>>(
  flag: F,
  defaultValue: Exclude<F["defaultValue"], undefined>,
): Defaulted<F> {
  // Nothing is undefined any more: what is read never was.
  return { ...flag, defaultValue } as unknown as Defaulted<F>;
}

/** A parsed command line. */
export interface Parsed<F extends Flags> {
  readonly values: FlagValues<F>;
  /** Names of the flags that were given. */
  readonly given: ReadonlySet<string>;
  readonly operands: string[];
}

/**
 * Parses `args` against a table; whether each flag applies is for `checkRules`.
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

/** Whether a value says nothing: a flag that was not given, or a list of nothing. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === false || value === "" ||
    (Array.isArray(value) && value.length === 0);
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
  return isNothing(defaultValue) ? "none" : String(defaultValue);
}
