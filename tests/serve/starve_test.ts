/** Two clients do their worst, and the others are served meanwhile: counted, not timed. */
import { assert, assertEquals } from "@std/assert";
import { createApp } from "../../serve/app.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { readTokenizer } from "../../tokenizer/mod.ts";
import { uniformEngine } from "../engine/uniform_engine.ts";

const { tokenizer } = await readTokenizer(
  new URL("../fixtures/bpe/tokenizer.json", import.meta.url).pathname,
);
const COMPLETIONS = "/v1/completions", CHAT = "/v1/chat/completions";
/** Requests of others that end while two hostile ones are worked on. */
const LEAST_SERVED = 5;

const OTHER = "192.0.2.1", HOSTILE = ["192.0.2.2", "192.0.2.3"];

const range = (length: number) => Array.from({ length }, (_, i) => i);
const bySchema = (schema: unknown) => ({
  prompt: "a",
  max_tokens: 2,
  response_format: { type: "json_schema", json_schema: { name: "a", schema } },
});

const WORST: readonly [name: string, path: string, body: unknown, status: number][] = [
  ["100,000 ids, with bytes", "/detokenize", {
    tokens: range(100_000).fill(1),
    with_bytes: true,
  }, 200],
  ["80,000 pieces of a text", "/tokenize", {
    content: "a b".repeat(40_000),
    with_pieces: true,
  }, 200],
  ["a special token's text, 1 MB", "/tokenize", {
    content: (tokenizer.idToToken(tokenizer.endOfTextId) ?? "").repeat(75_000),
    parse_special: true,
  }, 200],
  ["a prompt of 1 MB", COMPLETIONS, { prompt: "The people of ".repeat(74_000) }, 400],
  ["a prompt of 330,000 ids", COMPLETIONS, { prompt: range(330_000).fill(1) }, 400],
  ["1,900 values", COMPLETIONS, bySchema({ enum: range(1900).map((i) => `xxxxxxxxxx${i}`) }), 400],
  [
    "1,400 members that may be left out",
    COMPLETIONS,
    bySchema({
      type: "object",
      properties: Object.fromEntries(range(1400).map((i) => [`p${i}`, { type: "null" }])),
    }),
    400,
  ],
  ["a message of 1 MB", CHAT, {
    messages: [{ role: "user", content: "The people of ".repeat(74_000) }],
  }, 400],
];

function open() {
  const app = createApp({
    scheduler: new Scheduler(uniformEngine(tokenizer.vocabSize)),
    codec: tokenizer,
    modelName: "uniform",
    onFailure: (error) => {
      throw error;
    },
    limits: { maxBodyBytes: 1 << 20 },
    trustProxy: true,
  });
  return async (client: string, path: string, body?: string) => {
    const response = await app.request(path, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", "x-forwarded-for": client },
      ...(body !== undefined && { body }),
    });
    return { status: response.status, text: await response.text() };
  };
}

for (const [name, path, body, status] of WORST) {
  Deno.test(`others are served while two clients ask for ${name}`, async () => {
    const ask = open();
    const hostile = JSON.stringify(body);
    const small = JSON.stringify({ prompt: "The", max_tokens: 2 });
    await ask(OTHER, COMPLETIONS, small);
    let left = 2, served = 0, most = 0;
    const others = (async () => {
      while (left > 0) {
        const answer = await ask(OTHER, COMPLETIONS, small);
        assertEquals(answer.status, 200);
        if (left > 0) served++;
      }
    })();
    const worst = await Promise.all(HOSTILE.map(async (client) => {
      const answer = await ask(client, path, hostile);
      left--;
      most = served;
      return answer;
    }));
    await others;
    for (const answer of worst) assertEquals(answer.status, status, answer.text.slice(0, 300));
    assert(most >= LEAST_SERVED, `only ${most} were served`);
    if (Deno.env.has("CLLM_SHOW")) console.log(name, { served: most });
  });
}

/** Requests of one client that end while each of two others is answered `count` times. */
async function servedBeside(
  count: number,
  hostile: (ask: ReturnType<typeof open>, client: string) => Promise<{ status: number }>,
): Promise<number> {
  const ask = open();
  const small = JSON.stringify({ prompt: "The", max_tokens: 2 });
  await ask(OTHER, COMPLETIONS, small);
  let isOver = false, served = 0;
  const others = (async () => {
    for (; !isOver; served++) await ask(OTHER, COMPLETIONS, small);
  })();
  await Promise.all(HOSTILE.map(async (client) => {
    for (let left = count; left > 0; left--) {
      assertEquals((await hostile(ask, client)).status, 200);
    }
  }));
  isOver = true;
  await others;
  return served;
}

Deno.test("others are served while two clients ask without a pause", async () => {
  const served = await servedBeside(300, (ask, client) => ask(client, "/v1/models"));
  assert(served >= 40, `only ${served} were served`);
});

Deno.test("others are served while two clients ask for many texts at once", async () => {
  const many = JSON.stringify({ prompt: "The", max_tokens: 20, n: 16 });
  const served = await servedBeside(1, (ask, client) => ask(client, COMPLETIONS, many));
  assert(served >= 50, `only ${served} were served`);
});
