/**
 * TensorBoard's event files: the metrics of each step as scalars.
 *
 * @module
 */
import { join } from "node:path";
import type { Type } from "protobufjs";
import { appendWhole } from "../../model/durable.ts";
import { crc32c } from "./crc32c.ts";
import type { MetricsRecord } from "./metrics.ts";
import { STEP_METRICS } from "./metrics_table.ts";
import type { MetricsSink } from "./sink.ts";

/** The fields of TensorFlow's event.proto and summary.proto that scalars need, by their numbers. */
const MESSAGES = {
  nested: {
    Value: { fields: { tag: { id: 1, type: "string" }, simpleValue: { id: 2, type: "float" } } },
    Summary: { fields: { value: { id: 1, type: "Value", rule: "repeated" } } },
    SessionLog: { fields: { status: { id: 1, type: "int32" } } },
    Event: {
      fields: {
        wallTime: { id: 1, type: "double" },
        step: { id: 2, type: "int64" },
        fileVersion: { id: 3, type: "string" },
        summary: { id: 5, type: "Summary" },
        sessionLog: { id: 7, type: "SessionLog" },
      },
    },
  },
};

/** SessionLog's START: invalidates this step and later ones in earlier files. */
const SESSION_START = 1;

/** An event file, appended to step by step. */
export interface EventFile extends MetricsSink {
  readonly path: string;
}

/**
 * Creates an event file in `dir`, and `dir` if missing. A resumed run adds another file; steps that it
 * repeats replace those of the previous file.
 *
 * @param options `now` in milliseconds since the epoch
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { openEventFile } from "./tensorboard.ts";
 * const file = await openEventFile(await Deno.makeTempDir());
 * assertStringIncludes(file.path, "events.out.tfevents.");
 * ```
 */
export async function openEventFile(
  dir: string,
  { now = Date.now }: { now?: () => number } = {},
): Promise<EventFile> {
  // Loaded here: most commands write no such file.
  const { default: protobuf } = await import("protobufjs");
  const { Event } = protobuf.Root.fromJSON(MESSAGES).nested as { Event: Type };
  await Deno.mkdir(dir, { recursive: true });
  const opened = now();
  // TensorBoard reads the files of a folder in the order of their names.
  const path = join(dir, `events.out.tfevents.${String(opened / 1000).padEnd(14, "0")}.cllm`);
  await Deno.writeFile(path, new Uint8Array(0), { createNew: true });
  const write = (event: Record<string, unknown>) =>
    appendWhole(path, frame(Event.encode(Event.fromObject(event)).finish()), { sync: false });
  await write({ wallTime: opened / 1000, fileVersion: "brain.Event:2" });
  let isFirst = true;
  return {
    path,
    async step(record) {
      const wallTime = Date.parse(record.time) / 1000;
      const { step } = record;
      if (isFirst) await write({ wallTime, step, sessionLog: { status: SESSION_START } });
      isFirst = false;
      await write({ wallTime, step, summary: { value: scalarsOf(record) } });
    },
  };
}

function scalarsOf(record: MetricsRecord): { tag: string; simpleValue: number }[] {
  return STEP_METRICS.flatMap(({ name }) => {
    const simpleValue = record[name];
    return simpleValue === undefined ? [] : [{ tag: name, simpleValue }];
  });
}

/** A TFRecord: length, its checksum, the bytes, theirs; little-endian. */
function frame(bytes: Uint8Array): Uint8Array {
  const record = new Uint8Array(bytes.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(bytes.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(bytes, 12);
  view.setUint32(12 + bytes.length, masked(bytes), true);
  return record;
}

/** TFRecord's masked checksum, which stays strong over data that contains checksums. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return ((crc >>> 15 | crc << 17) + 0xa282ead8) >>> 0;
}
