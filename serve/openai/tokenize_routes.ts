/**
 * `POST /tokenize` and `POST /detokenize`: text to token ids and back, with the names of fields that
 * llama.cpp's server has.
 *
 * @module
 */
import { z } from "zod";
import { encodeSteps, type Steps, type TextCodec } from "../../engine/mod.ts";
import { unknownModel } from "./answer_checks.ts";
import type { AnswerContext } from "./generation.ts";
import { jsonEntries, jsonStream } from "../json_stream.ts";
import { anyText, fields, flag, invalid, parseBody, wrongIdAt } from "./request_fields.ts";

/** Body of `POST /tokenize`. */
export const TOKENIZE_BODY = fields({
  content: anyText(),
  model: anyText().optional(),
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
  model: anyText().optional(),
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

/** Answers a body of `/tokenize`. @throws {ApiError} 400, naming the field */
export async function tokenize(body: unknown, context: AnswerContext): Promise<Response> {
  const { codec, scheduler, turns, client, signal } = context;
  const { model, ...asked } = parseBody(body, TOKENIZE_BODY);
  checkModel(model, context);
  const ids = await turns.run(
    encodeSteps(codec, asked.content, {
      allowSpecial: asked.parse_special ?? false,
      addPrefix: asked.add_special ?? false,
    }),
    { client, signal },
  );
  const { max_position_embeddings } = scheduler.engine.config;
  return jsonStream(tokensJson(ids, { context: max_position_embeddings, codec, ...asked }), {
    turns,
    client,
  });
}

/** Answers a body of `/detokenize`. @throws {ApiError} 400, naming the field */
export async function detokenize(body: unknown, context: AnswerContext): Promise<Response> {
  const { codec, turns, client, signal } = context;
  const { model, tokens, with_bytes = false } = parseBody(body, quickDetokenizeBody);
  checkModel(model, context);
  await turns.run(checkTokens(tokens, codec), { client, signal });
  return jsonStream(textJson(tokens, { codec, with_bytes }), { turns, client });
}

function checkModel(model: string | undefined, { modelName, adapters }: AnswerContext): void {
  // An adapter has the tokenizer of its model.
  if (model === undefined || model === modelName || adapters?.has(model)) return;
  throw unknownModel(model);
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
