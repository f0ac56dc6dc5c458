import { assertEquals } from "@std/assert";
import { openSampleWriter } from "../../pipeline/samples.ts";

Deno.test("a broken line of samples.jsonl is named, and training goes on without a sample", async () => {
  const runDir = await Deno.makeTempDir();
  await Deno.writeTextFile(`${runDir}/samples.jsonl`, '{"step":1}\n{"step"\n');
  const notes: string[] = [];
  const writer = openSampleWriter({
    runDir,
    seed: 1,
    prompts: [],
    note: (line) => notes.push(line),
  });
  writer.take({ step: 2, path: `${runDir}/step-000002` });
  await writer.idle();
  assertEquals(notes, [
    `no sample of step-000002: SyntaxError: Cannot read ${runDir}/samples.jsonl, line 2: it is not ` +
    "JSON; move the file away",
  ]);
  await Deno.remove(runDir, { recursive: true });
});
