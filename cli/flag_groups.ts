/**
 * Flags in named groups, as `--help` and the reference show them.
 *
 * @module
 */
import type { Flags } from "./flags.ts";

/** Names of flags by the title of their group, in the order in which they are shown. */
export type FlagGroups = Readonly<Record<string, readonly string[]>>;

/** The flags of a table that no group names. */
type Ungrouped<F extends Flags, G extends FlagGroups> = Exclude<keyof F, G[keyof G][number]>;

/**
 * Groups the flags of a table. A flag without a group does not compile, nor does a group's name for
 * a flag that is not in the table.
 *
 * @example
 * ```ts
 * import { groupFlags } from "./flag_groups.ts";
 * import { number, toggle } from "./flags.ts";
 * const flags = { port: number({ help: "port", defaultValue: 0 }), json: toggle({ help: "JSON" }) };
 * groupFlags(flags, { Listening: ["port"], Output: ["json"] });
 * // @ts-expect-error `json` has no group
 * groupFlags(flags, { Listening: ["port"] });
 * ```
 */
export function groupFlags<
  F extends Flags,
  const G extends Readonly<Record<string, readonly (keyof F & string)[]>>,
>(
  _flags: F,
  groups:
    & G
    & ([Ungrouped<F, G>] extends [never] ? unknown
      : { readonly "flags without a group": Ungrouped<F, G> }),
): FlagGroups {
  return groups;
}

/** The tables of a command's groups by their titles: all flags in one where there are no groups. */
export function tablesOf(
  { flags, groups }: { flags: Flags; groups?: FlagGroups },
): (readonly [title: string, flags: Flags])[] {
  if (!groups) return [["Flags", flags]];
  return Object.entries(groups).map(([title, names]) => {
    const rows = names.flatMap((name) => flags[name] ? [[name, flags[name]] as const] : []);
    return [title, Object.fromEntries(rows)] as const;
  });
}
