import { assert, assertEquals } from "@std/assert";
import { encodeSteps } from "../../engine/encode_steps.ts";
import { readTokenizer } from "../../tokenizer/mod.ts";

const { tokenizer } = await readTokenizer(
  new URL("../fixtures/bpe/tokenizer.json", import.meta.url).pathname,
);
const special = tokenizer.idToToken(tokenizer.endOfTextId) ?? "";

/** The ids of a text, and how often others may work meanwhile. */
function encoded(text: string): { ids: number[]; rests: number } {
  const work = encodeSteps(tokenizer, text, { allowSpecial: true });
  for (let rests = 0;; rests++) {
    const { done, value } = work.next();
    if (done) return { ids: value, rests };
  }
}

Deno.test("texts of special tokens and others are encoded as at once, with rests in between", () => {
  const kinds = [special, `${special}The people`, `${special}${special} of `, "The people of "];
  for (const kind of kinds) {
    const text = kind.repeat(20_000);
    const { ids, rests } = encoded(text);
    assertEquals(ids, Array.from(tokenizer.encode(text, { allowSpecial: true })));
    assert(rests >= 9, `${JSON.stringify(kind)}: ${rests} rests`);
  }
});
