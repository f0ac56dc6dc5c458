/**
 * Settings that runs have had only since they began to be recorded.
 *
 * @module
 */

/** What a run did before it could be told: a run.json without one of these means that value. */
const BEFORE: Readonly<Record<string, unknown>> = {
  include: [],
  exclude: [],
  delayMs: 500,
  allFiles: true,
};

/** The settings of a run.json, with those that it is too old to have. */
export function withAdded<S extends object>(recorded: S): S {
  return { ...BEFORE, ...recorded };
}

/** Settings for a digest: one that stands as it was before it was recorded does not count. */
export function withoutAdded(settings: object): object {
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) =>
      !Object.hasOwn(BEFORE, name) || JSON.stringify(BEFORE[name]) !== JSON.stringify(value)
    ),
  );
}
