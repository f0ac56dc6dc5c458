/**
 * Byte-level BPE: text to token ids and back.
 *
 * @module
 */

import { ALPHABET_ORDER, BYTE_CHARS, bytesOfToken } from "./byte_alphabet.ts";
import { MergeRules } from "./merge.ts";
import {
  createPretokenizer,
  MAX_PRETOKEN_BYTES,
  type Pretokenizer,
  type SplitName,
} from "./pretokenize.ts";
import { WordTable } from "./word_table.ts";

/** A special token: one id for a text that ordinary encoding never produces. */
export interface SpecialToken {
  readonly id: number;
  readonly content: string;
}

/** What a {@linkcode Tokenizer} is made of. */
export interface TokenizerParts {
  /** Id of every token in its written form (`Ġthe`), special tokens included. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Pairs of written forms, most important first. */
  readonly merges: readonly (readonly [string, string])[];
  readonly specials: readonly SpecialToken[];
  /** `gpt2` unless stated. */
  readonly split?: SplitName;
  /** A piece of text that is a token as it stands is that token, whatever merging would give. */
  readonly ignoreMerges?: boolean;
}

/** Turns ids into text piece by piece without ever splitting a code point. */
export interface DecodeStream {
  /** The text that has become complete with this id; often empty. */
  push(id: number): string;
  /** What is left at the end; incomplete UTF-8 becomes U+FFFD. */
  flush(): string;
}

/** Turns text into ids piece by piece, with the ids of the whole text in the end. */
export interface EncodeStream {
  /** The ids that have become certain with this piece. */
  push(text: string): Uint32Array;
  /** The ids of what is left at the end. */
  flush(): Uint32Array;
}

/** Choices for {@linkcode Tokenizer.encode}. */
export interface EncodeOptions {
  /** Read the text of a special token as that token. Off, it is ordinary text. */
  readonly allowSpecial?: boolean;
}

const END_OF_TEXT = ["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"];
const PAD = ["<|pad|>", "<pad>"];

/** The word cache starts again past either bound: about 2 MiB together. */
const CACHE_WORDS = 1 << 15;
const CACHE_BYTES = 1 << 20;

/**
 * A byte-level BPE tokenizer, compatible with the `ByteLevel` + `BPE` models of Hugging Face
 * tokenizers except that words past 4 KiB are cut.
 *
 * @example
 * ```ts
 * import { trainTokenizer } from "./train.ts";
 * const tokenizer = await trainTokenizer(["low lower lowest"], { vocabSize: 262 });
 * const ids = tokenizer.encode("lower 👍");
 * console.assert(tokenizer.decode(ids) === "lower 👍");
 * ```
 */
