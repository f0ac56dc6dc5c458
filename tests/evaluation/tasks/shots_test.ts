import { assertEquals, assertThrows } from "@std/assert";
import { TASK_FORMS } from "../../../evaluation/tasks/forms.ts";
import type { TaskItem } from "../../../evaluation/tasks/item.ts";
import { withShots } from "../../../evaluation/tasks/shots.ts";
import { scoreTask } from "../../../evaluation/tasks/task.ts";
import { bigramModel } from "./bigram_model.ts";

const contexts = (items: readonly TaskItem[]) =>
  items.map((item) => "context" in item ? item.context : "");
const question = (at: number) =>
  TASK_FORMS.choice({ question: `Q${at}`, choices: ["a", "b"], answer: at % 2 });
const asked = (at: number) => `Q${at} ${at % 2 === 0 ? "a" : "b"}\n\n`;

Deno.test("examples are those that lm-evaluation-harness draws, in its order and form", () => {
  const items = [0, 1, 2, 3].map(question);
  // By CPython: r = random.Random(1234); [r.sample(range(4), 2) for _ in range(3)]
  const others = [10, 11, 12, 13].map(question);
  const drawn = withShots(items.slice(0, 3), { form: "choice", shots: 2, examples: others });
  assertEquals(contexts(drawn), [
    asked(13) + asked(10) + "Q0",
    asked(10) + asked(13) + "Q1",
    asked(10) + asked(12) + "Q2",
  ]);
  // Of the questions themselves one more is drawn, and the question itself passed over.
  assertEquals(contexts(withShots(items, { form: "choice", shots: 2, examples: items })), [
    asked(3) + asked(2) + "Q0",
    asked(0) + asked(2) + "Q1",
    asked(0) + asked(3) + "Q2",
    asked(1) + asked(0) + "Q3",
  ]);
  assertThrows(
    () => withShots(items, { form: "choice", shots: 4, examples: items }),
    Error,
    "there are 4 questions to take examples from, and 5 are needed",
  );
});

Deno.test("MMLU's examples are the first of the file, after one description", () => {
  const one = (at: number) =>
    TASK_FORMS.mmlu({ question: `Q${at}`, choices: ["p", "q"], answer: at, subject: "moral_law" });
  const [item] = withShots([one(0)], { form: "mmlu", shots: 1, examples: [one(1), one(0)] });
  assertEquals(
    contexts(item ? [item] : []),
    [
      "The following are multiple choice questions (with answers) about moral law.\n\n" +
      "Q1\nA. p\nB. q\nAnswer: B\n\nQ0\nA. p\nB. q\nAnswer:",
    ],
  );
  const [bare] = withShots([one(0)], { form: "mmlu", shots: 0, examples: [] });
  assertEquals(contexts(bare ? [bare] : [])[0]?.startsWith("The following are"), true);
});

Deno.test("an example of a conversation is a turn before the question", () => {
  const item = (q: string) => TASK_FORMS.exact({ question: q, answer: `${q}!` });
  const [asked] = withShots([item("b")], { form: "exact", shots: 1, examples: [item("a")] });
  assertEquals(asked, {
    kind: "exact",
    messages: [
      { role: "user", content: "a" },
      { role: "assistant", content: "a!" },
      { role: "user", content: "b" },
    ],
    answer: "b!",
  });
});

Deno.test("acc and acc_norm are as by hand, a choice's length in characters as Python counts", async () => {
  const model = bigramModel("Qabc😀 \n", { " ": { a: 0.4, b: 0.3, "😀": 0.2 }, b: { c: 0.9 } });
  const score = async (choices: string[], answer: number) => {
    const { acc, accNorm } = await scoreTask(model, [
      TASK_FORMS.choice({ question: "Q", choices, answer }),
    ]);
    return [acc, accNorm];
  };
  // log 0.4 = -0.92 against log 0.27 = -1.31; by the character -0.92 against -0.65.
  assertEquals(await score(["a", "bc"], 0), [1, 0]);
  assertEquals(await score(["a", "bc"], 1), [0, 1]);
  // One character, -1.61; halved by its two UTF-16 units it would win.
  assertEquals(await score(["a", "😀"], 0), [1, 1]);
});

Deno.test("questions beyond the model's context are counted", async () => {
  const model = bigramModel("Qab \n", {}, { context: 8 });
  const items = [TASK_FORMS.cloze({ context: "Qa", continuation: " b" })];
  assertEquals((await scoreTask(model, items)).cut, undefined);
  const long = [...items, TASK_FORMS.cloze({ context: "Q".repeat(9), continuation: " b" })];
  assertEquals((await scoreTask(model, long)).cut, 1);
});
