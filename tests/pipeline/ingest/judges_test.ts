import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../cli/flags.ts";
import { openJudges } from "../../../pipeline/ingest/judges.ts";
import { readFileSetting } from "../../../run/file_setting.ts";
import { scratchDir } from "../../stages/scratch.ts";

Deno.test("judges are made of the files that the run began with, or not at all", async () => {
  const folder = await scratchDir();
  const write = async (name: string, text: string) => {
    const path = join(folder, name);
    await Deno.writeTextFile(path, text);
    return readFileSetting(path, name);
  };
  const good = await write("good.jsonl", `{"text":"a calm sea"}\n\n{"text":"a calm day"}\n`);
  const bad = await write("bad.jsonl", `{"text":"buy it now"}\n`);
  const words = "one two three four five six seven eight nine ten eleven twelve thirteen";
  const questions = await write("questions.txt", `What?\n\n${words}?\n`);
  const notes: string[] = [];
  const open = () =>
    openJudges({ quality: [good, bad], decontaminate: [questions] }, {
      note: (line) => notes.push(line),
    });
  const { quality, evaluations } = await open();
  assert(quality !== undefined && quality.score("calm") > 0.5 && quality.score("buy") < 0.5);
  assertEquals(evaluations?.find(words)?.item, `${questions.path}, line 3`);
  assertEquals(notes, [
    `--decontaminate ${questions.path}: 1 of 2 items are shorter than 13 words and not found`,
  ]);
  assertEquals(await openJudges({}, { note: () => {} }), {});

  for (const [name, file] of [["--quality", bad], ["--decontaminate", questions]] as const) {
    const before = await Deno.readTextFile(file.path);
    await Deno.writeTextFile(file.path, `${before}\n`);
    const message = `Cannot use ${name} ${file.path}: its text is not what the run began with`;
    await assertRejects(open, UsageError, message);
    await Deno.writeTextFile(file.path, before);
  }
  await open();
});
