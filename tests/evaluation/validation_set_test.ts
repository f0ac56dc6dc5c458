import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { HOLD_OUT_RULES } from "../../run/hold_out.ts";
import { scoreTexts } from "../../evaluation/score_texts.ts";
import { openStoredValidationSet, openValidationSet } from "../../evaluation/validation_set.ts";
import { describeValidationSet } from "../../evaluation/validation_summary.ts";
import { randomStream } from "../../model/random.ts";
import { openJournal } from "../../stages/journal/mod.ts";
import { openStore } from "../../stages/store/mod.ts";
import { trainTokenizer } from "../../tokenizer/mod.ts";
import type { Document } from "../../stages/types.ts";
import { prose } from "../commands/corpus.ts";
import { openFolder } from "../commands/program.ts";

const FOLDERS = ["/in/a", "/in/b", "/in/c", "/in/d"];
const tokenizer = { tokenizer: await trainTokenizer([prose(0)], { vocabSize: 300 }), hash: "abc" };
const T = 32;
/** Files of any size: training begins when all have come. */
const PLAN = {
  order: "shuffled" as const,
  warmUpCorpus: 0,
  sources: FOLDERS,
  init: "",
  preset: "tiny" as const,
  context: 128,
  steps: 10,
  gradAccumulation: 1,
};

/** Documents of four folders, one folder after the other as they are read. */
function corpus({ each }: { each: number }): Document[] {
  return FOLDERS.flatMap((folder, f) =>
    Array.from({ length: each }, (_, i) => {
      const url = `file://${folder}/${String(i).padStart(3, "0")}.txt`;
      const id = createHash("sha256").update(url).digest("hex").slice(0, 16);
      const text = prose(f * each + i, { words: 10 * (1 + (f * each + i) * 7 % 40) });
      return { id, url, title: "", text, lang: "en", fetchedAt: "" };
    })
  );
}

async function openRun(dir: string, documents: readonly Document[]) {
  const journal = await openJournal({ dir: join(dir, "corpus") });
  for (const document of documents) await journal.append(document);
  await journal.seal();
  return {
    journal,
    open: (rule: typeof HOLD_OUT_RULES[number], { seed = 1, cols = T } = {}) =>
      openValidationSet({
        journal,
        tokenizer,
        rows: 12,
        cols,
        settings: { ...PLAN, holdOut: rule, seed },
        paths: { validation: join(dir, "validation.json") },
      }),
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  };
}

const idsOf = async (set: Awaited<ReturnType<typeof openValidationSet>>) =>
  (await Array.fromAsync(set.batches())).map(({ inputIds }) => [...inputIds]);

Deno.test("a set comes from all folders by their share of the held-out tokens", async () => {
  for (const rule of HOLD_OUT_RULES) {
    await using folder = await openFolder();
    await using run = await openRun(folder.path, corpus({ each: 150 }));
    const set = await run.open(rule);
    assertEquals([...set.perSource.keys()].toSorted(), ["a/", "b/", "c/", "d/"]);
    for (const { tokens } of set.perSource.values()) {
      const share = tokens / set.tokens;
      assert(share > 0.15 && share < 0.35, `${rule}: ${share}`);
    }
    // More than the beginnings, as training sees.
    assert(set.parts.some(({ part }) => part > 3));
    assert(set.rows <= 192 && set.tokens > 0.85 * 192 * T, `${set.rows} rows, ${set.tokens}`);
    const batches = await Array.fromAsync(set.batches());
    assertEquals(batches.reduce((sum, { validTokens }) => sum + validTokens, 0), set.tokens);
  }
});

Deno.test("by hash the set is the same in whatever order documents come", async () => {
  const documents = corpus({ each: 100 });
  await using folder = await openFolder();
  const sets = [];
  for (let order = 0; order < 3; order++) {
    const dir = join(folder.path, `${order}`);
    const shuffled = order === 0
      ? documents
      : randomStream(1, { name: "order" }).shuffle([...documents], order);
    await using run = await openRun(dir, shuffled);
    sets.push(await idsOf(await run.open("by-hash")));
  }
  assertEquals(sets[1], sets[0]);
  assertEquals(sets[2], sets[0]);
});