export class Tokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number;
  /** Id that ends a document. */
  readonly endOfTextId: number;
  /** Id that fills unused places; the end-of-text id where the vocabulary has no padding token. */
  readonly padId: number;
  readonly parts: TokenizerParts;

  readonly #tokens: (string | undefined)[];
  /** Bytes of each id. */
  readonly #bytes: (Uint8Array | undefined)[];
  readonly #idOfByte = new Int32Array(256);
  readonly #rules = new MergeRules();
  readonly #pretokenize: Pretokenizer;
  readonly #specialPattern: RegExp | undefined;

  readonly #cache = new WordTable();
  /** Ids of cached word `i`: `#cacheIds[#cacheEnds[i - 1], #cacheEnds[i])`. */
  readonly #cacheEnds = new Int32Array(CACHE_WORDS);
  readonly #cacheIds = new Int32Array(CACHE_BYTES + MAX_PRETOKEN_BYTES);
  readonly #symbols = new Int32Array(MAX_PRETOKEN_BYTES);
  #output = new Uint32Array(4096);
  #length = 0;

  /** @throws {SyntaxError} when a merge's part or its result is not in the vocabulary */
  constructor(parts: TokenizerParts) {
    this.parts = parts;
    this.#pretokenize = createPretokenizer(parts.split);
    this.#tokens = [];
    for (const [token, id] of parts.vocab) this.#tokens[id] = token;
    for (const { id, content } of parts.specials) this.#tokens[id] = content;
    this.vocabSize = this.#tokens.length;
    this.#bytes = this.#tokens.map((token) => token === undefined ? token : bytesOfToken(token));
    const encoder = new TextEncoder();
    for (const { id, content } of parts.specials) this.#bytes[id] = encoder.encode(content);

    for (const byte of ALPHABET_ORDER) {
      this.#idOfByte[byte] = parts.vocab.get(BYTE_CHARS[byte] as string) ?? -1;
    }
    parts.merges.forEach(([left, right], rank) =>
      this.#rules.add(this.#known(left, `merge ${rank}`), {
        right: this.#known(right, `merge ${rank}`),
        result: this.#known(`${left}${right}`, `the result of merge ${rank}`),
        rank,
      })
    );

    const idOf = (names: string[]) =>
      names.map((name) => this.tokenToId(name)).find((id) => id !== undefined);
    const endOfTextId = idOf(END_OF_TEXT);
    if (endOfTextId === undefined) {
      throw new SyntaxError(`no end-of-text token (${END_OF_TEXT.join(", ")}) in the vocabulary`);
    }
    this.endOfTextId = endOfTextId;
    this.padId = idOf(PAD) ?? endOfTextId;

    if (parts.specials.length > 0) {
      const contents = parts.specials.map(({ content }) => content)
        .sort((a, b) => b.length - a.length) // the longest of those that start at one place
        .map((content) => content.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
      this.#specialPattern = new RegExp(`(${contents.join("|")})`, "u");
    }
  }

  /** Token ids of `text`; `decode` gives it back. */
  encode(text: string, { allowSpecial = false }: EncodeOptions = {}): Uint32Array {
    this.#length = 0;
    if (allowSpecial && this.#specialPattern !== undefined) {
      text.split(this.#specialPattern).forEach((piece, i) => {
        if (i % 2 === 0) this.#pretokenize(piece, this.#encodeWord);
        else this.#emit(this.tokenToId(piece) as number);
      });
    } else {
      this.#pretokenize(text, this.#encodeWord);
    }
    return this.#output.slice(0, this.#length);
  }

  /** An encoder for ordinary text that comes in pieces; its memory is fixed. */
  encodeStream(): EncodeStream {
    const pretokenize = createPretokenizer(this.parts.split);
    const encode = (text: string, more: boolean): Uint32Array => {
      this.#length = 0;
      pretokenize(text, this.#encodeWord, { more });
      return this.#output.slice(0, this.#length);
    };
    return { push: (text) => encode(text, true), flush: () => encode("", false) };
  }

  /** Text of `ids`, special tokens included; ids that end inside a code point give U+FFFD. */
  decode(ids: Iterable<number>): string {
    const stream = this.decodeStream();
    const pieces: string[] = [];
    for (const id of ids) pieces.push(stream.push(id));
    pieces.push(stream.flush());
    return pieces.join("");
  }

  /** A decoder for ids that arrive one by one. */
  decodeStream(): DecodeStream {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return {
      push: (id) => {
        const bytes = this.#bytes[id];
        if (bytes === undefined) {
          throw new RangeError(`Cannot decode id ${id}: the vocabulary has ${this.vocabSize} ids`);
        }
        return decoder.decode(bytes, { stream: true });
      },
      flush: () => decoder.decode(),
    };
  }

  /** Id of a token in its written form, e.g. `Ġthe` or `<|endoftext|>`. */
  tokenToId(token: string): number | undefined {
    return this.parts.vocab.get(token) ??
      this.parts.specials.find(({ content }) => content === token)?.id;
  }

  /** Written form of an id. */
  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  #known(token: string, what: string): number {
    const id = this.parts.vocab.get(token);
    if (id === undefined) {
      throw new SyntaxError(`${what} needs ${JSON.stringify(token)}, not in the vocabulary`);
    }
    return id;
  }

  #emit(id: number): void {
    if (this.#length === this.#output.length) {
      const output = new Uint32Array(this.#length * 2);
      output.set(this.#output);
      this.#output = output;
    }
    this.#output[this.#length++] = id;
  }

  readonly #encodeWord = (bytes: Uint8Array, start: number, end: number): void => {
    let word = this.#cache.find(bytes, start, end);
    if (word < 0) word = this.#learnWord(bytes, start, end);
    const ids = this.#cacheIds;
    const stop = this.#cacheEnds[word] as number;
    for (let at = word === 0 ? 0 : this.#cacheEnds[word - 1] as number; at < stop; at++) {
      this.#emit(ids[at] as number);
    }
  };

  /** Merges a word that is not in the cache, and adds it. */
  #learnWord(bytes: Uint8Array, start: number, end: number): number {
    if (this.#cache.size === CACHE_WORDS || this.#cache.byteLength > CACHE_BYTES) {
      this.#cache.clear();
    }
    const length = this.#mergeWord(bytes, start, end);
    const word = this.#cache.add(bytes, { start, end });
    const at = word === 0 ? 0 : this.#cacheEnds[word - 1] as number;
    this.#cacheIds.set(this.#symbols.subarray(0, length), at);
    this.#cacheEnds[word] = at + length;
    return word;
  }
  /** Writes the ids of a word into `#symbols` and returns their number. */
  #mergeWord(bytes: Uint8Array, start: number, end: number): number {
    if (this.parts.ignoreMerges) {
      let token = "";
      for (let i = start; i < end; i++) token += BYTE_CHARS[bytes[i] as number];
      const id = this.parts.vocab.get(token);
      if (id !== undefined) {
        this.#symbols[0] = id;
        return 1;
      }
    }
    for (let i = start; i < end; i++) {
      const id = this.#idOfByte[bytes[i] as number] as number;
      if (id < 0) {
        throw new RangeError(`Cannot encode byte ${bytes[i]}: it is not in the vocabulary`);
      }
      this.#symbols[i - start] = id;
    }
    return this.#rules.merge(this.#symbols, end - start);
  }
}
