/**
 * What memory does a large corpus take on its way to batches, with V8 as `deno task pipeline` runs
 * it, and how long does a seek take?
 *
 * @module
 */
import process from "node:process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { randomStream } from "../model/random.ts";
import { batch, BatchStream } from "../stages/batch/mod.ts";
import { epochs, openStore, store } from "../stages/store/mod.ts";
import { tokenize } from "../stages/tokenize/mod.ts";
import { trainTokenizer } from "../tokenizer/mod.ts";
import type { Cursor, Document } from "../stages/types.ts";
import { readAddresses } from "./addresses.ts";
import { generateDocuments } from "./generated_corpus.ts";
import { runJob } from "./job.ts";
import { median } from "./median.ts";
import { SWITCH, TEXT } from "./flags.ts";

const VOCAB = 8192;
const SEEKS = 20;
/** Batches from one cursor that is kept to the next. */
const CURSOR_EVERY = 97;

/**
 * Runs `bench tokens [--megabytes N] [--dir FOLDER] [--json]`: trains a tokenizer on a generated
 * corpus, encodes, stores, shuffles and batches it.
 */
export async function run(args: string[]): Promise<void> {
  const flags = parseArgs({ args, options: { megabytes: TEXT, dir: TEXT, json: SWITCH } }).values;
  const megabytes = Number(flags.megabytes ?? 100);
  const dir = flags.dir ?? join("runs", "bench-tokens");
  await Deno.mkdir(dir, { recursive: true });
  try {
    const result = await runJob<Report>("tokens.ts", { megabytes, dir } satisfies Job);
    console.log(flags.json ? JSON.stringify(result) : result);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

interface Job {
  readonly megabytes: number;
  readonly dir: string;
}

type Report = Awaited<ReturnType<typeof measure>>;

async function measure({ megabytes, dir }: Job) {
  const text = (await readAddresses()).join("\n\n");
  const corpus = () => generateDocuments(text, megabytes * 1e6);
  const start = performance.now();
  const tokenizer = await trainTokenizer(textsOf(corpus()), { vocabSize: VOCAB });
  const trainSeconds = (performance.now() - start) / 1000;
  const trainPeakMiB = peakMiB();

  const encodeStart = performance.now();
  const { vocabSize } = tokenizer;
  await using tokens = await openStore({ dir, vocabSize, tokenizerHash: "bench" });
  const live = ReadableStream.from(corpus())
    .pipeThrough(tokenize({ tokenizer, split: () => "train" }))
    .pipeThrough(store({ store: tokens }));
  const batches = live.pipeThrough(epochs({ store: tokens, order: "shuffled", maxEpochs: 1 }))
    .pipeThrough(batch({ rows: 12, cols: 256, vocabSize }));
  let scored = 0;
  const cursors: Cursor[] = [];
  for await (const { validTokens, cursor } of batches) {
    scored += validTokens;
    if (cursor.batch % CURSOR_EVERY === 0) cursors.push(cursor);
  }
  const batchSeconds = (performance.now() - encodeStart) / 1000;

  const random = randomStream(1, { name: "seek" });
  const seekMs: number[] = [];
  for (let i = 0; i < SEEKS; i++) {
    const from = random.word(i) % tokens.count("train");
    const seekStart = performance.now();
    const start = { epoch: 1, place: from };
    const live = ReadableStream.from([]);
    const reader = live.pipeThrough(epochs({ store: tokens, order: "shuffled", start }))
      .getReader();
    const { value } = await reader.read();
    seekMs.push(performance.now() - seekStart);
    if (value?.place !== from) throw new Error(`Cannot seek: wanted ${from}, got ${value?.place}`);
    await reader.cancel();
  }
  // From everywhere in a window, the middle of the corpus included.
  const resumeMs: number[] = [];
  for (let i = 0; i < SEEKS && cursors.length > 0; i++) {
    const cursor = cursors[random.word(SEEKS + i) % cursors.length] as Cursor;
    const resumeStart = performance.now();
    await using stream = new BatchStream({
      open: (start) =>
        ReadableStream.from<never>([]).pipeThrough(epochs({
          store: tokens,
          order: "shuffled",
          start,
          maxEpochs: 1,
        })),
      rows: 12,
      cols: 256,
      vocabSize,
      cursor,
    });
    const next = await stream.next();
    resumeMs.push(performance.now() - resumeStart);
    if (next && next.cursor.batch !== cursor.batch + 1) {
      throw new Error("Cannot resume: wrong batch");
    }
  }
  return {
    megabytes,
    trainSeconds,
    trainPeakMiB,
    batchSeconds,
    peakMiB: peakMiB(),
    documents: tokens.documents,
    tokens: tokens.tokens("train"),
    scored,
    slowestSeekMs: Math.max(...seekMs),
    medianResumeMs: median(resumeMs),
    slowestResumeMs: Math.max(...resumeMs),
  };
}

/** Most memory that this process has been resident in so far. */
function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

function* textsOf(documents: Iterable<Document>): Generator<string> {
  for (const { text } of documents) yield text;
}

if (import.meta.main) console.log(JSON.stringify(await measure(JSON.parse(Deno.args[0] ?? ""))));
