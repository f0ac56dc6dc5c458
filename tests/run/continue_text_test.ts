import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { openSampleWriter } from "../../pipeline/samples.ts";
import { readTokenizer } from "../../tokenizer/mod.ts";
import { writeCorpus } from "../commands/corpus.ts";
import { openFolder, run } from "../commands/program.ts";

/** Reads, changes and writes a JSON file. */
async function change(path: string, by: (json: Record<string, unknown>) => void): Promise<void> {
  const json = JSON.parse(await Deno.readTextFile(path));
  by(json);
  await Deno.writeTextFile(path, JSON.stringify(json));
}

Deno.test("all that continues texts begins and ends them as the model's folder says", async () => {
  await using folder = await openFolder();
  const corpus = join(folder.path, "corpus");
  await writeCorpus(corpus, { count: 24 });
  const runDir = join(folder.path, "run");
  const flags = ["--vocab", "300", "--steps", "2", "--json"];
  const trained = await run(["pipeline", "--run", runDir, ...flags, corpus]);
  assertEquals([trained.code, trained.err], [0, ""]);
  const model = join(folder.path, "model");
  await Deno.mkdir(model);
  for (const name of ["config.json", "tokenizer.json", "model.safetensors"]) {
    await Deno.copyFile(join(runDir, "checkpoints", "step-000002", name), join(model, name));
  }
  const say = async () => {
    const { code, out, err } = await run(
      ["generate", "--model", model, "--prompt", "the people", "--temperature", "0"],
    );
    assertEquals([code, err], [0, ""]);
    return out;
  };
  assert((await say()).length > "the people\n".length + 5);

  // Whatever token comes first is an end.
  const { tokenizer } = await readTokenizer(join(model, "tokenizer.json"));
  const ends = Array.from({ length: tokenizer.vocabSize }, (_, id) => id);
  const generation = join(model, "generation_config.json");
  await Deno.writeTextFile(generation, JSON.stringify({ eos_token_id: ends }));
  assertEquals(await say(), "the people\n");
  const writer = openSampleWriter({
    runDir: folder.path,
    seed: 1,
    prompts: ["the people"],
    note: (line) => {
      throw new Error(line);
    },
  });
  writer.take({ step: 1, path: model });
  await writer.idle();
  const [line = ""] = (await Deno.readTextFile(join(folder.path, "samples.jsonl"))).split("\n");
  assertEquals(JSON.parse(line).samples, [{ prompt: "the people", continuation: "" }]);
  const { prompts } = JSON.parse(await Deno.readTextFile(join(runDir, "prompts.json")));
  assert(prompts.length > 0);
  const evaluated = await run(["eval", "--run", runDir, "--json", model]);
  assertEquals([evaluated.code, evaluated.err], [0, ""]);
  assertEquals(
    JSON.parse(evaluated.out).samples,
    prompts.map((prompt: string) => ({ prompt, continuation: "" })),
  );

  // A run of this model has the same ends, and documents that begin as the tokenizer says.
  const [special] = tokenizer.parts.specials;
  assert(special);
  const { id, content } = special;
  await change(join(model, "tokenizer.json"), (json) => {
    json.post_processor = {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: content, type_id: 0 } }, {
        Sequence: { id: "A", type_id: 0 },
      }],
      special_tokens: { [content]: { id: content, ids: [id], tokens: [content] } },
    };
  });
  const second = join(folder.path, "second");
  const again = await run(
    ["pipeline", "--run", second, "--init", model, "--steps", "1", "--json", corpus],
  );
  assertEquals(again.code, 0, again.err);
  const { summary } = JSON.parse(again.out.trimEnd().split("\n").at(-1) ?? "");
  assertEquals(summary.continuation, "");
  const shown = await run([
    "tokens",
    "show",
    second,
    "--mode",
    "pad",
    "--rows",
    "2",
    "--cols",
    "2000",
  ]);
  const rows = shown.out.split("\n").filter((row) => row.startsWith("row "));
  assertEquals(rows.length, 2);
  // deno-lint-ignore no-control-regex
  const text = (row: string) => row.replace(/\x1b\[[^m]*m/g, "").replace(/^row \d+: /, "");
  for (const row of rows) assert(text(row).startsWith(content), row);
  const verified = await run(["verify", second]);
  assertEquals([verified.code, verified.err], [0, ""], verified.out);
});
