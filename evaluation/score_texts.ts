/**
 * Scores a model on texts, in total and by source.
 *
 * @module
 */
import { evaluationBatches, type Ids } from "../stages/batch/mod.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import type { Origin } from "../run/draw_rows.ts";
import type { Evaluable } from "./evaluable.ts";

/** Score of some text. */
export interface Score {
  readonly documents: number;
  /** Scored. */
  readonly tokens: number;
  /** Mean loss in nats per token. */
  readonly loss: number;
  readonly perplexity: number;
  /** Bits per byte of text, comparable between models with different tokenizers. */
  readonly bitsPerByte: number;
}

/** The score of all texts, and of those of each source. */
export interface Scores extends Score {
  readonly sources: Readonly<Record<string, Score>>;
}

/** A held-out document, or a part of one. */
export type ScoredText = Pick<Origin, "source" | "place"> & { readonly ids: Ids };

/** Options of {@linkcode scoreTexts}. */
export interface ScoreOptions {
  /** In the order of their places. Each token but the first of each text is scored. */
  readonly texts: AsyncIterable<ScoredText>;
  readonly tokenizer: Tokenizer;
  /** B */
  readonly rows: number;
  /** T */
  readonly cols: number;
  /** Called after each batch with the tokens scored so far and the place of the newest document. */
  readonly onProgress?: (done: { tokens: number; place: number }) => void;
}

/** Batches of one source packed together. */
const WINDOW_BATCHES = 4;
/** Bound of the texts waiting in all sources, in such windows. */
const WAITING_WINDOWS = 16;

/** Scores a model, with separate batches per source. Holds some dozen batches of text. */
export async function scoreTexts(
  { evaluate }: Pick<Evaluable, "evaluate">,
  { texts, tokenizer, rows, cols, onProgress }: ScoreOptions,
): Promise<Scores> {
  const windowRows = WINDOW_BATCHES * rows;
  const waiting = new WaitingTexts();
  const sums = new Map<string, Sum>();
  let scored = 0, place = -1;
  const score = async (source: string, runs: readonly ScoredText[]) => {
    const sum = sums.get(source) as Sum;
    const packed = evaluationBatches({ runs: ReadableStream.from(runs), rows, cols, windowRows });
    for await (const batch of packed) {
      const { loss, tokens } = await evaluate(batch);
      sum.nats += loss;
      sum.tokens += tokens;
      scored += tokens;
      onProgress?.({ tokens: scored, place });
    }
  };
  for await (const text of texts) {
    const { source, ids } = text;
    const sum = sums.get(source) ?? { documents: 0, tokens: 0, nats: 0, bytes: 0 };
    sums.set(source, sum);
    if (text.place !== place) sum.documents++;
    place = text.place;
    sum.bytes += bytesOf(ids, tokenizer);
    waiting.add(text);
    const isMuch = waiting.tokens > WAITING_WINDOWS * windowRows * cols;
    if (isMuch || waiting.tokensOf(source) >= windowRows * cols) {
      const fullest = isMuch ? waiting.fullest() : source;
      await score(fullest, waiting.take(fullest));
    }
  }
  for (const source of sums.keys()) await score(source, waiting.take(source));
  const total = { documents: 0, tokens: 0, nats: 0, bytes: 0 };
  for (const sum of sums.values()) {
    for (const key of Object.keys(total) as (keyof Sum)[]) total[key] += sum[key];
  }
  return {
    ...scoreOf(total),
    sources: Object.fromEntries([...sums].map(([source, sum]) => [source, scoreOf(sum)])),
  };
}

/** UTF-8 bytes of the target tokens; special tokens around a text have none. */
export function bytesOf(ids: Ids, tokenizer: Tokenizer): number {
  const around = [...tokenizer.prefixIds, tokenizer.endOfTextId];
  let bytes = 0;
  for (let i = 1; i < ids.length; i++) {
    const id = ids[i] as number;
    if (!around.includes(id)) bytes += tokenizer.bytesOf(id)?.length ?? 0;
  }
  return bytes;
}

/** Texts that wait until their source can fill batches. */
class WaitingTexts {
  readonly #bySource = new Map<string, { texts: ScoredText[]; tokens: number }>();
  /** Total of all sources. */
  tokens = 0;

  add(text: ScoredText): void {
    const { source, ids } = text;
    const held = this.#bySource.get(source) ?? { texts: [], tokens: 0 };
    this.#bySource.set(source, held);
    held.texts.push(text);
    held.tokens += ids.length;
    this.tokens += ids.length;
  }

  tokensOf(source: string): number {
    return this.#bySource.get(source)?.tokens ?? 0;
  }

  fullest(): string {
    return [...this.#bySource].reduce((a, b) => b[1].tokens > a[1].tokens ? b : a)[0];
  }

  take(source: string): readonly ScoredText[] {
    const { texts, tokens } = this.#bySource.get(source) ?? { texts: [], tokens: 0 };
    this.#bySource.delete(source);
    this.tokens -= tokens;
    return texts;
  }
}

interface Sum {
  documents: number;
  tokens: number;
  nats: number;
  bytes: number;
}

function scoreOf({ documents, tokens, nats, bytes }: Sum): Score {
  const loss = nats / tokens;
  return {
    documents,
    tokens,
    loss,
    perplexity: Math.exp(loss),
    bitsPerByte: nats / Math.LN2 / bytes,
  };
}
