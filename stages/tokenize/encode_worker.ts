/**
 * The worker of {@linkcode "./encoders.ts"}: encodes the texts it is sent, one after another.
 *
 * @module
 */

import { workerScope } from "../worker_pool.ts";
import { Tokenizer, type TokenizerParts } from "../../tokenizer/mod.ts";

/** What a worker is told: first what to encode with, then texts. */
export type EncodeRequest =
  | { readonly kind: "open"; readonly parts: TokenizerParts }
  | { readonly kind: "encode"; readonly number: number; readonly text: string };

/** What it answers to a text: the ids of the document, or why there are none. */
export type EncodeAnswer =
  | { readonly number: number; readonly ids: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> }
  | { readonly number: number; readonly reason: string };

const scope = workerScope<EncodeRequest, EncodeAnswer>();
let tokenizer: Tokenizer | undefined;

scope.addEventListener("message", ({ data }) => {
  if (data.kind === "open") {
    tokenizer = new Tokenizer(data.parts);
    return;
  }
  const { number, text } = data;
  let ids: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  try {
    if (!tokenizer) throw new Error("the worker has no tokenizer");
    ids = tokenizer.encodeDocument(text);
  } catch (error) {
    scope.postMessage({ number, reason: error instanceof Error ? error.message : String(error) });
    return;
  }
  scope.postMessage({ number, ids }, [ids.buffer]);
});
