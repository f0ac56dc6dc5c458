/**
 * Stand-in for `@std/cli/parse-args`, over the tokenizer of `node:util`. Left out: dotted names,
 * `stopEarly`, `boolean: true`, and values glued to a short flag (`-n5`).
 *
 * @module
 */
import { parseArgs as tokenizeArgs } from "node:util";
import type { Aliases, Args, Flags, ParseOptions } from "./types.ts";

export type { Aliases, Args, ParseOptions };

/** The patterns of text that becomes a number where the flag is not declared a string. */
const NUMBER = /^(?:0x[0-9a-f]+|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)$/i;

function numberOrText(text: string): string | number {
  return NUMBER.test(text) ? Number(text) : text;
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
 * `--name value` and `--name=value` set a flag, as does `-n value`; a boolean flag takes no value
 * unless the next argument is `true` or `false`. Arguments after `--` are never flags.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseArgs } from "@std/cli/parse-args";
 * const args = parseArgs(["--steps", "90", "--json", "page.html"], {
 *   string: ["steps"],
 *   boolean: ["json"],
 * });
 * assertEquals(args, { _: ["page.html"], steps: "90", json: true });
 * ```
 */
export function parseArgs<
  Booleans extends string = never,
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
): Args<Flags<Booleans, Strings, Collected, Negatable, Defaults, Alias>, DoubleDash> {
  const groups = nameGroups(options.alias ?? {});
  const namesOf = (name: string) => groups.get(name) ?? [name];
  const everyName = (names: string | readonly string[] | undefined) =>
    new Set(asArray(names).flatMap(namesOf));
  const booleans = everyName(options.boolean);
  const strings = everyName(options.string);
  const collected = everyName(options.collect);
  const negatable = everyName(options.negatable);

  const positional: (string | number)[] = [];
  const afterDashes: string[] = [];
  const flags: Record<string, unknown> = {};

  const set = (name: string, value: string | boolean, arg: string) => {
    const declared = booleans.has(name) || strings.has(name) || groups.has(name);
    if (!declared && options.unknown?.(arg, name, value) === false) return;
    const typed = typeof value === "string" && !strings.has(name) ? numberOrText(value) : value;
    for (const each of namesOf(name)) {
      if (!collected.has(each)) flags[each] = typed;
      else flags[each] = [...asArray(flags[each]), typed];
    }
  };

  const { tokens } = tokenizeArgs({ args, strict: false, tokens: true });
  let terminated = false;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    const next = tokens[i + 1];
    if (token === undefined) break;
    if (token.kind === "option-terminator") {
      terminated = true;
    } else if (token.kind === "positional") {
      if (terminated) afterDashes.push(token.value);
      else if (options.unknown?.(token.value) !== false) {
        positional.push(strings.has("_") ? token.value : numberOrText(token.value));
      }
    } else {
      const arg = args[token.index] ?? token.rawName;
      const negated = token.name.startsWith("no-") ? token.name.slice(3) : undefined;
      const following = next?.kind === "positional" && next.value !== "" ? next.value : undefined;
      if (token.value !== undefined) {
        const isBoolean = booleans.has(token.name);
        set(token.name, isBoolean ? token.value !== "false" : token.value, arg);
      } else if (negated !== undefined && negatable.has(negated)) {
        set(negated, false, arg);
      } else if (!booleans.has(token.name) && following !== undefined) {
        set(token.name, following, arg);
        i++;
      } else if (following === "true" || following === "false") {
        set(token.name, following === "true", arg);
        i++;
      } else {
        set(token.name, strings.has(token.name) ? "" : true, arg);
      }
    }
  }

  for (const [name, value] of Object.entries(options.default ?? {})) {
    if (Object.hasOwn(flags, name)) continue;
    for (const each of namesOf(name)) flags[each] = value;
  }
  for (const name of new Set([...booleans, ...strings, ...collected])) {
    if (Object.hasOwn(flags, name)) continue;
    if (collected.has(name)) flags[name] = [];
    else if (booleans.has(name)) flags[name] = false;
  }
  const rest = options["--"] ? { _: positional, "--": afterDashes } : {
    _: [...positional, ...afterDashes],
  };
  return { ...flags, ...rest } as Args<
    Flags<Booleans, Strings, Collected, Negatable, Defaults, Alias>,
    DoubleDash
  >;
}
