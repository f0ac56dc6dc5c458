/**
 * Stand-in for `@std/streams`: the few streams this project uses, with the same names and meaning
 * as the original.
 *
 * @module
 */
export { concatReadableStreams } from "./concat_readable_streams.ts";
export { mergeReadableStreams } from "./merge_readable_streams.ts";
export { TextLineStream, type TextLineStreamOptions } from "./text_line_stream.ts";
export { toText } from "./to_text.ts";
