import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { isBarrier } from "../../stages/barrier.ts";
import { batch } from "../../stages/batch/mod.ts";
import { extract } from "../../stages/extract/mod.ts";
import { checkCursor, journal, openJournal, readMark } from "../../stages/journal/mod.ts";
import { read, readReadCursor } from "../../stages/read/mod.ts";
import { openSeenTexts, refine } from "../../stages/refine/mod.ts";
import { epochs, openStore, store } from "../../stages/store/mod.ts";
import { tokenize } from "../../stages/tokenize/mod.ts";
import { trainTokenizer } from "../../tokenizer/mod.ts";
import type { Barrier, Batch, Page } from "../../stages/types.ts";
import { scratchDir } from "./scratch.ts";

const BARRIER: Barrier = { cursors: {} };

/** Three files: two records, a text in two parts, one page. */
async function writeFiles(): Promise<string> {
  const dir = await scratchDir();
  const line = (text: string) => JSON.stringify({ text }) + "\n";
  await Deno.writeTextFile(join(dir, "a.jsonl"), line("one one") + line("two two"));
  await Deno.writeTextFile(join(dir, "b.txt"), "three\nfour four\n");
  await Deno.writeTextFile(join(dir, "c.md"), "five");
  return dir;
}

const textOf = (value: Page | Barrier) =>
  isBarrier(value) ? value.cursors.read : new TextDecoder().decode(value.body).trim();

Deno.test("a barrier follows each page and a reading goes on behind any of them", async () => {
  const dir = await writeFiles();
  const options = { paths: [dir], maxPartBytes: 12, barrier: BARRIER, barrierBytes: 1 };
  const all = (await Array.fromAsync(read(options))).map(textOf);
  const pages = ["one one", "two two", "three", "four four", "five"];
  assertEquals(all.filter((value) => typeof value === "string"), pages);
  const cursors = all.filter((value) => typeof value !== "string");
  const [a, b, c] = ["a.jsonl", "b.txt", "c.md"].map((name) => join(dir, name));
  const last = { files: 2, path: c, pages: 1 };
  assertEquals(cursors, [
    { files: 0, path: a, pages: 1 },
    { files: 0, path: a, pages: 2 },
    { files: 1, path: b, pages: 1 },
    { files: 1, path: b, pages: 2 },
    ...[last, last],
  ]);
  for (const [i, value] of cursors.entries()) {
    const cursor = readReadCursor(JSON.parse(JSON.stringify(value)));
    assert(cursor);
    const rest = await Array.fromAsync(read({ paths: [dir], maxPartBytes: 12, cursor }));
    assertEquals(rest.map(textOf), pages.slice(i + 1));
  }
  // A file that has moved cannot be gone on with: everything comes again.
  const moved = { files: 1, path: c as string, pages: 1 };
  assertEquals((await Array.fromAsync(read({ paths: [dir], cursor: moved }))).length, 4);
  assertEquals(readReadCursor({ files: 1.5, path: "", pages: 0 }), undefined);
});

Deno.test("what reaches a batch says where every stage stood, and stays true when the run goes on", async () => {
  const files = await writeFiles();
  const dir = await scratchDir();
  const tokenizer = await trainTokenizer(["one two three"], { vocabSize: 258 });
  const { vocabSize } = tokenizer;
  const session = async (barrierBytes: number): Promise<Batch[]> => {
    using seen = openSeenTexts(join(dir, "seen.sqlite"));
    await using corpus = await openJournal({ dir: join(dir, "corpus") });
    await using tokens = await openStore({
      dir: join(dir, "tokens"),
      vocabSize,
      tokenizerHash: "a",
    });
    const mark = await readMark(join(dir, "corpus"));
    const cursor = readReadCursor(mark?.cursors.read);
    const ends = journal<Barrier>({
      journal: corpus,
      from: tokens.documents,
      barrier: BARRIER,
      ...(mark ? { mark } : {}),
    });
    const source = read<Barrier>({
      paths: [files],
      barrier: BARRIER,
      barrierBytes,
      ...(cursor ? { cursor } : {}),
    });
    const fed = corpus.sealed ? ends.writable.close() : source
      .pipeThrough(extract())
      .pipeThrough(refine({ seen, minChars: 1 }))
      .pipeTo(ends.writable);
    const live = ends.readable
      .pipeThrough(tokenize({ tokenizer, split: (i) => i === 1 ? "validation" : "train" }))
      .pipeThrough(store({ store: tokens }));
    // A window of one batch, so that no barrier is waited for by more than a batch.
    const batches = live.pipeThrough(epochs({ store: tokens, order: "stored", maxEpochs: 2 }))
      .pipeThrough(
        batch({ rows: 1, cols: 4, vocabSize, windowTokens: 4, cursors: {} }),
      );
    const made = await Array.fromAsync(batches);
    await fed;
    return made;
  };
  const made = await session(1);
  const ids = (text: string) => tokenizer.encode(text).length + 1;
  assertEquals(made[0]?.cursors?.journal, { documents: 0 }, "no barrier but the first");
  // The first document fills one batch; the second is held out; the third fills the next one.
  assertEquals(made[1]?.cursors, {
    read: { files: 0, path: join(files, "a.jsonl"), pages: 2 },
    refine: { texts: 2 },
    journal: { documents: 2 },
    tokenize: { documents: 2 },
    store: {
      train: { documents: 1, tokens: ids("one one") },
      validation: { documents: 1, tokens: ids("two two") },
    },
    epochs: { epoch: 0, place: 1 },
  });
  const end = {
    read: { files: 2, path: join(files, "c.md"), pages: 1 },
    refine: { texts: 4 },
    journal: { documents: 4 },
    tokenize: { documents: 4 },
    store: {
      train: { documents: 3, tokens: ids("one one") + ids("three\nfour four") + ids("five") },
      validation: { documents: 1, tokens: ids("two two") },
    },
  };
  const { epochs: _, ...above } = made.at(-1)?.cursors ?? {};
  assertEquals(above, end);
  // The second session has nothing to read: its batches are those of the store, at the same places.
  const again = await session(1);
  assertEquals(again.map(({ inputIds }) => inputIds), made.map(({ inputIds }) => inputIds));
  assertEquals(again.at(-1)?.cursors?.journal, end.journal);
});

Deno.test("a journal that lost what a checkpoint was made of is refused", async () => {
  await using corpus = await openJournal({ dir: await scratchDir() });
  checkCursor(corpus, undefined);
  checkCursor(corpus, { documents: 0 });
  assertThrows(() => checkCursor(corpus, { documents: 3 }), Error, "the checkpoint was made of 3");
});
