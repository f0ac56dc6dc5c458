/**
 * Whether the flags of a command line apply: one that would be ignored is refused with the reason.
 *
 * @module
 */
import { type Flags, isNothing, UsageError } from "./flags.ts";

/**
 * Refuses flags that do not apply beside the `values` that all flags have.
 *
 * @throws {UsageError} naming the flag, what it does not go with, and what it is for
 */
export function checkRules(
  flags: Flags,
  { given, values: all }: { given: ReadonlySet<string>; values: object },
): void {
  const valueOf = new Map<string, unknown>(Object.entries(all));
  for (const name of given) {
    const { needs, only = {}, unless = {}, excludes = [] } = flags[name] ?? {};
    const other = excludes.find((other) => given.has(other));
    if (other !== undefined) {
      throw new UsageError(`Cannot use both --${name} and --${other}: choose one`);
    }
    if (needs !== undefined && isNothing(valueOf.get(needs))) {
      throw new UsageError(
        `Cannot use --${name} without --${`${needs} ${flags[needs]?.value ?? ""}`.trim()}`,
      );
    }
    for (const [other, values] of Object.entries(only)) {
      if (values.includes(valueOf.get(other))) continue;
      const wanted = `it is for --${other} ${values.join(" or ")}`;
      throw new UsageError(`Cannot use --${name} with --${other} ${valueOf.get(other)}: ${wanted}`);
    }
    for (const [other, values] of Object.entries(unless)) {
      if (!values.includes(valueOf.get(other))) continue;
      throw new UsageError(
        `Cannot use --${name} with --${other} ${valueOf.get(other)}: it has nothing to decide then`,
      );
    }
  }
}
