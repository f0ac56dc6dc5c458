import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { Scheduler } from "../../engine/mod.ts";
import { openModel } from "../../run/model_source.ts";
import { createApp } from "../../serve/mod.ts";
import { runHere } from "../commands/in_process.ts";
import { openFolder } from "../commands/program.ts";
import { conversation, writeLines, writeSmallModel } from "../commands/small_model.ts";

type Choice = Parameters<typeof openModel>[0];

/** Greedy answers of a server, to a question put to each of `models`. */
async function answersOf(
  choice: Choice,
  { adapters, models }: { adapters: string[]; models: (string | undefined)[] },
) {
  const opened = await openModel(choice, { adapters });
  await using _engine = opened.engine;
  const failures: unknown[] = [];
  const app = createApp({
    ...opened,
    scheduler: new Scheduler(opened.engine),
    modelName: opened.name,
    onFailure: (error) => failures.push(error),
  });
  const messages = [{ role: "user", content: "the people" }];
  const answers = await Promise.all(models.map(async (model) => {
    const response = await app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages, temperature: 0, max_tokens: 12 }),
    });
    const { choices, ...rest } = await response.json();
    return { status: response.status, model: rest.model, text: choices?.[0].message.content };
  }));
  const [model] = models;
  const routes = new Map<string, object>([
    ["/v1/responses", { input: "a", max_output_tokens: 4 }],
    ["/v1/messages", { messages, max_tokens: 4 }],
    ["/api/chat", { messages, stream: false, options: { num_predict: 4 } }],
    ["/tokenize", { content: "a" }],
    ["/v1/embeddings", { input: "a" }],
  ]);
  const statuses: Record<string, number> = {};
  for (const [route, body] of model === undefined ? [] : routes) {
    const response = await app.request(route, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, ...body }),
    });
    await response.text();
    statuses[route] = response.status;
  }
  const { data } = await (await app.request("/v1/models")).json();
  assertEquals(failures, []);
  return { answers, statuses, served: data.map(({ id }: { id: string }) => id) };
}

Deno.test("adapters are served beside their model, each as if it were merged", async () => {
  await using folder = await openFolder();
  const at = (name: string) => join(folder.path, name);
  await writeSmallModel(at("base"));
  for (const [name, answer] of [["yes", "Yes, they are."], ["no", "Not at all."]] as const) {
    const lines = Array.from({ length: 12 }, (_, i) => conversation(`the people ${i}`, answer));
    await writeLines(at(`${name}.jsonl`), lines);
    const { code, err } = await runHere([
      ...["tune", "--init", at("base"), "--run", at(name), "--lora", "4", "--steps", "20"],
      ...["--context", "64", "--rows", "2", "--learning-rate", "0.05", "--json"],
      at(`${name}.jsonl`),
    ]);
    assertEquals(code, 0, err);
  }
  const { answers, statuses, served } = await answersOf({ run: "", model: at("base") }, {
    adapters: [at("yes"), `other=${at("no")}`],
    models: ["yes", "other", undefined, "cllm", "no"],
  });
  assertEquals(served, ["cllm", "yes", "other"]);
  assertEquals(statuses, {
    ...{ "/v1/responses": 200, "/v1/messages": 200, "/api/chat": 200, "/tokenize": 200 },
    "/v1/embeddings": 200,
  });
  const [yes, no, base, named, unknown] = answers;
  assertEquals(answers.map(({ status }) => status), [200, 200, 200, 200, 404]);
  assertEquals([yes?.model, no?.model, base?.model], ["yes", "other", "cllm"]);
  assertEquals(named?.text, base?.text);
  assertNotEquals(yes?.text, no?.text);
  assertEquals(unknown?.text, undefined);
  for (const [name, answer] of [["yes", yes], ["no", no]] as const) {
    const merged = await answersOf({ run: at(name) }, { adapters: [], models: [undefined] });
    assertEquals(answer?.text, merged.answers[0]?.text);
  }
  const refusals: [string[], string][] = [
    [[at("base")], "has no adapter_config.json"],
    [[at("yes"), at("yes")], "yes is taken"],
    [[`cllm=${at("yes")}`], "cllm is taken"],
  ];
  for (const [adapters, said] of refusals) {
    await assertRejects(() => openModel({ run: "", model: at("base") }, { adapters }), Error, said);
  }
  assert(served.length === 3);
});
