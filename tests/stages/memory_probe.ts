/**
 * Streams a generated corpus of N MB through the stages from documents to batches and prints the
 * peak resident memory as JSON. Run by memory_test.ts in a process of its own.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { randomStream } from "../../model/random.ts";
import { batch } from "../../stages/batch/mod.ts";
import { journal, openJournal } from "../../stages/journal/mod.ts";
import { openSeenTexts, refine } from "../../stages/refine/mod.ts";
import { epochs, openStore, store } from "../../stages/store/mod.ts";
import { parseTokenizer, tokenize } from "../../stages/tokenize/mod.ts";
import type { Document } from "../../stages/types.ts";

const fixture = new URL("../fixtures/bpe/", import.meta.url);
const prose: string = JSON.parse(await Deno.readTextFile(new URL("encodings.json", fixture)))
  .map(({ text }: { text: string }) => text).findLast((text: string) => text.length === 2000);
const words = prose.split(" ");

/** Documents of about 4 to 60 KB, each different, generated one at a time. */
function* documents(bytes: number): Generator<Document, void> {
  const random = randomStream(7, { name: "corpus" });
  for (let index = 0; bytes > 0; index++) {
    const target = 4_000 + random.word(2 * index) % 56_000;
    let text = `Document ${index}.`;
    // Stretches of the prose from changing places, with a number in between.
    for (let i = random.word(2 * index + 1) % 997; text.length < target; i += 41) {
      const at = i % (words.length - 60);
      text += ` ${words.slice(at, at + 30 + i % 30).join(" ")} ${i * index % 9973}`;
    }
    const url = `http://corpus/${index}`;
    const id = createHash("sha256").update(url).digest("hex").slice(0, 16);
    yield { id, url, title: "", text, lang: "en", fetchedAt: "2026-01-01T00:00:00Z" };
    bytes -= text.length;
  }
}

/** Peak resident memory of this process so far, in bytes (proc(5), VmHWM). */
async function peakRss(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** With `--v8-flags=--expose-gc`. */
declare const gc: () => void;

const dir = await Deno.makeTempDir();
try {
  const tokenizer = parseTokenizer(await Deno.readTextFile(new URL("tokenizer.json", fixture)), {
    source: "tokenizer.json",
  });
  const { vocabSize } = tokenizer;
  using seen = openSeenTexts(join(dir, "seen.sqlite"));
  await using corpus = await openJournal({ dir: join(dir, "corpus") });
  await using tokens = await openStore({ dir: join(dir, "tokens"), vocabSize, tokenizerHash: "a" });
  const queue = journal({ journal: corpus });
  const fed = ReadableStream.from(documents(Number(Deno.args[0]) * 1e6))
    .pipeThrough(refine({ seen }))
    .pipeTo(queue.writable);
  const live = queue.readable
    .pipeThrough(
      tokenize({ tokenizer, split: (index) => index % 10 === 9 ? "validation" : "train" }),
    )
    .pipeThrough(store({ store: tokens }));
  const batches = epochs({ store: tokens, live, maxEpochs: 1 })
    .pipeThrough(batch({ rows: 12, cols: 256, seed: 1, vocabSize, windowTokens: 2 ** 19 }));
  let scored = 0, count = 0;
  for await (const { validTokens } of batches) {
    scored += validTokens;
    // Collected by amount of data, the peak says what the stages hold; left to V8, it would say how
    // much garbage piled up between two collections of its choosing.
    if (++count % 8 === 0) gc();
  }
  await fed;
  // deno-lint-ignore no-console -- what this process is run for
  console.log(JSON.stringify({
    peakRssBytes: await peakRss(),
    documents: tokens.documents,
    textBytes: corpus.bytes,
    scored,
    // Every token of the train split but each document's first.
    expected: tokens.tokens("train") - tokens.count("train"),
  }));
} finally {
  await Deno.remove(dir, { recursive: true });
}
