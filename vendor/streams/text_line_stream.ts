/**
 * Cuts text into lines, without their `\n` or `\r\n`. A last line without an end is a line; the
 * empty text after the last end is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TextLineStream } from "@std/streams";
 * const lines = ReadableStream.from(["a\nb", "c\r\n"]).pipeThrough(new TextLineStream());
 * assertEquals(await Array.fromAsync(lines), ["a", "bc"]);
 * ```
 */
export class TextLineStream extends TransformStream<string, string> {
  constructor() {
    // Pieces of an unfinished line: joined once, or a long line would cost quadratic time.
    let pieces: string[] = [];
    super({
      transform(chunk, controller) {
        const last = pieces.at(-1);
        // A \r that ends the text so far may be half of a \r\n.
        const text = last?.endsWith("\r") ? pieces.pop() + chunk : chunk;
        let start = 0;
        for (const match of text.matchAll(/\r?\n/g)) {
          pieces.push(text.slice(start, match.index));
          controller.enqueue(pieces.join(""));
          pieces = [];
          start = match.index + match[0].length;
        }
        if (start < text.length) pieces.push(text.slice(start));
      },
      flush(controller) {
        if (pieces.length > 0) controller.enqueue(pieces.join(""));
      },
    });
  }
}