Deno.test("a recorded set stays, whatever has come since, and is refused once it is damaged", async () => {
  const documents = corpus({ each: 60 });
  await using folder = await openFolder();
  const path = join(folder.path, "validation.json");
  await using run = await openRun(folder.path, documents);
  const drawn = await idsOf(await run.open("each-tenth"));
  const file = await Deno.readTextFile(path);
  await using more = await openRun(join(folder.path, "more"), corpus({ each: 90 }));
  await Deno.copyFile(path, join(folder.path, "more", "validation.json"));
  const again = await more.open("each-tenth");
  assertEquals([again.corpus, await idsOf(again)], [240, drawn]);

  await assertRejects(() => run.open("by-hash"), Error, "its holdOut is each-tenth and the run's");
  await assertRejects(() => run.open("each-tenth", { seed: 2 }), Error, "its seed is 1 and");
  await assertRejects(() => run.open("each-tenth", { cols: 16 }), Error, "its cols is 32 and");
  for (const bad of [file.slice(0, -9), file.replace(/"ids":\[\d+/, '"ids":[9'), "", "null\n"]) {
    await Deno.writeTextFile(path, bad);
    await assertRejects(() => run.open("each-tenth"), Error, "it is damaged; remove it");
  }
  // What a crash leaves of a write is not the file.
  await Deno.remove(path);
  await Deno.writeTextFile(`${path}.new`, file.slice(0, 100));
  assert((await idsOf(await run.open("each-tenth"))).length > 0);
});

Deno.test("ten documents in a row have one among each tenth", async () => {
  for (let before = 0; before < 10; before++) {
    await using folder = await openFolder();
    const documents = corpus({ each: 100 });
    const few = [...documents.slice(0, before), ...documents.slice(100, 110)];
    await using run = await openRun(folder.path, few);
    const set = await run.open("each-tenth");
    assertEquals([...set.perSource.keys()], ["b/"], `${before} before`);
  }
});

Deno.test("a corpus without held-out text is told before training", async () => {
  await using folder = await openFolder();
  await using run = await openRun(folder.path, corpus({ each: 2 }));
  const set = await run.open("each-tenth");
  assertEquals([set.documents, set.rows, set.tokens], [0, 0, 0]);
  assertEquals(await Array.fromAsync(set.batches()), []);
  assertEquals(
    describeValidationSet(set, { rule: "each-tenth" }),
    "No validation: none of the corpus's 8 documents is held out, which takes 10. The loss in " +
      "training says little of text that the model has not seen.",
  );
});

Deno.test("scoreTexts: figures by source are sums over tokens, whatever the order of texts", async () => {
  const { tokenizer: bpe } = tokenizer;
  const texts = corpus({ each: 30 }).map(({ text, url }, place) => ({
    place,
    source: url.slice(11, 13),
    ids: bpe.encodeDocument(text),
  }));
  // A model of pairs of tokens: its nats are known without it.
  const nats = (input: number, target: number) => 1 + (input * 7 + target * 3) % 11;
  const model: Parameters<typeof scoreTexts>[0] = {
    evaluate({ inputIds, targetIds, mask }) {
      let [loss, tokens] = [0, 0];
      mask.forEach((bit, i) => {
        if (bit !== 1) return;
        loss += nats(inputIds[i] as number, targetIds[i] as number);
        tokens++;
      });
      return Promise.resolve({ loss, tokens });
    },
  };
  const scores = await scoreTexts(model, {
    texts: ReadableStream.from(texts),
    tokenizer: bpe,
    rows: 4,
    cols: T,
  });
  for (const source of [undefined, "a/", "b/", "c/", "d/"]) {
    const of = texts.filter((text) => source === undefined || text.source === source);
    let [sum, tokens, bytes] = [0, 0, 0];
    for (const { ids } of of) {
      for (let i = 1; i < ids.length; i++, tokens++) {
        sum += nats(ids[i - 1] as number, ids[i] as number);
      }
      bytes += new TextEncoder().encode(bpe.decode(ids.subarray(1, -1))).length;
    }
    const found = source === undefined ? scores : scores.sources[source];
    assertEquals([found?.documents, found?.tokens], [of.length, tokens], source);
    assertAlmostEquals(found?.loss ?? NaN, sum / tokens, 1e-12);
    assertAlmostEquals(found?.bitsPerByte ?? NaN, sum / Math.LN2 / bytes, 1e-12);
    assertAlmostEquals(found?.perplexity ?? NaN, Math.exp(sum / tokens), 1e-6);
  }
});

Deno.test("tokens without a corpus: the set is drawn from the validation split alone", async () => {
  await using folder = await openFolder();
  await using store = await openStore({
    dir: join(folder.path, "tokens"),
    vocabSize: 300,
    tokenizerHash: "abc",
  });
  const documents = corpus({ each: 60 });
  for (const [i, { id: docId, text }] of documents.entries()) {
    const split = i % 2 === 0 ? "validation" : "train";
    await store.append({ docId, split, ids: tokenizer.tokenizer.encodeDocument(text) });
  }
  const paths = { validation: join(folder.path, "validation.json") };
  const open = () =>
    openStoredValidationSet({ paths, store, seed: 3, tokenizer: "abc", rows: 12, cols: T });
  const set = await open();
  assert(set.tokens > 0.85 * 192 * T);
  for (const { docId, place } of set.parts) assertEquals(documents[2 * place]?.id, docId);
  // From all over the split, whose documents number 120.
  const places = set.parts.map(({ place }) => place);
  assert(Math.min(...places) < 30 && Math.max(...places) >= 90);
  assertEquals(set.perSource.size, 0);
  assertEquals(await idsOf(await open()), await idsOf(set));
});

Deno.test("the draw waits for the text that training waits for, and takes no more", async () => {
  const documents = corpus({ each: 60 });
  const sets = [];
  for (const ahead of [0, 100, 240]) {
    await using folder = await openFolder();
    await using journal = await openJournal({ dir: join(folder.path, "corpus") });
    for (const document of documents.slice(0, ahead)) await journal.append(document);
    await journal.flush();
    const set = openValidationSet({
      journal,
      tokenizer,
      rows: 12,
      cols: T,
      // 4 code units a token: about half of this corpus.
      settings: { ...PLAN, holdOut: "each-tenth", seed: 1, warmUpCorpus: 35_000 },
      paths: { validation: join(folder.path, "validation.json") },
    });
    for (const document of documents.slice(ahead)) await journal.append(document);
    await journal.seal();
    sets.push(await set);
  }
  const [first] = sets;
  assert(first && first.corpus > 60 && first.corpus < 200, `${first?.corpus}`);
  for (const set of sets) assertEquals([set.corpus, set.parts], [first.corpus, first.parts]);

  await using folder = await openFolder();
  await using journal = await openJournal({ dir: join(folder.path, "corpus") });
  const stop = new AbortController();
  const waiting = openValidationSet({
    journal,
    tokenizer,
    rows: 12,
    cols: T,
    signal: stop.signal,
    settings: { ...PLAN, holdOut: "each-tenth", seed: 1 },
    paths: { validation: join(folder.path, "validation.json") },
  });
  stop.abort(new Error("enough of it"));
  await assertRejects(() => waiting, Error, "enough of it");
});

Deno.test("the draw waits for three held-out documents, if so many come", async () => {
  const documents = corpus({ each: 60 });
  const draw = async (count: number) => {
    await using folder = await openFolder();
    await using journal = await openJournal({ dir: join(folder.path, "corpus") });
    const set = openValidationSet({
      journal,
      tokenizer,
      rows: 12,
      cols: T,
      // Less than one document.
      settings: { ...PLAN, holdOut: "each-tenth", seed: 1, warmUpCorpus: 1 },
      paths: { validation: join(folder.path, "validation.json") },
    });
    for (const document of documents.slice(0, count)) await journal.append(document);
    await journal.seal();
    return await set;
  };
  // Documents 10, 20 and 30 are held out.
  assertEquals((await draw(60)).corpus, 30);
  assertEquals([(await draw(25)).corpus, (await draw(25)).documents], [25, 2]);
});
