/**
 * Document → TokenRun: byte-level BPE, its training, and the tokenizer.json it is kept in.
 *
 * @module
 */

export { type DocumentIds, type Encoders, type EncodersOptions, openEncoders } from "./encoders.ts";

export { tokenize, type TokenizeOptions } from "./stage.ts";
