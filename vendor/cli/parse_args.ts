/**
 * Stand-in for `@std/cli/parse-args`. The type of a dotted name, which becomes an object within the
 * result, is `unknown`.
 *
 * @module
 */
import { flagAt, hasFlag, setFlag } from "./dotted.ts";
import { shortFlags } from "./short_flags.ts";
import type { Aliases, Args, Flags, ParseOptions } from "./types.ts";

export type { Aliases, Args, ParseOptions };

function numberOrText(text: string): string | number {
  return /\S/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

function asArray<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

/** Each name of a flag, with all of its names. */
function nameGroups(alias: Aliases): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, others] of Object.entries(alias)) {
    const group = [name, ...asArray<string>(others)];
    for (const member of group) groups.set(member, group);
  }
  return groups;
}

/**
 * Parses command-line arguments into flags.
 *
 * `--name value` and `--name=value` set a flag, as do `-n value`, `-n=value` and `-n5`; a boolean flag
 * takes no value unless the next argument is `true` or `false`. `--a.b 1` makes `{ a: { b: 1 } }`.
 * Arguments after `--` are never flags.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseArgs } from "@std/cli/parse-args";
 * const args = parseArgs(["--steps", "90", "--json", "page.html"], {
 *   string: ["steps"],
 *   boolean: ["json"],
 * });
 * assertEquals(args, { steps: "90", json: true, _: ["page.html"] });
 * ```
 */
export function parseArgs<
  Booleans extends string | boolean = never,
  Strings extends string = never,
  Collected extends string = never,
  Negatable extends string = never,
  Defaults extends Readonly<Record<string, unknown>> = Record<never, never>,
  const Alias extends Aliases = Record<never, never>,
  DoubleDash extends boolean = false,
>(
  args: string[],
  options: ParseOptions<
    Booleans,
    Strings,
    Collected,
    Negatable,
    Defaults,
    Alias,
    DoubleDash
  > = {},
): Args<
  Flags<Booleans, Strings, Collected, Negatable, Defaults, Alias>,
  DoubleDash
> {
  const groups = nameGroups(options.alias ?? {});
  const namesOf = (name: string) => groups.get(name) ?? [name];
  const everyName = (names: string | readonly string[] | undefined) =>
    new Set(asArray(names).flatMap(namesOf));
  const isAllBoolean = options.boolean === true;
  const booleans = everyName(
    typeof options.boolean === "boolean" ? [] : options.boolean,
  );
  const strings = everyName(options.string);
  const collected = everyName(options.collect);
  const negatable = everyName(options.negatable);

  const end = args.indexOf("--");
  const words = end === -1 ? args : args.slice(0, end);
  const afterDashes = end === -1 ? [] : args.slice(end + 1);
  const positional: (string | number)[] = [];
  const flags: Record<string, unknown> = {};

  const set = (name: string, value: string | boolean, arg: string) => {
    const declared = booleans.has(name) || strings.has(name) ||
      groups.has(name) ||
      isAllBoolean && /^--[^=]+$/.test(arg);
    if (!declared && options.unknown?.(arg, name, value) === false) return;
    const typed = typeof value === "string" && !strings.has(name) ? numberOrText(value) : value;
    for (const each of namesOf(name)) {
      // A negated flag forgets what was collected.
      const keeps = collected.has(each) &&
        !(value === false && arg.startsWith("--no-"));
      setFlag(
        flags,
        each,
        keeps ? [...asArray(flagAt(flags, each)), typed] : typed,
      );
    }
  };
  const setBare = (name: string, arg: string) => set(name, strings.has(name) ? "" : true, arg);
  /** Sets a flag to `next`, if that is for it; whether it is. */
  const takes = (
    name: string,
    { arg, next, isBoolean }: { arg: string; next: string; isBoolean: boolean },
  ) => {
    const isValue = next !== "" && !isBoolean;
    if (isValue) set(name, next, arg);
    else if (next === "true" || next === "false") {
      set(name, next === "true", arg);
    } else setBare(name, arg);
    return isValue || next === "true" || next === "false";
  };

  for (let i = 0; i < words.length; i++) {
    const arg = words[i] ?? "", next = words[i + 1] ?? "";
    if (arg.startsWith("--")) {
      const [, name = "", value] = /^--(.+?)(?:=(.+))?$/s.exec(arg) ?? [];
      if (value !== undefined) {
        set(name, booleans.has(name) ? value !== "false" : value, arg);
      } else if (name.startsWith("no-") && negatable.has(name.slice(3))) {
        set(name.slice(3), false, arg);
      } else {
        const isBoolean = isAllBoolean || booleans.has(name);
        if (
          takes(name, {
            arg,
            next: next.startsWith("-") ? "" : next,
            isBoolean,
          })
        ) i++;
      }
    } else if (/^-./s.test(arg)) {
      for (const { name, value, isLast } of shortFlags(arg)) {
        const isFlag = /^--?[^-]/.test(next), isBoolean = booleans.has(name);
        if (value !== undefined) set(name, value, arg);
        else if (!isLast) setBare(name, arg);
        else if (takes(name, { arg, next: isFlag ? "" : next, isBoolean })) i++;
      }
    } else {
      if (options.unknown?.(arg) !== false) {
        positional.push(strings.has("_") ? arg : numberOrText(arg));
      }
      if (options.stopEarly) {
        positional.push(...words.slice(i + 1));
        break;
      }
    }
  }

  for (const [name, value] of Object.entries(options.default ?? {})) {
    if (hasFlag(flags, name)) continue;
    for (const each of namesOf(name)) setFlag(flags, each, value);
  }
  for (const name of new Set([...booleans, ...strings, ...collected])) {
    if (hasFlag(flags, name)) continue;
    if (collected.has(name)) setFlag(flags, name, []);
    else if (booleans.has(name)) setFlag(flags, name, false);
  }
  const rest = options["--"] ? { _: positional, "--": afterDashes } : {
    _: [...positional, ...afterDashes],
  };
  return { ...flags, ...rest } as Args<
    Flags<Booleans, Strings, Collected, Negatable, Defaults, Alias>,
    DoubleDash
  >;
}
