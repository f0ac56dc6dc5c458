/**
 * How many questions about its corpus does a model answer before tuning, after it, and with an adapter?
 *
 * @module
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { evaluate } from "../commands/eval.ts";
import { tuneCommand } from "../commands/tune.ts";
import { openCatalog } from "../sample_site/catalog.ts";
import { type Question, questionsOf } from "../sample_site/conversations.ts";
import { TEXT } from "./flags.ts";

const conversation = ({ question, answer }: Question) => ({
  messages: [{ role: "user", content: question }, { role: "assistant", content: answer }],
});

async function writeLines(path: string, questions: readonly Question[]): Promise<string> {
  const lines = questions.map((question) => JSON.stringify(conversation(question)) + "\n");
  await Deno.writeTextFile(path, lines.join(""));
  return path;
}

/**
 * Runs `bench tune --init RUN --output DIR --epochs N --rank R`: tunes a run of the sample corpus on
 * questions of who spoke when and who followed whom, all weights and then an adapter, and examines all
 * three on the same facts asked in another way.
 */
export async function run(args: string[]): Promise<void> {
  const options = { init: TEXT, output: TEXT, epochs: TEXT, rank: TEXT };
  const { init = "runs/default", output = "runs/bench-tune", epochs = "12", rank = "8" } =
    parseArgs({ args, options }).values;
  const { learned, examined } = questionsOf((await openCatalog()).addresses);
  await Deno.mkdir(output, { recursive: true });
  const file = await writeLines(join(output, "learned.jsonl"), learned);
  const exam = await writeLines(join(output, "examined.jsonl"), examined);
  const runs = { full: [], adapter: ["--lora", rank] };
  for (const [name, more] of Object.entries(runs)) {
    const flags = ["--init", init, "--run", join(output, name), "--epochs", epochs];
    await tuneCommand.run([
      ...flags,
      "--context",
      "128",
      "--checkpoint-every",
      "20",
      ...more,
      file,
    ]);
  }
  const tuned = Object.keys(runs).map((name) => join(output, name));
  await evaluate.run([init, ...tuned, "--task", `exact=${exam}`]);
}
