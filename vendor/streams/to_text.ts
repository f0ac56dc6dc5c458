/**
 * Reads a stream of text or UTF-8 bytes to its end, as one string.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toText } from "@std/streams";
 * assertEquals(await toText(ReadableStream.from(["a", "b"])), "ab");
 * ```
 */
export async function toText(readableStream: ReadableStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of readableStream) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
