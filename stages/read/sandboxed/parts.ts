/**
 * Long text cut into numbered parts.
 *
 * @module
 */
import { splitParts } from "../split.ts";
import { PLAIN, type SandboxedPage, type Task } from "./task.ts";

const ENCODER = new TextEncoder();

/** Text, in pieces of any length, as one page or as several that are numbered. */
export async function* textParts(
  text: AsyncIterable<string> | Iterable<string>,
  { maxPartBytes, declared }: Pick<Task, "maxPartBytes"> & Pick<SandboxedPage, "declared">,
): AsyncGenerator<SandboxedPage> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const piece of text) yield ENCODER.encode(piece);
  }
  const about = declared === undefined ? {} : { declared };
  let number = 0;
  let held: Uint8Array | undefined;
  for await (const body of splitParts(bytes(), { maxPartBytes })) {
    if (held !== undefined) {
      yield { part: `part=${++number}`, contentType: PLAIN, body: held, ...about };
    }
    held = body;
  }
  const part = number === 0 ? "" : `part=${++number}`;
  if (held !== undefined) yield { part, contentType: PLAIN, body: held, ...about };
}
