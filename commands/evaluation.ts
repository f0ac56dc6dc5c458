/**
 * How well a model predicts the held-out documents of a run, altogether and source by source, and
 * how it continues a few texts.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { type Engine, generate, Scheduler } from "../serve/mod.ts";
import { evaluationBatches } from "../stages/batch/mod.ts";
import type { Journal } from "../stages/journal/mod.ts";
import type { Tokenizer } from "../stages/tokenize/mod.ts";
import type { TokenRun } from "../stages/types.ts";
import { heldOutDocuments, MAX_ROWS, ROWS_EACH } from "./held_out.ts";
import type { HoldOutRule } from "./hold_out.ts";
import type { Scored } from "./scored.ts";

/** Beginnings that any corpus may go on from; the likeliest continuation of each is told. */
const PROMPTS = ["The", "It is", "In the year"] as const;
/** Tokens of a continuation. */
const SAMPLE_TOKENS = 24;

/** The part of the held-out documents that comes from one site or folder. */
export interface SourceTexts {
  readonly source: string;
  /** The beginning of each document. */
  readonly runs: readonly TokenRun[];
  /** UTF-8 bytes of the text that is scored. */
  readonly bytes: number;
}

/** How well some text is predicted. */
export interface Score {
  readonly documents: number;
  /** Scored. */
  readonly tokens: number;
  /** Mean nats a token. */
  readonly loss: number;
  readonly perplexity: number;
  /** Bits a byte of text, which models with different tokenizers can be compared by. */
  readonly bitsPerByte: number;
}

/** All that is said of one model. */
export interface Evaluation extends Score {
  readonly sources: Readonly<Record<string, Score>>;
  readonly samples: readonly { readonly prompt: string; readonly continuation: string }[];
}

/**
 * Reads the beginnings of held-out documents, by source, those that validation of the run used: up
 * to {@linkcode MAX_ROWS} rows of `cols` tokens.
 */
export async function readHeldOut(
  { journal, rule, tokenizer, cols }: {
    journal: Journal;
    rule: HoldOutRule;
    tokenizer: Tokenizer;
    cols: number;
  },
): Promise<SourceTexts[]> {
  const bySource = new Map<string, { runs: TokenRun[]; bytes: number }>();
  let rows = 0;
  for await (const { id: docId, url, text } of heldOutDocuments({ journal, rule })) {
    const ids = [...tokenizer.encode(text), tokenizer.endOfTextId];
    const room = Math.min(ROWS_EACH, MAX_ROWS - rows) * cols;
    const kept = Uint32Array.from(ids.slice(0, room));
    rows += Math.max(1, Math.ceil((kept.length - 1) / cols));
    const source = sourceOf(url);
    const texts = bySource.get(source) ?? { runs: [], bytes: 0 };
    texts.runs.push({ docId, split: "validation", ids: kept });
    // The first token is not scored, and the one that ends a text has no bytes.
    const scored = kept.subarray(1).filter((id) => id !== tokenizer.endOfTextId);
    texts.bytes += new TextEncoder().encode(tokenizer.decode(scored)).length;
    bySource.set(source, texts);
    if (rows >= MAX_ROWS) break;
  }
  return [...bySource].map(([source, texts]) => ({ source, ...texts }));
}

/** Host of an address, folder of a file. */
export function sourceOf(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return protocol === "file:" ? `${basename(dirname(decodeURIComponent(pathname)))}/` : host;
}

/** Scores a model. */
export async function evaluateModel(
  { evaluate, engine }: Pick<Scored, "evaluate" | "engine">,
  { texts, tokenizer, rows, cols }: {
    texts: readonly SourceTexts[];
    tokenizer: Tokenizer;
    /** B */
    rows: number;
    /** T */
    cols: number;
  },
): Promise<Evaluation> {
  const sums: [source: string, sum: Sum][] = [];
  for (const { source, runs, bytes } of texts) {
    const sum = { documents: runs.length, tokens: 0, nats: 0, bytes };
    for await (
      const batch of evaluationBatches({ runs: ReadableStream.from(runs), rows, cols })
    ) {
      const { loss, tokens } = await evaluate(batch);
      sum.nats += loss;
      sum.tokens += tokens;
    }
    sums.push([source, sum]);
  }
  const total = { documents: 0, tokens: 0, nats: 0, bytes: 0 };
  for (const [, sum] of sums) {
    for (const key of Object.keys(total) as (keyof Sum)[]) total[key] += sum[key];
  }
  return {
    ...scoreOf(total),
    sources: Object.fromEntries(sums.map(([source, sum]) => [source, scoreOf(sum)])),
    samples: await continuePrompts(engine, tokenizer),
  };
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
    ...{ documents, tokens, loss },
    perplexity: Math.exp(loss),
    bitsPerByte: nats / Math.LN2 / bytes,
  };
}

/** The likeliest continuation of each prompt. */
async function continuePrompts(
  engine: Engine,
  tokenizer: Tokenizer,
): Promise<Evaluation["samples"]> {
  const scheduler = new Scheduler(engine);
  const samples: Evaluation["samples"][number][] = [];
  for (const prompt of PROMPTS) {
    let continuation = "";
    const pieces = generate({
      ...{ scheduler, codec: tokenizer, promptIds: tokenizer.encode(prompt) },
      ...{ maxTokens: SAMPLE_TOKENS, temperature: 0, seed: 0 },
    });
    for await (const { text } of pieces) continuation += text;
    samples.push({ prompt, continuation });
  }
  return samples;
}
