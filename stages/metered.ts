/**
 * Measures a stage from outside, as its neighbours see it: how full its input queue is, and whether
 * its output is in demand.
 *
 * @module
 */
import type { StageMeter } from "./meter.ts";

/**
 * Wraps `stage` so that `meter` reads the fill of its input queue and the demand at its output;
 * returns the stage itself without a meter. Adds no buffering: a value is written when the stage has
 * room, and read when the next stage pulls.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { StageMeter } from "./meter.ts";
 * import { metered } from "./metered.ts";
 * const meter = new StageMeter("double");
 * const double = new TransformStream<number, number>({
 *   transform: (value, controller) => controller.enqueue(2 * value),
 * });
 * const doubled = ReadableStream.from([1, 2]).pipeThrough(metered(double, meter));
 * assertEquals(await Array.fromAsync(doubled), [2, 4]);
 * ```
 */
export function metered<In, Out>(
  stage: ReadableWritablePair<Out, In>,
  meter: StageMeter | undefined,
): ReadableWritablePair<Out, In> {
  if (!meter) return stage;
  const { writable, readable } = stage;
  return { writable: watchedInput(writable, meter), readable: watchedOutput(readable, meter) };
}

function watchedInput<In>(stage: WritableStream<In>, meter: StageMeter): WritableStream<In> {
  const writer = stage.getWriter();
  // Nothing has been written yet, so this is the capacity of the queue.
  const room = writer.desiredSize ?? 0;
  let isOver = false;
  meter.queueFrom(() => {
    if (isOver) return 0;
    const free = writer.desiredSize;
    return free === null || room <= 0 ? 0 : (room - free) / room;
  });
  return new WritableStream<In>({
    start(controller) {
      writer.closed.catch((reason: unknown) => controller.error(reason));
    },
    write(value) {
      meter.bookTime();
      // A failed write errors the stage, which `closed` reports.
      writer.write(value).catch(() => {});
      return writer.ready;
    },
    async close() {
      await writer.close();
      // A closed queue has no room and no content.
      isOver = true;
    },
    abort: (reason) => writer.abort(reason),
  });
}

/** A readable stream that tells `meter` when its reader waits for a value. */
function watchedOutput<Out>(
  stage: ReadableStream<Out>,
  meter: StageMeter,
): ReadableStream<Out> {
  const reader = stage.getReader();
  meter.demand(false);
  return new ReadableStream<Out>({
    start(controller) {
      reader.closed.catch((reason: unknown) => controller.error(reason));
    },
    async pull(controller) {
      meter.demand(true);
      const { done, value } = await reader.read();
      meter.demand(false);
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
