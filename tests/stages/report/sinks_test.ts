import { assert, assertEquals, assertThrows } from "@std/assert";
import parsePrometheus from "parse-prometheus-text-format";
import { StageMeter } from "../../../stages/meter.ts";
import { crc32c } from "../../../stages/report/crc32c.ts";
import {
  describeMetrics,
  metricsRecord,
  openEventFile,
  prometheusText,
} from "../../../stages/report/mod.ts";
import { STEP_METRICS } from "../../../stages/report/metrics_table.ts";
import { crcOf, readEvents } from "./event_file.ts";
import { stepReport } from "./step_report.ts";

/** What the parser makes of one metric. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly { value: string; labels?: Record<string, string> }[];
}

const SPHERES = [
  { microbatch: 0, worker: 0, tokens: 10, computeMs: 10, waitMs: 0, bytesReduced: 1 },
  { microbatch: 1, worker: 1, tokens: 12, computeMs: 30.128, waitMs: 4, bytesReduced: 1 },
];
const PHASES = { dataMs: 1, forwardBackwardMs: 80, updateMs: 20, validationMs: 0 };
const CONSTANTS = {
  bytesPerToken: 4,
  validationBytesPerToken: 5,
  flopsPerToken: 2e6,
  peakFlops: 1e11,
};

function record(step: number, more: Parameters<typeof stepReport>[1] = {}) {
  const report = stepReport(step, { spheres: SPHERES, phases: PHASES, ...more });
  return metricsRecord(report, { time: Date.UTC(2030, 0, 2), constants: CONSTANTS });
}

Deno.test("figures: bits per byte and the share of the peak follow from the run's constants", () => {
  const { bitsPerByte, validationBitsPerByte, shareOfPeak, validationPerplexity } = record(1, {
    validationLoss: 4,
  });
  // e to the 4
  assertEquals(validationPerplexity?.toFixed(3), "54.598");
  // 5 nats per token are 7.2135 bits, over four bytes; 4 nats are 5.7708, over
  // five; 12,345 tokens/s of 2 MFLOP, of 100 GFLOP/s.
  assertEquals([bitsPerByte, validationBitsPerByte, shareOfPeak].map((x) => x?.toFixed(4)), [
    "1.8034",
    "1.1542",
    "0.2469",
  ]);
  const bare = metricsRecord(stepReport(1), { time: 0 });
  assert(!("bitsPerByte" in bare) && !("shareOfPeak" in bare) && !("validationLoss" in bare));
});

Deno.test("Prometheus: an independent parser reads every figure, labels and counters", async () => {
  const meter = new StageMeter("extract", undefined, { now: () => 0 });
  meter.in(100);
  meter.drop({ item: 'odd"\\\n', reason: "no-text", detail: "" });
  meter.queueFrom(() => 0.5);
  const families: Family[] = parsePrometheus(
    await prometheusText({ record: record(7), stages: [meter.counts()] }),
  );
  const value = (name: string, labels: Record<string, string> = {}) =>
    families.find((family) => family.name === name)?.metrics.find((metric) =>
      JSON.stringify(metric.labels ?? {}) === JSON.stringify(labels)
    )?.value;
  assertEquals(value("cllm_loss"), "5");
  assertEquals(value("cllm_step_seconds"), "0.1");
  assertEquals(value("cllm_total_tokens_total"), String(1524 * 7));
  assertEquals(value("cllm_sphere_compute_seconds", { leaf: "1" }), "0.03013");
  assertEquals(value("cllm_stage_queue_fill", { stage: "extract" }), "0.5");
  assertEquals(value("cllm_stage_dropped_total", { stage: "extract", reason: "no-text" }), "1");
  assertEquals(value("cllm_validation_loss"), undefined);
  const types = Object.fromEntries(families.map(({ name, type }) => [name, type]));
  assertEquals([types["cllm_loss"], types["cllm_stage_bytes_in_total"]], ["GAUGE", "COUNTER"]);
  assert(families.every(({ help }) => help.length > 5));
});

Deno.test("TensorBoard: an independent reader finds every scalar, with checksums that hold", async () => {
  const dir = await Deno.makeTempDir();
  const file = await openEventFile(dir, { now: () => Date.UTC(2030, 0, 1) });
  const records = [record(3), record(4, { loss: 4.5, validationLoss: 4.25 })];
  for (const each of records) await file.step(each);
  const bytes = await Deno.readFile(file.path);
  const [version, session, ...steps] = readEvents(bytes);
  assertEquals(version?.fileVersion, "brain.Event:2");
  assertEquals([session?.step, session?.sessionStatus], [3, 1]);
  assertEquals(steps.map(({ step, wallTime }) => [step, wallTime]), [
    [3, Date.UTC(2030, 0, 2) / 1000],
    [4, Date.UTC(2030, 0, 2) / 1000],
  ]);
  for (const [i, { scalars }] of steps.entries()) {
    const written = STEP_METRICS.map(({ name }) => [name, records[i]?.[name]] as const)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Math.fround(value as number)]);
    assertEquals(scalars, Object.fromEntries(written));
  }
  bytes[bytes.length - 6] = ~(bytes[bytes.length - 6] as number);
  assertThrows(() => readEvents(bytes), Error, "checksum");
  await Deno.remove(dir, { recursive: true });
});

Deno.test("CRC-32C: the vectors of RFC 3720, and long division on odd lengths", () => {
  const bytes = (length: number, of: (i: number) => number) =>
    Uint8Array.from({ length }, (_, i) => of(i));
  assertEquals(crc32c(bytes(32, () => 0)), 0x8a9136aa);
  assertEquals(crc32c(bytes(32, () => 0xff)), 0x62a8ab43);
  assertEquals(crc32c(bytes(32, (i) => i)), 0x46dd794e);
  assertEquals(crc32c(bytes(32, (i) => 31 - i)), 0x113fdb5c);
  for (const length of [0, 1, 3, 7, 13]) {
    const odd = bytes(length, (i) => 37 * i + 11);
    assertEquals(crc32c(odd), crcOf(odd));
  }
});

Deno.test("docs/metrics.md says what the table says", async () => {
  const page = await Deno.readTextFile(new URL("../../../docs/metrics.md", import.meta.url));
  const words = (text: string) => text.replace(/[\s|-]+/g, " ");
  assert(words(page).includes(words(describeMetrics())), "describeMetrics() says otherwise");
});

/** What an OTLP collector was sent, as text. */
async function collect(env: Record<string, string>): Promise<string> {
  const bodies: string[] = [];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      bodies.push(await request.text());
      return Response.json({});
    },
  );
  const source = `
    import { openTelemetry } from "${new URL("../../../stages/report/mod.ts", import.meta.url)}";
    const record = ${JSON.stringify(record(7))};
    await (await openTelemetry()).step(record);
  `;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", source],
    cwd: new URL("../../..", import.meta.url).pathname,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      ...env,
    },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return bodies.join("\n");
}

Deno.test("OpenTelemetry: figures and a span reach a collector when switched on, else nothing", async () => {
  const sent = await collect({ OTEL_DENO: "true" });
  for (const name of ["cllm.loss", "cllm.learningRate", "cllm.sphere.waitMs", "cllm.step"]) {
    assert(sent.includes(name), `${name} in ${sent.slice(0, 2000)}`);
  }
  assertEquals(await collect({}), "");
});
