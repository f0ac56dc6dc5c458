/**
 * Answers that are valid by a JSON schema, and calls of tools.
 *
 * @module
 */
import type { TextCodec } from "../text_codec.ts";
import type { Steps } from "../turns.ts";
import { type AnswerShape, compileAnswer, THOUGHTS } from "./answers.ts";
import { Grammar } from "./grammar.ts";

export {
  type AnswerShape,
  type CallableTool,
  type CallForm,
  type CallsShape,
  THOUGHTS,
} from "./answers.ts";
export { type Follower, Grammar } from "./grammar.ts";
export { GrammarWorkError } from "./language.ts";
export { SchemaError, ToolSchemaError } from "./schema_error.ts";

/** Grammars kept, as the same schema comes with many requests. */
const MAX_GRAMMARS = 4;

/** Grammars over one vocabulary, by what an answer may be. */
export type Grammars = (shape: AnswerShape) => Steps<Grammar>;

/**
 * Makes grammars over `codec`, the last few once; answers end with its end of a text or one of
 * `stopIds`. Its steps throw a {@linkcode SchemaError} for a schema that cannot be held to.
 */
export function createGrammars(
  codec: TextCodec,
  { stopIds = new Set() }: { stopIds?: ReadonlySet<number> } = {},
): Grammars {
  const kept = new Map<string, Grammar>();
  return function* (shape) {
    const key = JSON.stringify(shape);
    const compile = () => compileAnswer(shape);
    const spoken = spokenIn(shape);
    const grammar = kept.get(key) ??
      (yield* Grammar.compile({ codec, compile, stopIds, spoken }));
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

/** Texts of an answer that a vocabulary may have special tokens for. */
function spokenIn({ calls, thinking }: AnswerShape): string[] {
  const around = Object.values(calls?.form ?? {}).join("\n");
  const marks = around.match(/<[^<>\s]+>|\[[A-Z_]+\]/g) ?? [];
  return [...new Set([...marks, ...thinking ? [THOUGHTS.begin, THOUGHTS.end] : []])];
}
