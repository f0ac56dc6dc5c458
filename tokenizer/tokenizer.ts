/**
 * Byte-level BPE: text to token ids and back.
 *
 * @module
 */

import { MergeRules } from "./merge.ts";
import {
  createPretokenizer,
  type Preparation,
  type Pretokenizer,
  type SplitName,
  type Text,
} from "./pretokenize.ts";
import { TokenBytes } from "./token_bytes.ts";
import { WordEncoder } from "./word_encoder.ts";

/** A special token: one id for a text that ordinary encoding never produces. */
export interface SpecialToken {
  /** From 0; no other token has it. */
  readonly id: number;
  /** The text that stands for it, not empty. */
  readonly content: string;
}

/** What a {@linkcode Tokenizer} is made of. */
export interface TokenizerParts extends Preparation {
  /** Ids of the tokens that a prompt begins with. */
  readonly prefix?: readonly number[];
  /** Id of every token in its written form (`Ġthe`), special tokens included. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Pairs of written forms, most important first. */
  readonly merges: readonly (readonly [string, string])[];
  /** Tokens whose text is read as them only with `allowSpecial`; `vocab` has them too. */
  readonly specials: readonly SpecialToken[];
  /** `gpt2` by default. */
  readonly split?: SplitName;
  /** A piece of text that is a token as it stands is that token, whatever merging would give. */
  readonly ignoreMerges?: boolean;
}

/** Choices for {@linkcode Tokenizer.encode}. */
export interface EncodeOptions {
  /** Read the text of a special token as that token. Off, it is ordinary text. */
  readonly allowSpecial?: boolean;
  /** Begin with what the tokenizer puts before a text, as transformers' `add_special_tokens` does. */
  readonly addPrefix?: boolean;
}

/** Turns ids into text piece by piece without ever splitting a code point. */
export interface DecodeStream {
  /** The text that has become complete with this id; often empty. */
  push(id: number): string;
  /** What is left at the end; incomplete UTF-8 becomes U+FFFD. */
  flush(): string;
}

/**
 * Turns text into ids piece by piece, with the ids of the whole text in the end. The pieces are all
 * strings, or all well-formed UTF-8.
 */
export interface EncodeStream {
  /** The ids that have become certain with this piece. */
  push(text: Text): Uint32Array;
  /** The ids of what is left at the end. */
  flush(): Uint32Array;
}

const END_OF_TEXT = [
  ...["<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"],
  "<\uff5cend\u2581of\u2581sentence\uff5c>",
];
const PAD = ["<|pad|>", "<pad>"];

/**
 * A byte-level BPE tokenizer, compatible with the `ByteLevel` + `BPE` models of Hugging Face
 * tokenizers except that words past 4 KiB are cut.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { trainTokenizer } from "./train.ts";
 * const tokenizer = await trainTokenizer(["low lower lowest"], { vocabSize: 262 });
 * const ids = tokenizer.encode("lower 👍");
 * assertEquals(tokenizer.decode(ids), "lower 👍");
 * ```
 */
