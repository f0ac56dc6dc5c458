/**
 * Prints the V8 flag that lets it pair 128-bit operations: run with the flag set, it fails where V8 no
 * longer knows it, so that a task can do without.
 *
 * @module
 */

/** V8's flag. */
export const FLAG = "--experimental-wasm-revectorize";

if (import.meta.main) console.log(FLAG);
