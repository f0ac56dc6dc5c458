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
 * Runs `bench tune --init RUN --output DIR --rank R --rank R2`: tunes a run of the sample corpus on
 * questions of who spoke when and who followed whom, adapters and then all weights, and examines them on
 * the same facts asked in another way. Passes, batch and rate are those that `tune` chooses.
 */
export async function run(args: string[]): Promise<void> {
  const rank = { type: "string", multiple: true } as const;
  const options = { init: TEXT, output: TEXT, rank };
  const { init = "runs/default", output = "runs/bench-tune", rank: ranks = ["8", "32"] } =
    parseArgs({ args, options }).values;
  const { learned, examined } = questionsOf((await openCatalog()).addresses);
  await Deno.mkdir(output, { recursive: true });
  const file = await writeLines(join(output, "learned.jsonl"), learned);
  const exam = await writeLines(join(output, "examined.jsonl"), examined);
  const adapters = ranks.map((rank) => [`lora-${rank}`, ["--lora", rank]] as const);
  const runs = [...adapters, ["full", []] as const];
  const tuned = runs.map(([name]) => join(output, name));
  for (const [at, [, more]] of runs.entries()) {
    const code = await tuneCommand.run(["--init", init, "--run", `${tuned[at]}`, ...more, file]);
    if (code !== 0) throw new Error(`Cannot go on: tune ${more.join(" ")} ended with ${code}`);
  }
  await evaluate.run([init, ...tuned, "--task", `exact=${exam}`]);
}
