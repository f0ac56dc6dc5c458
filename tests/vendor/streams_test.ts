// Expected values: the documented behaviour of @std/streams 1.x (jsr.io/@std/streams).
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { mergeReadableStreams, TextLineStream, toText } from "@std/streams";
import { TextLineStream as TextLineStreamOfSubpath } from "@std/streams/text-line-stream";

function lines(chunks: string[], options?: { allowCR: boolean }): Promise<string[]> {
  const stream = ReadableStream.from(chunks).pipeThrough(new TextLineStream(options));
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

Deno.test("TextLineStream: allowCR ends lines at a lone \\r too", async () => {
  for (
    const chunks of [["a\rb\r\nc\nd\r"], ["a\r", "b\r", "\nc\n", "d\r"], [..."a\rb\r\nc\nd\r"]]
  ) {
    assertEquals(await lines(chunks, { allowCR: true }), ["a", "b", "c", "d"]);
  }
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

Deno.test("toText: text or UTF-8 bytes, code points cut anywhere", async () => {
  assertEquals(await toText(ReadableStream.from(["Grüße", "!"])), "Grüße!");
  const bytes = new TextEncoder().encode("a€𝄞");
  const single = Array.from(bytes, (byte) => new Uint8Array([byte]));
  assertEquals(await toText(ReadableStream.from(single)), "a€𝄞");
  assertEquals(await toText(ReadableStream.from([])), "");
});

Deno.test("mergeReadableStreams: everything of every stream, each in order", async () => {
  const merged = await Array.fromAsync(
    mergeReadableStreams(ReadableStream.from([1, 2, 3]), ReadableStream.from([10, 20])),
  );
  assertEquals(merged.filter((n) => n < 10), [1, 2, 3]);
  assertEquals(merged.filter((n) => n >= 10), [10, 20]);
  assertEquals(await Array.fromAsync(mergeReadableStreams()), []);
});

Deno.test("mergeReadableStreams: one failure fails the whole", async () => {
  const broken = new ReadableStream<number>({
    pull(controller) {
      controller.error(new RangeError("broken pipe"));
    },
  });
  const endless = new ReadableStream<number>({
    pull(controller) {
      controller.enqueue(1);
    },
  });
  const merged = mergeReadableStreams(endless, broken);
  await assertRejects(() => Array.fromAsync(merged), RangeError, "broken pipe");
});

Deno.test("mergeReadableStreams: a quiet stream does not hold up the others", async () => {
  const quiet = new ReadableStream<number>({ pull: () => new Promise(() => {}) });
  const reader = mergeReadableStreams(quiet, ReadableStream.from([1, 2])).getReader();
  assertEquals([(await reader.read()).value, (await reader.read()).value], [1, 2]);
  await reader.cancel();
});

Deno.test("mergeReadableStreams: cancelling reaches every stream", async () => {
  const cancelled: unknown[] = [];
  const source = () =>
    new ReadableStream<number>({
      pull(controller) {
        controller.enqueue(1);
      },
      cancel(reason) {
        cancelled.push(reason);
      },
    });
  const reader = mergeReadableStreams(source(), source()).getReader();
  await reader.read();
  await reader.cancel("enough");
  assertEquals(cancelled, ["enough", "enough"]);
});
