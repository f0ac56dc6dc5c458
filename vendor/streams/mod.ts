/**
 * Stand-in for `@std/streams`: the one stream this project uses, with the same name and meaning as
 * the original.
 *
 * @module
 */
export { TextLineStream } from "./text_line_stream.ts";
