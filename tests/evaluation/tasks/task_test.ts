import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openWasmEngine } from "../../../engine/mod.ts";
import { TASK_FORMS } from "../../../evaluation/tasks/forms.ts";
import { likelihoods } from "../../../evaluation/tasks/likelihood.ts";
import { encodePair, readTask, scoreTask } from "../../../evaluation/tasks/task.ts";
import { characterCodec, readGolden } from "../../engine/golden.ts";
import { openApp, post } from "../../serve/golden_app.ts";

const golden = await readGolden("gqa_untied");

/** By PyTorch's logits. */
function wanted(row: number, from: number, to: number) {
  let [logprob, isGreedy] = [0, true];
  for (let at = from; at < to; at++) {
    const logits = Array.from(golden.logits(row, at - 1));
    const most = Math.max(...logits);
    const id = golden.inputIds[row]?.[at] ?? -1;
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
    logprob += (logits[id] ?? NaN) - most - Math.log(total);
    isGreedy &&= logits.indexOf(most) === id;
  }
  return { logprob, isGreedy };
}

/** Rows of the golden batch cut in two, at places of their own. */
const CUTS = golden.inputIds.flatMap((ids, row) =>
  [1, 5, 11].map((from) => ({ row, from, to: Math.min(ids.length, from + 6) }))
);

Deno.test("the likelihood of a continuation is PyTorch's, among others as alone", async () => {
  await using engine = await openWasmEngine({ ...golden, cacheBytes: 1 << 20 });
  const all = CUTS.map(({ row, from, to }) => {
    const ids = golden.inputIds[row] ?? [];
    return { context: ids.slice(0, from), ids: ids.slice(from, to) };
  });
  const found = await likelihoods(engine, all);
  for (const [at, { row, from, to }] of CUTS.entries()) {
    const expected = wanted(row, from, to);
    assertAlmostEquals(found[at]?.logprob ?? NaN, expected.logprob, 1e-4);
    assertEquals(found[at]?.isGreedy, expected.isGreedy);
    assertEquals((await likelihoods(engine, all.slice(at, at + 1)))[0], found[at]);
  }
});

Deno.test("completions with echo and logprobs give a client of the harness the same number", async () => {
  await using app = await openApp();
  for (const { row, from, to } of CUTS.slice(0, 4)) {
    const prompt = golden.inputIds[row]?.slice(0, to) ?? [];
    // As lm-evaluation-harness's `local-completions` asks, and reads the answer.
    const asked = { model: "golden", prompt: [prompt], temperature: 0, max_tokens: 1 };
    const response = await post(
      app,
      JSON.stringify({ ...asked, logprobs: 1, echo: true, seed: 1234 }),
    );
    const { choices: [{ logprobs }] } = await response.json();
    const own: number[] = logprobs.token_logprobs.slice(from, -1);
    const expected = wanted(row, from, to);
    assertAlmostEquals(own.reduce((sum, value) => sum + value, 0), expected.logprob, 1e-4);
    const isGreedy = logprobs.top_logprobs.slice(from, -1)
      .every((top: Record<string, number>, at: number) =>
        Math.max(...Object.values(top)) === own[at]
      );
    assertEquals(isGreedy, expected.isGreedy);
  }
});

Deno.test("each form becomes the text that lm-evaluation-harness makes of it", () => {
  const { choice, cloze, exact, hellaswag, arc, mmlu, lambada } = TASK_FORMS;
  assertEquals(choice({ question: "Q:", choices: ["a", "bc"], answer: "B" }), {
    kind: "choice",
    context: "Q:",
    continuations: [" a", " bc"],
    lengths: [1, 2],
    gold: 1,
  });
  assertEquals(cloze({ context: "a", continuation: " b" }), {
    kind: "cloze",
    context: "a",
    continuation: " b",
  });
  const user = { role: "user", content: "q" };
  assertEquals(exact({ question: "q", answer: "a" }), {
    kind: "exact",
    messages: [user],
    answer: "a",
  });
  assertEquals(
    exact({ messages: [user, { role: "assistant", content: "a" }] }),
    exact({ question: "q", answer: "a" }),
  );
  assertEquals(
    hellaswag({
      activity_label: "Removing ice",
      ctx_a: "[header] How to [title] Scrape.",
      ctx_b: "then THE man",
      endings: [" writes [substeps]  it.", "b"],
      label: "0",
    }),
    {
      kind: "choice",
      context: "Removing ice: How to. Scrape. Then the man",
      continuations: [" writes  it.", " b"],
      lengths: [11, 1],
      gold: 0,
    },
  );
  assertEquals(
    arc({ question: "Why?", choices: { text: ["x", "y"], label: ["1", "2"] }, answerKey: "2" }),
    {
      kind: "choice",
      context: "Question: Why?\nAnswer:",
      continuations: [" x", " y"],
      lengths: [1, 1],
      gold: 1,
    },
  );
  assertEquals(mmlu({ question: " Q? ", choices: ["p", "q"], answer: 1, subject: "high_school" }), {
    kind: "choice",
    description:
      "The following are multiple choice questions (with answers) about high school.\n\n",
    context: "Q?\nA. p\nB. q\nAnswer:",
    continuations: [" A", " B"],
    lengths: [1, 1],
    gold: 1,
  });
  assertEquals(lambada({ text: "he went to the door" }), {
    kind: "cloze",
    context: "he went to the",
    continuation: " door",
  });
  for (const answer of [2, "C", "z"]) {
    assertThrows(() => choice({ question: "q", choices: ["a", "b"], answer }), RangeError);
  }
});

Deno.test("acc goes by the likelihood, acc_norm by the character, and each item counts once", async () => {
  await using engine = await openWasmEngine({ ...golden, cacheBytes: 1 << 20 });
  const codec = characterCodec();
  const model = { engine, codec, chatTemplate: undefined, stopIds: new Set<number>() };
  const question = { question: "Hello", choices: ["a", "bcd", "e!"] };
  const pairs = question.choices.map((text) => encodePair(codec, "Hello", ` ${text}`));
  const found = (await likelihoods(engine, pairs)).map(({ logprob }) => logprob);
  const best = found.indexOf(Math.max(...found));
  const byLength = found.map((logprob, at) => logprob / (question.choices[at]?.length ?? 0));
  const bestNorm = byLength.indexOf(Math.max(...byLength));
  const items = [0, 1, 2, best].map((answer) => TASK_FORMS.choice({ ...question, answer }));
  const score = await scoreTask(model, items);
  assertEquals([score.items, score.acc], [4, 0.5]);
  assertEquals(score.accNorm, bestNorm === best ? 0.5 : 0.25);
  assertAlmostEquals(score.standardError, Math.sqrt(0.25 / 3), 1e-12);
  const cloze = await scoreTask(model, [
    TASK_FORMS.cloze({ context: "Hello", continuation: " a" }),
  ]);
  assertAlmostEquals(Math.log(cloze.perplexity ?? NaN), -(found[0] ?? NaN), 1e-6);
});

Deno.test("a line that is not in its form is named", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, '{"context":"a","continuation":"b"}\n{"context":"a"}\n');
    await assertRejects(() => readTask({ form: "cloze", file }), Error, `${file}:2 as cloze`);
    assert((await readTask({ form: "cloze", file }).catch(() => [])).length === 0);
  } finally {
    await Deno.remove(file);
  }
});
