/**
 * Continues a text as `serve` does: from the ids that the tokenizer gives a text, to any of the ends
 * that the model's folder names.
 *
 * @module
 */
import { generate, type GenerateOptions, type Scheduler, type TextCodec } from "../engine/mod.ts";

/** What continues texts. */
export interface Writer {
  readonly scheduler: Scheduler;
  readonly codec: TextCodec;
  /** Ids that end a text beside the codec's own end. */
  readonly stopIds: ReadonlySet<number>;
}

/** The continuation of `prompt`, piece by piece; of an empty one, a new text. */
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
