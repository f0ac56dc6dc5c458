/**
 * The two kinds of flags of a bench, for `parseArgs` of `node:util`.
 *
 * @module
 */

/** A flag with a value. */
export const TEXT = { type: "string" } as const;

/** A flag without one. */
export const SWITCH = { type: "boolean" } as const;
