import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { centered, meanCentered } from "../../../evaluation/tasks/centered.ts";
import { readCore } from "../../../evaluation/tasks/core.ts";
import { scoreTask } from "../../../evaluation/tasks/task.ts";
import { openFolder } from "../../commands/program.ts";
import { bigramModel } from "./bigram_model.ts";

/** Texts of a folder of CORE's, by path; `undefined` takes a file away. */
async function withCore(
  changes: Record<string, string>,
  use: (dir: string) => Promise<void>,
): Promise<void> {
  await using folder = await openFolder();
  const lines = (values: unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");
  const files = {
    "core.yaml": `icl_tasks:
- label: which
  dataset_uri: which.jsonl
  num_fewshot: [2]
  icl_task_type: multiple_choice
  continuation_delimiter: ': '
- label: winograd
  dataset_uri: deep/winograd.jsonl
  num_fewshot: [0]
  icl_task_type: schema
- label: squad
  dataset_uri: squad.jsonl
  num_fewshot:
  - 1
  icl_task_type: language_modeling
`,
    "eval_meta_data.csv": `Eval Task,Task Category,Random baseline,"Notes, if any"
which,commonsense,50.0,
winograd,language,50,"a, b"
squad,reading,0.0,
`,
    "eval_data/which.jsonl": lines(
      [0, 1, 2, 3, 4].map((at) => ({ query: `q${at}`, choices: ["a", "bc"], gold: at % 2 })),
    ),
    "eval_data/deep/winograd.jsonl": lines([
      { context_options: ["x", "y"], continuation: "a", gold: 0 },
      { context_options: ["x", "y"], continuation: "b", gold: 1 },
    ]),
    "eval_data/squad.jsonl": lines([
      { context: " a ", continuation: "a" },
      { context: "c", continuation: "c" },
    ]),
    ...changes,
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(folder.path, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder.path, path), text);
  }
  await use(folder.path);
}

Deno.test("CORE's questions come in nanochat's order, after the examples that it draws", async () => {
  await withCore({}, async (dir) => {
    const [which, winograd, squad] = await readCore(dir);
    // By CPython: random.Random(1337).shuffle, then Random(1234 + place).sample of the others' places.
    const examples = [[1, 4, 0], [0, 4, 2], [3, 4, 2], [2, 0, 4], [4, 1, 0]];
    assertEquals(
      which?.items.map(({ texts }) => texts[1]),
      examples.map(([own, first, second]) =>
        [first, second].map((at) => `q${at}: ${(at ?? 0) % 2 === 0 ? "a" : "bc"}\n\n`).join("") +
        `q${own}: bc`
      ),
    );
    assertEquals(which?.items.map(({ gold }) => gold), [1, 0, 1, 0, 0]);
    assertEquals(winograd?.items[1]?.texts.map((text) => text.length), [3, 3]);
    assertEquals(squad?.items[0]?.texts, ["c c\n\na", "c c\n\na a"]);
    assertEquals([which?.baseline, winograd?.baseline, squad?.baseline], [0.5, 0.5, 0]);
    assertEquals((await readCore(dir, { limit: 3 })).map(({ items }) => items.length), [3, 2, 2]);
  });
});

Deno.test("CORE is scored by the mean over the tokens that differ, the shared end, or the likeliest", async () => {
  // Log-probabilities by the token: a -0.92; bc (-1.20 - 0.11) / 2 = -0.65.
  const model = bigramModel("abcqxy01234: \n", {
    " ": { a: 0.4, b: 0.3 },
    a: { " ": 0.9 },
    b: { c: 0.9 },
    x: { " ": 0.9 },
    y: { " ": 0.5 },
  });
  await withCore({}, async (dir) => {
    const [which, winograd, squad] = await readCore(dir);
    // Of five questions two have the second choice.
    assertEquals((await scoreTask(model, which?.items ?? [])).acc, 0.4);
    // x comes before " a" and " b" more likely than y.
    assertEquals((await scoreTask(model, winograd?.items ?? [])).acc, 0.5);
    // A space is the likeliest after a alone, and a after a space.
    const score = await scoreTask(model, squad?.items ?? []);
    assertEquals([score.items, score.acc], [2, 0.5]);
  });
});

Deno.test("an accuracy is centered between guessing and being right, and CORE is the mean", () => {
  const score = (acc: number) => ({ items: 10, acc, standardError: 0.1 });
  const scores = [centered(score(0.4), 0.5), centered(score(0.5), 0.25), centered(score(0.3), 0)];
  const own = scores.map(({ centered }) => centered ?? NaN);
  for (const [at, wanted] of [-0.2, 1 / 3, 0.3].entries()) {
    assertAlmostEquals(own[at] ?? NaN, wanted, 1e-12);
  }
  assertAlmostEquals(scores[1]?.centeredError ?? NaN, 0.1 / 0.75, 1e-12);
  const core = meanCentered(scores);
  assertEquals(core.items, 30);
  assertAlmostEquals(core.centered ?? NaN, (-0.2 + 1 / 3 + 0.3) / 3, 1e-12);
  const errors = [0.2, 0.1 / 0.75, 0.1];
  const wanted = Math.hypot(...errors) / 3;
  assertAlmostEquals(core.standardError, wanted, 1e-12);
  assertEquals(centered(score(0.4), undefined), score(0.4));
});

Deno.test("what is no folder of CORE is refused with the file and the field", async () => {
  const task = (fields: string) => ({
    "core.yaml": `icl_tasks: [{label: which, num_fewshot: [0], ${fields}}]`,
  });
  const cases: [Record<string, string>, string][] = [
    [{ "core.yaml": "icl_tasks: [" }, "core.yaml: "],
    [{ "core.yaml": "tasks: 1" }, "core.yaml: its icl_tasks must be an array"],
    [
      task("dataset_uri: ../../etc/passwd, icl_task_type: schema"),
      "its icl_tasks.0.dataset_uri must be a path within eval_data",
    ],
    [task("dataset_uri: /etc/passwd, icl_task_type: schema"), "within eval_data"],
    [task("dataset_uri: a, icl_task_type: generation"), "icl_tasks.0.icl_task_type"],
    [task("dataset_uri: none.jsonl, icl_task_type: schema"), "no such file"],
    [{ "eval_meta_data.csv": "Eval Task,Random baseline\nwhich,50\n" }, "no line of winograd"],
    [{ "eval_meta_data.csv": "a,b\nwhich,50\n" }, "eval_meta_data.csv: its 0.Eval Task must be"],
    [
      { "eval_data/which.jsonl": '{"query":"q","choices":["a","b"],"gold":2}\n' },
      "which.jsonl:1 as multiple_choice: it has a gold that is none of its choices",
    ],
    [
      { "eval_data/which.jsonl": '{"query":"q","choices":["a","b"],"gold":1}\n' },
      "1 questions are too few for 2 examples",
    ],
  ];
  for (const [changes, said] of cases) {
    await withCore(changes, async (dir) => {
      await assertRejects(() => readCore(dir), Error, said);
    });
  }
});
