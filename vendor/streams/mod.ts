/**
 * Stand-in for `@std/streams`: the two streams this project uses, with the same names and meaning as
 * the original.
 *
 * @module
 */
export { concatReadableStreams } from "./concat_readable_streams.ts";
export { TextLineStream } from "./text_line_stream.ts";
