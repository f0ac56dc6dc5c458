import { assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../../cli/flags.ts";
import type { TaskFormName } from "../../../evaluation/tasks/forms.ts";
import { readTask } from "../../../evaluation/tasks/task.ts";
import { openFolder } from "../../commands/program.ts";

const question = "Who?";

Deno.test("a line in another form is named with its field and what that must be", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "questions.jsonl");
  const refusals: [TaskFormName, unknown, string][] = [
    ["exact", { question }, "its answer must be a string"],
    ["exact", { messages: [{ role: "user" }] }, "its messages.0.content must be a string"],
    ["exact", null, "it must be an object"],
    [
      "choice",
      { question, choices: ["Ann"], answer: 0 },
      "its choices must have at least 2 entries",
    ],
    ["choice", { question: 1, choices: ["a", "b"], answer: 0 }, "its question must be a string"],
    ["choice", { question, choices: ["a", "b"] }, "its answer must be a string or a number"],
    ["choice", { question, choices: ["a", "b"], answer: "c" }, "its answer is c, which is none of"],
    ["cloze", [1], "it must be an object"],
    ["cloze", { context: "a", continuation: "" }, "its continuation must not be empty"],
    ["lambada", { text: "one" }, "its text must end with a word after a space"],
  ];
  for (const [form, value, reason] of refusals) {
    await Deno.writeTextFile(file, `\n${JSON.stringify(value)}\n`);
    await assertRejects(
      () => readTask({ form, file }),
      UsageError,
      `Cannot read ${file}:2 as ${form}: ${reason}`,
    );
  }
});