export class Tokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number;
  /**
   * Ids that a prompt and a document begin with by the file's post-processor, as
   * `add_special_tokens` has it.
   */
  readonly prefixIds: readonly number[];
  /** Id that ends a document. */
  readonly endOfTextId: number;
  /** Id that fills unused places; the end-of-text id where the vocabulary has no padding token. */
  readonly padId: number;
  /** What it was made of, as given. */
  readonly parts: TokenizerParts;

  readonly #tokens: (string | undefined)[];
  readonly #bytes: TokenBytes;
  readonly #pretokenize: Pretokenizer;
  readonly #words: WordEncoder;
  readonly #specialPattern: RegExp | undefined;

  /**
   * {@linkcode trainTokenizer} and {@linkcode parseTokenizer} make the parts.
   *
   * @throws {SyntaxError} when a merge's part or its result is not in the vocabulary
   */
  constructor(parts: TokenizerParts) {
    this.parts = parts;
    this.prefixIds = parts.prefix ?? [];
    this.#pretokenize = createPretokenizer(parts.split, parts);
    this.#tokens = [];
    for (const [token, id] of parts.vocab) this.#tokens[id] = token;
    for (const { id, content } of parts.specials) this.#tokens[id] = content;
    this.vocabSize = this.#tokens.length;
    this.#bytes = new TokenBytes(this.#tokens, parts.specials);

    const rules = new MergeRules();
    parts.merges.forEach(([left, right], rank) =>
      rules.add(this.#known(left, rank), {
        right: this.#known(right, rank),
        result: this.#known(`${left}${right}`, rank, "the result of "),
        rank,
      })
    );
    this.#words = new WordEncoder({ ...parts, rules });

    const idOf = (names: string[]) =>
      names.map((name) => this.tokenToId(name)).find((id) => id !== undefined);
    const endOfTextId = idOf(END_OF_TEXT);
    if (endOfTextId === undefined) {
      throw new SyntaxError(`no end-of-text token (${END_OF_TEXT.join(", ")}) in the vocabulary`);
    }
    this.endOfTextId = endOfTextId;
    const strange = this.prefixIds.find((id) => this.#tokens[id] === undefined);
    if (strange !== undefined) {
      throw new SyntaxError(`post_processor names id ${strange}, which no token has`);
    }
    this.padId = idOf(PAD) ?? endOfTextId;

    if (parts.specials.length > 0) {
      const contents = parts.specials.map(({ content }) => content)
        .sort((a, b) => b.length - a.length) // the longest of those that start at one place
        .map((content) => content.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
      this.#specialPattern = new RegExp(`(${contents.join("|")})`, "u");
    }
  }

  /**
   * Token ids of `text`; `decode` gives it back.
   *
   * @throws {RangeError} at a byte that the vocabulary does not have
   */
  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    this.#encodeAll(text, options);
    const { ids } = this.#words;
    return options.addPrefix ? Uint32Array.from([...this.prefixIds, ...ids]) : ids.slice();
  }

  /**
   * Ids of an ordinary text between {@linkcode prefixIds} and the end-of-text id, at the width that
   * a store keeps them in.
   */
  encodeDocument(text: string): Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
    this.#encodeAll(text, {});
    this.#words.emit(this.endOfTextId);
    const { ids } = this.#words;
    const { length } = this.prefixIds;
    const all = new (this.vocabSize <= 65536 ? Uint16Array : Uint32Array)(length + ids.length);
    all.set(this.prefixIds);
    all.set(ids, length);
    return all;
  }

  /** Writes the ids of `text` to the output. */
  #encodeAll(text: string, { allowSpecial = false }: EncodeOptions): void {
    const words = this.#words;
    words.start();
    if (allowSpecial && this.#specialPattern !== undefined) {
      text.split(this.#specialPattern).forEach((piece, i) => {
        if (i % 2 === 0) this.#pretokenize(piece, words.visit);
        else words.emit(this.tokenToId(piece) as number);
      });
    } else {
      this.#pretokenize(text, words.visit);
    }
  }

  /** An encoder for ordinary text that comes in pieces; its memory is fixed. */
  encodeStream(): EncodeStream {
    const pretokenize = createPretokenizer(this.parts.split, this.parts);
    const encode = (text: Text, more: boolean): Uint32Array => {
      this.#words.start();
      pretokenize(text, this.#words.visit, { more });
      return this.#words.ids.slice();
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
      push: (id) => decoder.decode(this.#knownBytes(id), { stream: true }),
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

  /** The bytes of an id; undefined where no token has it. */
  bytesOf(id: number): Uint8Array | undefined {
    return this.#bytes.of(id);
  }

  /** Whether the id is a special token's. */
  isSpecial(id: number): boolean {
    return this.parts.specials.some((special) => special.id === id);
  }

  #knownBytes(id: number): Uint8Array {
    const bytes = this.#bytes.of(id);
    if (bytes !== undefined) return bytes;
    throw new RangeError(`Cannot decode id ${id}: the vocabulary has ${this.vocabSize} ids`);
  }

  /** Id of a token that merge `rank`, or its result, is made of. */
  #known(token: string, rank: number, what = ""): number {
    const id = this.parts.vocab.get(token);
    if (id === undefined) {
      throw new SyntaxError(
        `${what}merge ${rank} needs ${JSON.stringify(token)}, not in the vocabulary`,
      );
    }
    return id;
  }
}
