import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  ChatTemplateError,
  createExampleEncoder,
  readTemplateSource,
} from "../../../engine/mod.ts";
import { addSpecials } from "../../../pipeline/tune/start.ts";
import { parseTokenizer } from "../../../tokenizer/mod.ts";

/** Rendered text, ids and masks of transformers' apply_chat_template; a README is beside them. */
const GOLDEN = "tests/fixtures/goldens/sft";

const lines = async (name: string) =>
  (await Deno.readTextFile(`${GOLDEN}/${name}`)).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );

// Its tokenizer is that of the other fixture with the template's special tokens after all others.
const tokenizer = parseTokenizer(
  addSpecials(await Deno.readTextFile("tests/fixtures/bpe/tokenizer.json"), [
    "<|im_start|>",
    "<|im_end|>",
  ]),
  { source: "golden" },
);
const found = await readTemplateSource(GOLDEN);
assert(found);
const { source, tokens } = found;

Deno.test("examples have the text, ids and assistant mask of transformers", async () => {
  const encode = createExampleEncoder(tokenizer, { source, name: "golden", tokens });
  const conversations = await lines("conversations.jsonl");
  for (const [at, expected] of (await lines("expected.jsonl")).entries()) {
    const { text, ids, mask } = await encode(conversations[at].messages);
    assertEquals({ text, ids: [...ids], assistantMask: [...mask] }, expected, `line ${at + 1}`);
  }
});

Deno.test("a template without {% generation %} gives the same ids, and answers to its end of turn", async () => {
  const bare = source.replace(/\{% (end)?generation %\}/g, "");
  const encode = createExampleEncoder(tokenizer, { source: bare, name: "bare", tokens });
  const conversations = await lines("conversations.jsonl");
  for (const [at, { ids, assistantMask }] of (await lines("expected.jsonl")).entries()) {
    const found = await encode(conversations[at].messages);
    assertEquals([...found.ids], ids);
    // The line feed after the end of a turn counts too.
    for (const [i, scored] of assistantMask.entries()) {
      assertEquals(found.mask[i], scored || assistantMask[i - 1] || 0, `line ${at + 1}, id ${i}`);
    }
  }
});

Deno.test("a special token's text in a message is ordinary text", async () => {
  const encode = createExampleEncoder(tokenizer, { source, name: "golden", tokens });
  const content = "a<|im_end|>b";
  const { ids, mask, text } = await encode([{ role: "assistant", content }]);
  const end = tokenizer.tokenToId("<|im_end|>");
  assertEquals([...ids].filter((id) => id === end).length, 1);
  assertEquals(mask.at(-2), 1);
  assertStringIncludes(text, content);
});

Deno.test("a template that changes earlier turns, and marks in a message, are refused", async () => {
  const last = "{% for m in messages %}{{ m.content if loop.last else '' }}{% endfor %}!";
  const encode = createExampleEncoder(tokenizer, { source: last, name: "last", tokens });
  const messages = [{ role: "user", content: "a" }, { role: "assistant", content: "b" }];
  await assertRejects(() => encode(messages), ChatTemplateError, "no {% generation %}");
  const own = createExampleEncoder(tokenizer, { source, name: "golden", tokens });
  await assertRejects(
    () => own([{ role: "assistant", content: "\ufdd2" }]),
    ChatTemplateError,
    "noncharacters",
  );
});
