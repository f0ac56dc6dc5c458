import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { openEventFile, report, startStatus } from "../../../stages/report/mod.ts";
import type { StepReport } from "../../../stages/types.ts";
import { isWithoutSmallDisk, openSmallDisk } from "../../small_disk.ts";
import { stepReport } from "./step_report.ts";

const ignore = await isWithoutSmallDisk();

async function openFull() {
  const disk = await openSmallDisk(1024);
  if (!disk) throw new Error("a disk could be mounted before");
  await disk.leave(16_384);
  return disk;
}

function* steps(count: number): Generator<StepReport> {
  for (let step = 1; step <= count; step++) yield stepReport(step);
}

Deno.test({
  name: "metrics.jsonl on a full disk ends the stream, and all its lines are whole",
  ignore,
  async fn() {
    await using disk = await openFull();
    const stream = ReadableStream.from(steps(2000));
    const sink = report({ runDir: disk.path });
    const { message } = await assertRejects(() => stream.pipeTo(sink), Error);
    assertStringIncludes(message, `${join(disk.path, "metrics.jsonl")}: No space left on device`);
    const lines = (await Deno.readTextFile(join(disk.path, "metrics.jsonl"))).split("\n");
    assertEquals(lines.pop(), "");
    for (const [i, line] of lines.entries()) assertEquals(JSON.parse(line).step, i + 1);
  },
});

Deno.test({
  name: "TensorBoard's file on a full disk ends the stream",
  ignore,
  async fn() {
    await using disk = await openFull();
    const runDir = await Deno.makeTempDir();
    const file = await openEventFile(join(disk.path, "events"));
    const stream = ReadableStream.from(steps(2000));
    const sink = report({ runDir, sinks: [file] });
    const { message } = await assertRejects(() => stream.pipeTo(sink), Error);
    assertStringIncludes(message, `Cannot write ${file.path}: No space left on device`);
    await Deno.remove(runDir, { recursive: true });
  },
});

Deno.test({
  name: "status.json on a full disk ends the run with its next step, not with a crash",
  ignore,
  async fn() {
    await using disk = await openFull();
    const ticks: (() => void)[] = [];
    const terminal = { isTerminal: false, size: () => ({ columns: 80, rows: 24 }), write() {} };
    const status = startStatus({
      runDir: disk.path,
      terminal,
      every: (_ms, tick) => {
        ticks.push(tick);
        return () => {};
      },
    });
    await disk.leave(0);
    for (const tick of ticks) tick();
    const path = join(disk.path, "status.json");
    let message = "";
    try {
      status.step(stepReport(1));
    } catch (error) {
      message = String(error);
    }
    assertStringIncludes(message, `Cannot write ${path}: No space left on device`);
    await Deno.remove(join(disk.path, "filler"));
    status.close();
    JSON.parse(await Deno.readTextFile(path));
  },
});
