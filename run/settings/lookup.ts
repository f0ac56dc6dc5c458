/**
 * The flag of commands that may guess tokens ahead.
 *
 * @module
 */
import type { Engine } from "../../engine/mod.ts";
import { group, number, UsageError } from "../../cli/flags.ts";

/** Tokens guessed ahead; the tokens that come out are the same with any number. */
export const LOOKUP_FLAG = group("Model", {
  lookup: number({
    help: "tokens guessed ahead, from where the text said the same before, and checked in one " +
      "step: the same text, sooner where it repeats itself (at most 15)",
    max: 15,
    defaultValue: 0,
  }),
});

/**
 * The number that the flag gives, for an engine.
 *
 * @throws {UsageError} when the engine checks no guesses
 */
export function maxDraftOf({ lookup }: { readonly lookup: number }, engine: Engine): number {
  if (lookup === 0 || (engine.maxDraft ?? 0) > 0) return lookup;
  throw new UsageError("Cannot use --lookup with --engine onnx: use --engine wasm");
}
