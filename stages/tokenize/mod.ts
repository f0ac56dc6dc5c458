/**
 * Document → TokenRun: byte-level BPE, its training, and the tokenizer.json it is kept in.
 *
 * @module
 */

export { encodeBytes } from "./byte_strings.ts";
export { type DocumentIds, type Encoders, type EncodersOptions, openEncoders } from "./encoders.ts";
export type { EncodeOptions, Encoding } from "./encoding.ts";
export type { SplitName } from "./pretokenize.ts";
export { readTokenizer, type TokenizerFileContents } from "./read_tokenizer.ts";
export { tokenize, type TokenizeOptions } from "./stage.ts";
export { parseTiktoken, type TiktokenOptions } from "./tiktoken.ts";
export {
  type DecodeStream,
  type EncodeStream,
  type SpecialToken,
  Tokenizer,
  type TokenizerParts,
} from "./tokenizer.ts";
export { formatTokenizer, parseTokenizer } from "./tokenizer_json.ts";
export { utf8Pieces } from "./utf8_pieces.ts";
export {
  type TrainingText,
  type TrainProgress,
  trainTokenizer,
  type TrainTokenizerOptions,
} from "./train.ts";
