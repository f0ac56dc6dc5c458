/**
 * Which parts of a chat template stand in its text as what they come to. The interpreter cannot tell
 * an expression that is none, which Jinja writes as `None`, from a statement that writes nothing.
 *
 * @module
 */
import type { Interpreter } from "@huggingface/jinja";

/** A part of a template. */
export type Statement = NonNullable<Parameters<Interpreter["evaluate"]>[0]>;

/** These write what is in them, or nothing. */
const SILENT: ReadonlySet<string> = new Set([
  ...["Set", "If", "For", "Macro", "CallStatement", "FilterStatement"],
  ...["Break", "Continue", "Comment"],
]);

/** The expressions below `statement` whose values are written. */
export function shownIn(statement: Statement): Set<Statement> {
  const shown = new Set<Statement>();
  const waiting = [statement];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const part of blocksOf(next).flat()) {
      if (SILENT.has(part.type)) waiting.push(part);
      else shown.add(part);
    }
  }
  return shown;
}

/** What a statement may write. */
function blocksOf(statement: Statement): readonly (readonly Statement[])[] {
  const { body, alternate, defaultBlock } = statement as Statement & {
    readonly body?: unknown;
    readonly alternate?: unknown;
    readonly defaultBlock?: unknown;
  };
  return [body, alternate, defaultBlock].filter((block) => Array.isArray(block));
}
