import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { readTokenizer } from "../../tokenizer/mod.ts";
import { prose } from "./corpus.ts";
import { runHere } from "./in_process.ts";
import { run, start } from "./program.ts";
import { conversation, writeLines, writeSmallModel } from "./small_model.ts";

const folder = await Deno.makeTempDir({ prefix: "cllm-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);
await writeSmallModel(at("base"));
await writeLines(
  at("chats.jsonl"),
  Array.from({ length: 30 }, (_, i) => conversation(`How many? ${i}`, `There are ${i % 3}.`)),
);

const args = (run: string, ...more: string[]) => [
  ...["tune", "--init", at("base"), "--run", at(run), "--rows", "4", "--json", ...more],
  ...(more.includes("--context") ? [] : ["--context", "64"]),
];

const weights = async (run: string, step: number, file = "model.safetensors") =>
  await Deno.readFile(at(run, "checkpoints", `step-${String(step).padStart(6, "0")}`, file));

Deno.test("tuning learns answers, with plain text beside them, and a killed one ends with the same weights", async () => {
  const ids = (await readTokenizer(at("base", "tokenizer.json"))).tokenizer.encode(prose(2));
  await Deno.writeFile(at("text.bin"), new Uint8Array(Uint16Array.from([...ids, 0]).buffer));
  const flags = ["--tokenizer", at("base", "tokenizer.json"), "--output", at("text")];
  assertEquals((await runHere(["tokens", "import", ...flags, at("text.bin")])).code, 0);
  const more = ["--steps", "9", "--checkpoint-every", "2", "--text", at("text")];
  const calm = await runHere([...args("calm", ...more), at("chats.jsonl")]);
  assertEquals(calm.code, 0, calm.err);
  const steps = (await Deno.readTextFile(at("calm", "metrics.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assertLess(steps.at(-1).validationLoss, steps[1].validationLoss);
  {
    await using program = start([...args("killed", ...more), "--workers", "1", at("chats.jsonl")]);
    await program.line(/"step":5/);
    program.kill("SIGKILL");
    await program.ended;
  }
  const again = await runHere([
    ...args("killed", ...more),
    "--workers",
    "2",
    at("chats.jsonl"),
  ]);
  assertEquals(again.code, 0, again.err);
  assertEquals(await weights("killed", 9), await weights("calm", 9));

  await writeLines(at("others.jsonl"), [conversation("a", "b")]);
  const other = await runHere([...args("calm", ...more), at("others.jsonl")]);
  assertEquals(other.code, 2);
  assertStringIncludes(other.err, "conversations");
});

Deno.test("a template's special tokens are added, and it is saved with the model", async () => {
  const made = await runHere([
    ...args("chatml", "--steps", "1", "--chat-template", "chatml"),
    at("chats.jsonl"),
  ]);
  assertEquals(made.code, 0, made.err);
  const { tokenizer } = await readTokenizer(at("chatml/checkpoints/step-000001/tokenizer.json"));
  const end = tokenizer.tokenToId("<|im_end|>");
  assertEquals([tokenizer.vocabSize, end], [302, 301]);
  const read = async (name: string) =>
    await Deno.readTextFile(at("chatml/checkpoints/step-000001", name));
  assertStringIncludes(await read("chat_template.jinja"), "<|im_start|>");
  assertEquals(JSON.parse(await read("generation_config.json")).eos_token_id, [0, 301]);
  const later = await runHere([...args("chatml", "--steps", "2"), at("chats.jsonl")]);
  assertEquals(later.code, 2);
  assertStringIncludes(later.err, "--chat-template");
});

Deno.test("an adapter learns beside the model, resumes exactly, and is merged where it is used", async () => {
  const more = ["--lora", "2", "--steps", "9", "--checkpoint-every", "2"];
  const calm = await runHere([...args("lora", ...more), at("chats.jsonl")]);
  assertEquals(calm.code, 0, calm.err);
  {
    await using program = start([...args("lora-killed", ...more), at("chats.jsonl")]);
    await program.line(/"step":5/);
    program.kill("SIGKILL");
    await program.ended;
  }
  const again = await runHere([
    ...args("lora-killed", ...more),
    "--workers",
    "1",
    at("chats.jsonl"),
  ]);
  assertEquals(again.code, 0, again.err);
  const file = "adapter_model.safetensors";
  assertEquals(await weights("lora-killed", 9, file), await weights("lora", 9, file));
  const steps = (await Deno.readTextFile(at("lora", "metrics.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assertLess(steps.at(-1).validationLoss, steps[1].validationLoss);

  const inspected = await runHere(["inspect", at("lora")]);
  assertEquals(inspected.code, 0, inspected.err);
  assertStringIncludes(inspected.out, `from ${at("base")}, an adapter of rank 2, 9 steps`);
  assertStringIncludes(inspected.out, "  step-000009");
  const small = await runHere([...args("lora", ...more, "--frozen", "int8"), at("chats.jsonl")]);
  assertEquals(small.code, 2);
  assertStringIncludes(small.err, `frozen "int8" (began with "f32")`);

  const exported = await runHere([
    ...["export", "--run", at("lora"), "--checkpoint", "9", "--format", "safetensors"],
    ...["--output", at("merged")],
  ]);
  assertEquals(exported.code, 0, exported.err);
  const say = (...model: string[]) =>
    run(["generate", ...model, "--temperature", "0", "--max-tokens", "9", "--prompt", "User:"]);
  const adapted = await say("--run", at("lora"), "--checkpoint", "9");
  assertEquals(adapted.code, 0, adapted.err);
  assertEquals((await say("--model", at("merged"))).out, adapted.out);
  const refused = await runHere([
    ...args("refused", "--lora", "2", "--steps", "1", "--chat-template", "chatml"),
    at("chats.jsonl"),
  ]);
  assertEquals(refused.code, 2);
  assertStringIncludes(refused.err, "--chat-template plain");
});

Deno.test("preferences in the forms of TRL are learned, and what is none is left out", async () => {
  const said = (role: string, content: string) => [{ role, content }];
  await writeLines(at("pairs.jsonl"), [
    ...Array.from({ length: 20 }, (_, i) => ({
      prompt: `How many? ${i}`,
      chosen: "There are two.",
      rejected: "None.",
    })),
    { prompt: said("user", "a"), chosen: said("assistant", "b"), rejected: said("assistant", "c") },
    {
      chosen: [...said("user", "a"), ...said("assistant", "b")],
      rejected: [...said("user", "a"), ...said("assistant", "c")],
    },
    { prompt: "a", chosen: "b", rejected: "b" },
    { prompt: "a", chosen: "b" },
    { prompt: "a", chosen: said("user", "b"), rejected: "c" },
  ]);
  const more = ["--lora", "2", "--preferences", "--steps", "8", "--learning-rate", "0.01"];
  const { code, err } = await runHere([
    ...args("pairs", "--context", "128", ...more),
    at("pairs.jsonl"),
  ]);
  assertEquals(code, 0, err);
  const losses = (await Deno.readTextFile(at("pairs", "metrics.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line).loss);
  assertAlmostEquals(losses[0], Math.log(2), 1e-4);
  assertLess(losses.at(-1), losses[0] - 0.01);
  const drops = (await Deno.readTextFile(at("pairs/dropped.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assertEquals(drops.map(({ line, reason }) => [line, reason]), [
    [23, "not-a-preference"],
    [24, "not-a-preference"],
    [25, "no-answer"],
  ]);
});

Deno.test("lines that are no conversation are named, counted and left out", async () => {
  await Deno.writeTextFile(
    at("mixed.jsonl"),
    [
      JSON.stringify(conversation("a", "b")),
      "{bad",
      '{"messages":[{"role":"king","content":"a"}]}',
      '{"messages":[{"role":"user","content":"a"}]}',
      '{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}',
      JSON.stringify(conversation("a".repeat(300), "b")),
      "[1]",
      JSON.stringify(conversation("a", " ")),
      "",
    ].join("\n"),
  );
  const { code, err } = await runHere([...args("mixed", "--steps", "1"), at("mixed.jsonl")]);
  assertEquals(code, 0, err);
  const drops = (await Deno.readTextFile(at("mixed/dropped.jsonl"))).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assertEquals(drops.map(({ line, reason }) => [line, reason]), [
    [2, "not-json"],
    [3, "not-a-conversation"],
    [4, "no-answer"],
    [6, "too-long"],
    [7, "not-a-conversation"],
    [8, "no-answer"],
  ]);
  assertStringIncludes(err, `Left out 2 as not-a-conversation: ${at("mixed.jsonl")}:3, `);
});

Deno.test("what cannot be tuned on is refused", async () => {
  await Deno.writeTextFile(at("bad.jsonl"), "{}\n");
  await Deno.writeTextFile(
    at("bomb.jinja"),
    "{% for i in range(400000) %}{% for j in range(400000) %}{{ i }}{% endfor %}{% endfor %}",
  );
  const refusals: [string[], string][] = [
    [[at("none.jsonl")], "Cannot read "],
    [[folder], `Cannot read ${folder}: it is a folder`],
    [[at("bad.jsonl")], "Cannot tune: none of 1 lines can be used"],
    [[at("chats.jsonl"), "--chat-template", "nonesuch"], "it is none of plain, chatml, llama3"],
    [[at("chats.jsonl"), "--chat-template", at("bomb.jinja")], "it takes more than"],
    [[at("chats.jsonl"), "--text", at("base")], "it needs tokenizer.json and tokens/"],
    [[], "name one or more JSONL files"],
  ];
  for (const [more, said] of refusals) {
    const { code, err } = await runHere(args("refused", "--steps", "1", ...more));
    assert(code > 0, more.join(" "));
    assertStringIncludes(err, said);
  }
});
