/**
 * Stand-in for `@std/cli`: the argument parser, with the same name, types and meaning as the
 * original.
 *
 * @module
 */
export { type Args, parseArgs, type ParseOptions } from "./parse_args.ts";
