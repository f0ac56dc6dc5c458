/**
 * Settings as flags: a flag that is part of run.json says in its own declaration by which name, what
 * is stored of it, and whether a run that goes on may change it.
 *
 * @module
 */
import type { Flag, Flags, FlagValues } from "../../cli/flags.ts";

/** Whether `--force` changes a setting: never, while documents are still taken in, or always. */
export type Change = "never" | "corpus" | "always";

/** What run.json has of a flag: `V` are the values of other flags that it follows from. */
export interface Stored<T, S, V, K extends string> {
  readonly change: Change;
  /** The name in run.json; empty for the flag's own in camel case. */
  readonly key: K;
  /** The value that is stored. */
  readonly from: (value: T, values: V) => S;
  /** Another flag whose setting this one decides too. */
  readonly also?: string;
  /** Reads a stored value that no text on the command line stands for; throws where it is none. */
  readonly parse?: (stored: unknown) => S;
}

/** A flag whose value is a setting of the run. */
export type Setting<T, S, V, K extends string> = Flag<T> & { readonly stored: Stored<T, S, V, K> };

interface StoredOptions<T, S, V, K extends string> {
  key?: K;
  from?: (value: T, values: V) => S;
  also?: string;
  parse?: (stored: unknown) => S;
}

const setting = (change: Change) =>
<T, S = T, V = unknown, K extends string = "">(
  flag: Flag<T>,
  { key = "" as K, from = (value) => value as unknown as S, ...rest }: StoredOptions<T, S, V, K> =
    {},
): Setting<T, S, V, K> => ({
  ...flag,
  stored: { change, key, from, ...rest },
});

/** Makes a flag a setting that never changes: what is on the disk was made with it. */
export const never = setting("never");

/** Makes a flag a setting that `--force` changes while documents are still taken in. */
export const corpus = setting("corpus");

/**
 * Makes a flag a setting that `--force` changes from the next step on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { number } from "../../cli/flags.ts";
 * import { always, settingsFrom } from "./table.ts";
 * const flags = { delay: always(number({ help: "ms", defaultValue: 9 }), { key: "delayMs" }) };
 * assertEquals(settingsFrom(flags, { delay: 5 }), { delayMs: 5 });
 * ```
 */
export const always = setting("always");

type Camel<N extends string> = N extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}`
  : N;

type KeyOf<N extends string, F> = F extends { stored: { key: infer K extends string } }
  ? K extends "" ? Camel<N> : K
  : never;

type ValueOf<F> = F extends { stored: { from: (value: never, values: never) => infer S } } ? S
  : never;

type AllSettings<F extends Flags> = {
  readonly [N in keyof F & string as KeyOf<N, F[N]>]: ValueOf<F[N]>;
};

type OptionalKey<A> = { [K in keyof A]: undefined extends A[K] ? K : never }[keyof A];

/** The settings that a table of flags declares, by their names in run.json. */
export type SettingsOf<F extends Flags> =
  & Omit<AllSettings<F>, OptionalKey<AllSettings<F>>>
  & {
    readonly [K in OptionalKey<AllSettings<F>>]?: Exclude<AllSettings<F>[K], undefined>;
  };

/** The values of flags that the settings of a table follow from. */
type Basis<F extends Flags> = {
  [N in keyof F]: F[N] extends { stored: { from: (value: never, values: infer V) => unknown } }
    ? (values: V) => void
    : never;
}[keyof F] extends (values: infer V) => void ? V : never;

/** The settings that the values of flags make. */
export function settingsFrom<F extends Flags>(
  flags: F,
  values: FlagValues<F> & Basis<F>,
): SettingsOf<F> {
  const given = new Map<string, unknown>(Object.entries(values));
  const entries = settingsIn(flags).flatMap(([name, { key, from }]) => {
    const value = from(given.get(name), values);
    return value === undefined ? [] : [[key, value] as const];
  });
  // Each name and value is that of its own declaration.
  return Object.fromEntries(entries) as SettingsOf<F>;
}

/** The flags of a table that are settings, each with what is stored of it. */
export function settingsIn(
  flags: Flags,
): [flag: string, stored: Stored<unknown, unknown, unknown, string>][] {
  return Object.entries(flags).flatMap(([name, flag]) => {
    if (!("stored" in flag)) return [];
    const stored = flag.stored as Stored<unknown, unknown, unknown, string>; // made by `setting`
    const key = stored.key || name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
    return [[name, { ...stored, key }]];
  });
}
