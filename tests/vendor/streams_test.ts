// Expected values: the documented behaviour of @std/streams 1.x (jsr.io/@std/streams).
import { assertEquals, assertStrictEquals } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { TextLineStream as TextLineStreamOfSubpath } from "@std/streams/text-line-stream";

function lines(chunks: string[]): Promise<string[]> {
  const stream = ReadableStream.from(chunks).pipeThrough(new TextLineStream());
  return Array.fromAsync(stream);
}

Deno.test("TextLineStream: lines end at \\n and \\r\\n wherever the chunks are cut", async () => {
  const text = "one\r\ntwo\n\nthree\rfour\r\n\r\nfive";
  const wanted = ["one", "two", "", "three\rfour", "", "five"];
  for (let size = 1; size <= text.length; size++) {
    const chunks = Array.from(
      { length: Math.ceil(text.length / size) },
      (_, i) => text.slice(i * size, (i + 1) * size),
    );
    assertEquals(await lines(chunks), wanted, `chunks of ${size}`);
  }
  assertStrictEquals(TextLineStreamOfSubpath, TextLineStream);
});

Deno.test("TextLineStream: no last line after a last end, none from nothing", async () => {
  assertEquals(await lines(["a\n"]), ["a"]);
  assertEquals(await lines([""]), []);
  assertEquals(await lines([]), []);
  assertEquals(await lines(["\n"]), [""]);
  assertEquals(await lines(["a\r"]), ["a\r"]);
});

Deno.test("TextLineStream: a long line in many chunks", async () => {
  const pieces = Array.from({ length: 10_000 }, () => "0123456789");
  assertEquals((await lines([...pieces, "\nend"])).map((line) => line.length), [100_000, 3]);
});
