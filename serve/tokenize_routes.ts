/**
 * `POST /tokenize` and `POST /detokenize`: text to token ids and back, with the names of fields that
 * llama.cpp's server has.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Scheduler } from "./scheduler.ts";
import { anyText, fields, flag, invalid, parseBody } from "./request_fields.ts";
import { decodeIds, type TextCodec } from "./text_codec.ts";

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
  /** Reads a request's body as text. */
  readonly readBody: (context: Context) => Promise<string>;
}

/** Adds both routes. */
export function addTokenize(app: Hono, { codec, scheduler, readBody }: TokenizeOptions): void {
  app.post("/tokenize", async (context) => {
    const body = parseBody(await readBody(context), TOKENIZE_BODY);
    const ids = Array.from(
      codec.encode(body.content, {
        ...{ allowSpecial: body.parse_special ?? false, addPrefix: body.add_special ?? false },
      }),
    );
    return context.json({
      tokens: body.with_pieces ? piecesOf(ids, codec) : ids,
      count: ids.length,
      max_model_len: scheduler.engine.config.max_position_embeddings,
    });
  });
  app.post("/detokenize", async (context) => {
    const { tokens, with_bytes } = parseBody(await readBody(context), DETOKENIZE_BODY);
    const pieces = tokens.map((id, i) => {
      const bytes = codec.bytesOf(id);
      if (!bytes) throw invalid(`tokens.${i} must be the id of a token, not ${id}`, `tokens.${i}`);
      return bytes;
    });
    return context.json({
      content: decodeIds(codec, tokens),
      ...(with_bytes && { bytes: pieces.flatMap((bytes) => Array.from(bytes)) }),
    });
  });
}

function piecesOf(ids: readonly number[], codec: TextCodec): TokenPiece[] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let end = 0;
  return ids.map((id) => {
    const bytes = codec.bytesOf(id) ?? new Uint8Array();
    const start = end;
    end += bytes.length;
    return { id, piece: textOf(bytes, decoder) ?? Array.from(bytes), start, end };
  });
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
