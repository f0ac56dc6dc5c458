/**
 * Byte-level BPE: learning, encoding, decoding, and the tokenizer.json it is kept in.
 *
 * @module
 */
export type { Preparation, SplitName } from "./pretokenize.ts";
export { readTokenizer, type TokenizerFileContents } from "./read_tokenizer.ts";
export { parseTiktoken, type TiktokenOptions } from "./tiktoken.ts";
export { addUses, describeUses, type TokenUses } from "./token_uses.ts";
export {
  type DecodeStream,
  type EncodeOptions,
  type EncodeStream,
  type SpecialToken,
  Tokenizer,
  type TokenizerParts,
} from "./tokenizer.ts";
export { formatSpecial, formatTokenizer, parseTokenizer } from "./tokenizer_json.ts";
export {
  type TrainingText,
  type TrainProgress,
  trainTokenizer,
  type TrainTokenizerOptions,
} from "./train.ts";
export { type ByteSource, utf8Pieces } from "./utf8_pieces.ts";
