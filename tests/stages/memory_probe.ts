/**
 * Streams a generated corpus of so many bytes of text through the stages from documents to batches
 * and prints what memory they take along the way, a JSON line a sample, then a report. Run by
 * memory_test.ts in a process of its own.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { randomStream } from "../../model/random.ts";
import { batch } from "../../stages/batch/mod.ts";
import { journal, openJournal } from "../../stages/journal/mod.ts";
import { openSeenTexts, refine } from "../../stages/refine/mod.ts";
import { epochs, openStore, store } from "../../stages/store/mod.ts";
import { parseTokenizer } from "../../tokenizer/mod.ts";
import { tokenize } from "../../stages/tokenize/mod.ts";
import type { Document, EpochRun } from "../../stages/types.ts";

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
    documentsIn++;
    textIn += text.length;
    pass(text.length);
  }
}

/** What the process holds right after a collection. */
export interface Sample {
  /** Live documents on their way to batches, or stored ones in a shuffled order. */
  readonly phase: "live" | "shuffled";
  /** Documents and bytes of text that have entered the first stage. */
  readonly documents: number;
  readonly textBytes: number;
  /** Objects of JavaScript that are in use. */
  readonly heapBytes: number;
  /** Buffers that they keep outside the heap. */
  readonly externalBytes: number;
  /** Resident memory at its highest since the start, garbage and what native code holds included. */
  readonly peakRssBytes: number;
}

/** What came of the run. */
export interface Report {
  readonly documents: number;
  readonly textBytes: number;
  readonly scored: number;
  readonly expected: number;
  readonly peakRssBytes: number;
}

/** With `--v8-flags=--expose-gc`. */
declare const gc: () => void;

/** Peak resident memory of this process so far, in bytes (proc(5), VmHWM). */
function peakRss(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

const encoder = new TextEncoder();

/** Prints a line, so that nothing of it stays here; the console would warm up for thousands. */
function print(value: Sample | Report): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(value)}\n`));
}

/** A collection comes after so many bytes have passed: each stage has then made a third of them. */
const STRETCH = 3 * 2 ** 18;
let documentsIn = 0, textIn = 0, passed = 0;
let phase: Sample["phase"] = "live";
/** About as many for this tokenizer and text. */
const BYTES_A_TOKEN = 2;

/**
 * Counts bytes that pass one of three places: into the first stage, out of the journal, into a
 * batch. Stages work in bursts: between two batches a hundred documents may fill a window. Were
 * collections counted by one place alone, the garbage of a burst elsewhere would pile up, as much of
 * it as V8 chooses to leave, and a longer run would see a higher peak.
 */
function pass(bytes: number): void {
  passed += bytes;
  if (passed < STRETCH) return;
  passed = 0;
  gc();
  const { heapUsed: heapBytes, external: externalBytes } = Deno.memoryUsage();
  print({
    phase,
    documents: documentsIn,
    textBytes: textIn,
    heapBytes,
    externalBytes,
    peakRssBytes: peakRss(),
  });
}

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
  const fed = ReadableStream.from(documents(Number(Deno.args[0])))
    .pipeThrough(refine({ seen }))
    .pipeTo(queue.writable);
  const counted = new TransformStream<Document, Document>({
    transform(document, controller) {
      pass(document.text.length);
      controller.enqueue(document);
    },
  });
  const live = queue.readable
    .pipeThrough(counted)
    .pipeThrough(
      tokenize({ tokenizer, split: (index) => index % 10 === 9 ? "validation" : "train" }),
    )
    .pipeThrough(store({ store: tokens }));
  const shape = { rows: 12, cols: 256, seed: 1, vocabSize, windowTokens: 2 ** 19 };
  const batches = live.pipeThrough(epochs({ store: tokens, order: "stored", maxEpochs: 1 }))
    .pipeThrough(batch({ ...shape, growing: true }));
  let scored = 0;
  for await (const { validTokens, inputIds } of batches) {
    scored += validTokens;
    pass(inputIds.byteLength);
  }
  await fed;
  // All of it once more, in a shuffled order: documents and text are now those that come out again.
  [documentsIn, textIn] = [0, 0];
  phase = "shuffled";
  const again = ReadableStream.from<never>([]).pipeThrough(epochs({
    store: tokens,
    order: "shuffled",
    seed: 1,
    maxEpochs: 1,
  })).pipeThrough(
    new TransformStream<EpochRun, EpochRun>({
      transform(run, controller) {
        documentsIn++;
        textIn += BYTES_A_TOKEN * run.ids.length;
        controller.enqueue(run);
      },
    }),
  ).pipeThrough(batch(shape));
  let scoredAgain = 0;
  for await (const { validTokens, inputIds } of again) {
    scoredAgain += validTokens;
    pass(inputIds.byteLength);
  }
  if (scoredAgain !== scored) throw new Error(`Cannot score ${scored}: got ${scoredAgain}`);
  print({
    documents: tokens.documents,
    textBytes: corpus.bytes,
    scored,
    // Every token of the train split but each document's first.
    expected: tokens.tokens("train") - tokens.count("train"),
    peakRssBytes: peakRss(),
  });
} finally {
  await Deno.remove(dir, { recursive: true });
}
