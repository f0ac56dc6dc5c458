/**
 * `POST /tokenize` and `POST /detokenize`: text to token ids and back, with the names of fields that
 * llama.cpp's server has.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { z } from "zod";
import {
  encodeSteps,
  type Scheduler,
  type Steps,
  type TextCodec,
  type Turns,
} from "../../engine/mod.ts";
import { jsonEntries, jsonStream } from "../json_stream.ts";
import { anyText, fields, flag, invalid, parseBody, wrongIdAt } from "./request_fields.ts";

/** Body of `POST /tokenize`. */
export const TOKENIZE_BODY = fields({
  content: anyText(),
  // Begins with what the tokenizer puts before a text, as the prompt of a completion does.
  add_special: flag().optional(),
  // Reads the text of a special token as that token.
  parse_special: flag().optional(),
  with_pieces: flag().optional(),
});

const rule = { error: "must be an array of token ids" };

/** Body of `POST /detokenize`. */
export const DETOKENIZE_BODY = fields({
  tokens: z.array(z.number(rule).int(rule).min(0, rule), rule),
  with_bytes: flag().optional(),
});

/** As the above says it, quick however long the list is. */
const quickDetokenizeBody = DETOKENIZE_BODY.extend({
  tokens: z.custom<number[]>(Array.isArray, rule),
});

/** A token and the bytes of the text that it stands for. */
export interface TokenPiece {
  readonly id: number;
  /** Its text, or its bytes where they are no whole characters. */
  readonly piece: string | readonly number[];
  /** Where it begins in the text's UTF-8. */
  readonly start: number;
  readonly end: number;
}

/** What the routes need. */
export interface TokenizeOptions {
  readonly codec: TextCodec;
  readonly scheduler: Scheduler;
  /** Reads a request's body. */
  readonly readBody: (context: Context) => Promise<unknown>;
  readonly turns: Turns;
  /** Who asks. */
  readonly clientOf: (context: Context) => string;
}

/** Adds both routes. */
export function addTokenize(
  app: Hono,
  { codec, scheduler, readBody, turns, clientOf }: TokenizeOptions,
): void {
  app.post("/tokenize", async (context) => {
    const body = parseBody(await readBody(context), TOKENIZE_BODY);
    const client = clientOf(context);
    const ids = await turns.run(
      encodeSteps(codec, body.content, {
        allowSpecial: body.parse_special ?? false,
        addPrefix: body.add_special ?? false,
      }),
      { client, signal: context.req.raw.signal },
    );
    const { max_position_embeddings } = scheduler.engine.config;
    return jsonStream(tokensJson(ids, { context: max_position_embeddings, codec, ...body }), {
      turns,
      client,
    });
  });
  app.post("/detokenize", async (context) => {
    const { tokens, with_bytes = false } = parseBody(await readBody(context), quickDetokenizeBody);
    const client = clientOf(context);
    await turns.run(checkTokens(tokens, codec), { client, signal: context.req.raw.signal });
    return jsonStream(textJson(tokens, { codec, with_bytes }), { turns, client });
  });
}

function* tokensJson(
  ids: readonly number[],
  { context, codec, with_pieces = false }: {
    context: number;
    codec: TextCodec;
    with_pieces?: boolean | undefined;
  },
): Generator<string> {
  yield '{"tokens":[';
  yield* with_pieces
    ? jsonEntries(piecesOf(ids, codec), JSON.stringify)
    : jsonEntries(ids, (id) => `${id}`);
  yield `],"count":${ids.length},"max_model_len":${context}}`;
}

/** Ids looked at between two yields. */
const PER_STEP = 4096;

/** Refuses what is no id of a token, by its place. */
function* checkTokens(tokens: readonly number[], codec: TextCodec): Steps<void> {
  const wrong = wrongIdAt(tokens);
  if (wrong !== -1) {
    const value: unknown = tokens[wrong];
    const shown = typeof value === "number" ? `, not ${value}` : "";
    throw invalid(`tokens.${wrong} ${rule.error}${shown}`, `tokens.${wrong}`);
  }
  for (const [i, id] of tokens.entries()) {
    if (i % PER_STEP === PER_STEP - 1) yield;
    if (codec.bytesOf(id)) continue;
    throw invalid(`tokens.${i} must be the id of a token, not ${id}`, `tokens.${i}`);
  }
}

/** A decoder gives whole characters, so that its pieces can be written one after the other. */
function* textJson(
  tokens: readonly number[],
  { codec, with_bytes }: { codec: TextCodec; with_bytes: boolean },
): Generator<string> {
  const decoder = codec.decodeStream();
  const inner = (text: string) => JSON.stringify(text).slice(1, -1);
  yield '{"content":"';
  for (const id of tokens) yield inner(decoder.push(id));
  yield `${inner(decoder.flush())}"`;
  if (with_bytes) {
    yield ',"bytes":[';
    yield* jsonEntries(tokens, (id) => (codec.bytesOf(id) ?? []).join());
    yield "]";
  }
  yield "}";
}

function* piecesOf(ids: readonly number[], codec: TextCodec): Generator<TokenPiece> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let end = 0;
  for (const id of ids) {
    const bytes = codec.bytesOf(id) ?? new Uint8Array();
    const start = end;
    end += bytes.length;
    yield { id, piece: textOf(bytes, decoder) ?? Array.from(bytes), start, end };
  }
}

/** The text of whole characters; nothing where they are not whole. */
function textOf(bytes: Uint8Array, decoder: TextDecoder): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}
