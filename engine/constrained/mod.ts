/**
 * Answers that are valid by a JSON schema.
 *
 * @module
 */
import type { TextCodec } from "../text_codec.ts";
import type { Steps } from "../turns.ts";
import { Grammar } from "./grammar.ts";

export { type Follower, Grammar } from "./grammar.ts";
export { GrammarWorkError } from "./language.ts";
export { SchemaError } from "./schema_error.ts";

/** Grammars kept, as the same schema comes with many requests. */
const MAX_GRAMMARS = 4;

/** Grammars over one vocabulary, by schema. */
export type Grammars = (schema: unknown) => Steps<Grammar>;

/**
 * Makes grammars over `codec`, the last few once. Its steps throw a {@linkcode SchemaError}
 * for a schema that cannot be held to.
 */
export function createGrammars(codec: TextCodec): Grammars {
  const kept = new Map<string, Grammar>();
  return function* (schema) {
    const key = JSON.stringify(schema);
    const grammar = kept.get(key) ?? (yield* Grammar.compile(schema, codec));
    kept.delete(key);
    kept.set(key, grammar);
    if (kept.size > MAX_GRAMMARS) {
      for (const oldest of kept.keys()) {
        kept.delete(oldest);
        break;
      }
    }
    return grammar;
  };
}
