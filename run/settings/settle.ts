/**
 * Which settings of an existing run can change, and how it goes on with them.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";
import { changeable, type ForcedChange } from "./pipeline.ts";

/** What {@linkcode settle} decides by. */
export interface SettleOptions<S> {
  readonly wanted: S;
  /** Settings to compare, with what the command line calls them. */
  readonly named: ReadonlyMap<string, string>;
  /** Run folder, for messages. */
  readonly root: string;
  /** Whether changes that alter the result are wanted. */
  readonly force: boolean;
  /** Step of the newest checkpoint. */
  readonly step: number;
  /** Whether all documents are in. Default true. */
  readonly sealed?: boolean;
  /** Whether no document is in yet, so that nothing was made by these settings. */
  readonly empty?: boolean;
  /** What to write where the earlier value shall stay. Default `leave it out`. */
  readonly same?: string;
}

/** Settings of a run or a training. */
interface Settings {
  readonly forced: readonly ForcedChange[];
}

/**
 * The settings a run has: those `wanted` when it is new, and otherwise those it began with. What is
 * named differently would alter the result: it is refused by name or, with `force`, taken over and
 * noted in `forced`, so that the run does not pass for one that had it all along. While there are no
 * documents, it is taken over as it is.
 *
 * @throws {UsageError} naming each setting, what it was and what it would be
 */
export function settle<S extends Settings>(
  existing: S | undefined,
  options: SettleOptions<S>,
): S {
  const { named, root, force, step, sealed = true, empty = false } = options;
  if (existing === undefined) return options.wanted;
  const began = new Map<string, unknown>(Object.entries(existing));
  const wanted = new Map<string, unknown>(Object.entries(options.wanted));
  const different = [...named].filter(([name]) => text(began.get(name)) !== text(wanted.get(name)));
  if (different.length === 0) return existing;
  const isFree = ([name]: [string, string]) => empty && changeable(name) !== "never";
  const changed = different.filter((setting) => !isFree(setting));
  const refuse = (names: typeof changed, how: string): void => {
    if (names.length === 0) return;
    const list = names.map(([name, flag]) =>
      `${flag} ${text(wanted.get(name))} (began with ${text(began.get(name))})`
    );
    throw new UsageError(`Cannot continue --run ${root} with ${list.join(", ")}: ${how}`);
  };
  refuse(
    changed.filter(([name]) => changeable(name) === "never"),
    "that cannot change any more; choose another folder",
  );
  refuse(
    changed.filter(([name]) => changeable(name) === "corpus" && sealed),
    "its corpus is complete; choose another folder",
  );
  if (!force) {
    refuse(
      changed,
      `that alters the result; ${options.same ?? "leave it out"} to go on, add --force to change ` +
        `it from step ${step + 1} on, or choose another folder`,
    );
  }
  const changes = changed.map(([name]): ForcedChange => {
    return { step, name, before: began.get(name), now: wanted.get(name) };
  });
  return {
    ...existing,
    ...Object.fromEntries(different.map(([name]) => [name, wanted.get(name)])),
    forced: [...existing.forced, ...changes],
  };
}

/** A line for each change that was not there before, for the user to see. */
export function describeForced({ forced }: Settings, existing: Settings | undefined): string[] {
  return forced.slice(existing?.forced.length ?? 0).map(({ step, name, before, now }) =>
    `From step ${step + 1} on, ${name} is ${text(now)} instead of ${text(before)}, as --force says.`
  );
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? "none";
}
