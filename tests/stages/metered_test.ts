import { assertEquals, assertRejects } from "@std/assert";
import { StageMeter } from "../../stages/meter.ts";
import { metered } from "../../stages/metered.ts";

/** A stage that passes values on, with room for `room` on its input side. */
function passing(room: number, transformer: Transformer<number, number> = {}) {
  const meter = new StageMeter("passing");
  const stage = new TransformStream<number, number>(
    transformer,
    { highWaterMark: room, size: (value) => value },
  );
  return { meter, pair: metered(stage, meter) };
}

Deno.test("metered: the fill is what waits in the stage's own queue, and its bound stays", async () => {
  const { meter, pair: { writable, readable } } = passing(10);
  const writer = writable.getWriter();
  assertEquals(meter.counts().queueFill, 0);
  // Nobody reads yet, so that the stage takes nothing out of its queue.
  writer.write(4);
  await writer.ready;
  assertEquals(meter.counts().queueFill, 0.4);
  writer.write(6);
  const full = Promise.withResolvers<void>();
  writer.ready.then(full.resolve);
  assertEquals(await Promise.race([full.promise, settled()]), "pending");
  assertEquals(meter.counts().queueFill, 1);
  const reader = readable.getReader();
  assertEquals([await reader.read(), await reader.read()].map(({ value }) => value), [4, 6]);
  await writer.ready;
  assertEquals(meter.counts().queueFill, 0);
});

/** Resolves once every promise that can settle without outside help has. */
function settled(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve("pending"), 0));
}

Deno.test("metered: values, order and end are the stage's", async () => {
  const { pair } = passing(1);
  assertEquals(await Array.fromAsync(ReadableStream.from([1, 2, 3]).pipeThrough(pair)), [1, 2, 3]);
});

Deno.test("metered: a failing stage fails its output and cancels its input", async () => {
  const reason = new Error("broken");
  const { pair } = passing(1, {
    transform() {
      throw reason;
    },
  });
  const cancelled = Promise.withResolvers<unknown>();
  const input = new ReadableStream<number>({
    pull: (controller) => controller.enqueue(1),
    cancel: cancelled.resolve,
  });
  await assertRejects(() => Array.fromAsync(input.pipeThrough(pair)), Error, "broken");
  assertEquals(await cancelled.promise, reason);
});

Deno.test("metered: cancelling the output reaches the input, an input's error the output", async () => {
  const first = passing(1);
  const cancelled = Promise.withResolvers<unknown>();
  const input = new ReadableStream<number>({ cancel: cancelled.resolve });
  await input.pipeThrough(first.pair).cancel("enough");
  assertEquals(await cancelled.promise, "enough");

  const broken = new ReadableStream<number>({ start: (c) => c.error(new Error("no input")) });
  const { pair } = passing(1);
  await assertRejects(() => Array.fromAsync(broken.pipeThrough(pair)), Error, "no input");
});

Deno.test("metered: a stage that ends early ends its output and cancels its input", async () => {
  const { pair } = passing(1, {
    transform(value, controller) {
      controller.enqueue(value);
      controller.terminate();
    },
  });
  const cancelled = Promise.withResolvers<unknown>();
  const input = new ReadableStream<number>({
    pull: (controller) => controller.enqueue(7),
    cancel: cancelled.resolve,
  });
  assertEquals(await Array.fromAsync(input.pipeThrough(pair)), [7]);
  await cancelled.promise;
});
