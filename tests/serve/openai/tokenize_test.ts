import { assert, assertEquals } from "@std/assert";
import { createApp } from "../../../serve/app.ts";
import { Scheduler } from "../../../engine/scheduler.ts";
import { readTokenizer, Tokenizer } from "../../../tokenizer/mod.ts";
import { uniformEngine } from "../../engine/uniform_engine.ts";
import golden from "../../fixtures/bpe/encodings.json" with { type: "json" };

const { tokenizer } = await readTokenizer(
  new URL("../../fixtures/bpe/tokenizer.json", import.meta.url).pathname,
);
const app = createApp({
  scheduler: new Scheduler(uniformEngine(tokenizer.vocabSize)),
  codec: tokenizer,
  modelName: "uniform",
  onFailure: (error) => {
    throw error;
  },
});

async function ask(path: string, body: unknown) {
  const response = await app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: await response.json() };
}

Deno.test("ids are those of Hugging Face tokenizers, and give the text back", async () => {
  assert(golden.length > 10);
  for (const { text, ids } of golden) {
    const { json } = await ask("/tokenize", { content: text, parse_special: true });
    assertEquals(json, { tokens: ids, count: ids.length, max_model_len: 4096 });
    const { json: back } = await ask("/detokenize", { tokens: ids, with_bytes: true });
    assertEquals(back, {
      content: text,
      bytes: Array.from(new TextEncoder().encode(text)),
    });
  }
});

Deno.test("pieces say where each token stands, in bytes", async () => {
  const content = "low 👍 é\n";
  const bytes = new TextEncoder().encode(content);
  const { json } = await ask("/tokenize", { content, with_pieces: true });
  let end = 0;
  for (const { piece, start, end: next } of json.tokens) {
    assertEquals(start, end);
    const own = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
    assertEquals(Array.from(own), Array.from(bytes.subarray(start, next)));
    end = next;
  }
  assertEquals(end, bytes.length);
});

Deno.test("a special token's text is that token only where that is asked for", async () => {
  const content = tokenizer.idToToken(tokenizer.endOfTextId) ?? "";
  const plain = await ask("/tokenize", { content });
  assert(plain.json.count > 1 && !plain.json.tokens.includes(tokenizer.endOfTextId));
  const special = await ask("/tokenize", { content, parse_special: true });
  assertEquals(special.json.tokens, [tokenizer.endOfTextId]);
  assertEquals((await ask("/detokenize", special.json)).status, 400); // it has other fields
});

Deno.test("what the tokenizer puts before a text comes where that is asked for", async () => {
  const first = 5;
  const prefixed = createApp({
    scheduler: new Scheduler(uniformEngine(tokenizer.vocabSize)),
    codec: new Tokenizer({ ...tokenizer.parts, prefix: [first] }),
    modelName: "uniform",
    onFailure: console.error,
  });
  const headers = { "content-type": "application/json" };
  const ids = async (fields: object) => {
    const body = JSON.stringify({ content: "low", ...fields });
    return (await (await prefixed.request("/tokenize", { method: "POST", headers, body })).json())
      .tokens;
  };
  const own = [...tokenizer.encode("low")];
  assertEquals(await ids({}), own);
  assertEquals(await ids({ add_special: false }), own);
  assertEquals(await ids({ add_special: true }), [first, ...own]);
});

Deno.test("tokens that end inside a character are given as bytes", async () => {
  const [first = NaN] = tokenizer.encode("👍");
  const own = Array.from(tokenizer.bytesOf(first) ?? []);
  const { json } = await ask("/detokenize", { tokens: [first], with_bytes: true });
  assertEquals(json.bytes, own);
});

Deno.test("what is no token is refused by its place", async () => {
  const cases: [unknown, string][] = [
    [{ tokens: [1, 9_999_999] }, "tokens.1 must be the id of a token, not 9999999"],
    [{ tokens: "1" }, "tokens must be an array of token ids, not this string"],
    [{ tokens: [-1] }, "tokens.0 must be an array of token ids, not -1"],
    [{}, "tokens is required and must be an array of token ids"],
  ];
  for (const [body, message] of cases) {
    const { status, json } = await ask("/detokenize", body);
    assertEquals([status, json.error.message], [400, message]);
  }
  assertEquals((await ask("/tokenize", { content: 5 })).json.error.param, "content");
});
