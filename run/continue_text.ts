/**
 * Continues a text as `serve` does: from the tokenizer's ids of the text to any stop id of the model's
 * folder.
 *
 * @module
 */
import { generate, type GenerateOptions, type Scheduler, type TextCodec } from "../engine/mod.ts";

/** Resources that continue texts. */
export interface Writer {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  /** Stop ids besides the codec's own. */
  readonly stopIds: ReadonlySet<number>;
}

/** The continuation of `prompt`, piece by piece; an empty prompt starts a new text. */
export async function* continueText(
  prompt: string,
  { writer, ...options }:
    & { readonly writer: Writer }
    & Omit<GenerateOptions, keyof Writer | "promptIds">,
): AsyncGenerator<string, void> {
  const promptIds = writer.codec.encode(prompt, { addPrefix: true });
  for await (const { text } of generate({ ...options, ...writer, promptIds })) yield text;
}

/** The whole of {@linkcode continueText}. */
export async function continueWhole(
  ...args: Parameters<typeof continueText>
): Promise<string> {
  return (await Array.fromAsync(continueText(...args))).join("");
}
