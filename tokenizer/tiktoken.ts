/**
 * Reads the ranks that openai/tiktoken publishes: one token per line, base64 and its id, where the
 * order of the ids is the order of the merges.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { BYTE_CHARS } from "./byte_alphabet.ts";
import type { SplitName } from "./pretokenize.ts";
import { type SpecialToken, Tokenizer } from "./tokenizer.ts";

/** Choices for {@linkcode parseTiktoken}. */
export interface TiktokenOptions {
  /** For messages. */
  readonly source: string;
  /** How the vocabulary's text was split before merging, which the file does not say. */
  readonly split: SplitName;
  /** Special tokens, which the file lacks. */
  readonly specials: readonly SpecialToken[];
}

/**
 * Makes a tokenizer from a `.tiktoken` file: `gpt2` splits for r50k_base, `gpt4` for cl100k_base.
 *
 * @throws {SyntaxError} naming `source` and the line
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseTiktoken } from "./tiktoken.ts";
 * const bytes = Array.from({ length: 256 }, (_, byte) => `${btoa(String.fromCharCode(byte))} ${byte}`);
 * const tokenizer = parseTiktoken([...bytes, `${btoa("ab")} 256`].join("\n"), {
 *   source: "tiny.tiktoken", split: "gpt4", specials: [{ id: 257, content: "<|endoftext|>" }],
 * });
 * assertEquals([...tokenizer.encode("ab")], [256]);
 * ```
 */
export function parseTiktoken(
  text: string,
  { source, split, specials }: TiktokenOptions,
): Tokenizer {
  const vocab = new Map<string, number>();
  for (const [i, line] of text.trimEnd().split("\n").entries()) {
    const [, base64, id] = /^([A-Za-z0-9+/]+=*) (\d{1,7})\r?$/.exec(line) ?? [];
    if (base64 === undefined) {
      throw new SyntaxError(
        `Cannot read tokenizer ${source}: line ${i + 1} is not a token and its id`,
      );
    }
    const bytes = Buffer.from(base64, "base64");
    vocab.set(Array.from(bytes, (byte) => BYTE_CHARS[byte]).join(""), Number(id));
  }
  return new Tokenizer({ vocab, merges: mergesOf(vocab), specials, split, ignoreMerges: true });
}

/** Every way to make a token of two others, by its id and then by theirs. */
function mergesOf(vocab: ReadonlyMap<string, number>): [string, string][] {
  const ways: { result: number; left: number; right: number; pair: [string, string] }[] = [];
  for (const [token, result] of vocab) {
    for (let at = 1; at < token.length; at++) {
      const pair: [string, string] = [token.slice(0, at), token.slice(at)];
      const left = vocab.get(pair[0]), right = vocab.get(pair[1]);
      if (left !== undefined && right !== undefined) ways.push({ result, left, right, pair });
    }
  }
  return ways.sort((a, b) => a.result - b.result || a.left - b.left || a.right - b.right)
    .map(({ pair }) => pair);
}
