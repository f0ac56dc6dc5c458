/**
 * Keeps generated text within the language of a JSON schema: says which tokens may come next.
 *
 * @module
 */
import type { TokenConstraint } from "../generate.ts";
import type { TextCodec } from "../text_codec.ts";
import type { Language, Languages } from "./language.ts";
import { type CompiledSchema, compileSchema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";
import { spellsAll, type TokenBranch, tokenTrie } from "./vocabulary.ts";

/** Languages and transitions kept before all but the ones in use are made anew. */
const MAX_KEPT = 100_000;

/** Token masks kept, each as long as the vocabulary. */
const MAX_MASKS = 64;

/** Transitions, counted by their alternatives, that finding one mask may take: about 0.2 s. */
const MAX_WORK = 500_000;

/** A compiled schema over a vocabulary. */
export class Grammar {
  readonly #schema: unknown;
  readonly #codec: TextCodec;
  readonly #trie: TokenBranch;
  readonly #maxKept: number;
  #compiled: CompiledSchema;
  readonly #masks = new Map<Language, Uint8Array>();

  /** @throws {SchemaError} when the schema or the vocabulary will not do */
  constructor(schema: unknown, codec: TextCodec, { maxKept = MAX_KEPT } = {}) {
    this.#maxKept = maxKept;
    this.#schema = schema;
    this.#codec = codec;
    this.#trie = tokenTrie(codec);
    if (!spellsAll(this.#trie)) {
      throw new SchemaError("the model's vocabulary does not have every byte");
    }
    this.#compiled = compileSchema(schema);
  }

  /** What keeps one text within the language. */
  constrain(): TokenConstraint {
    let { languages, start: state } = this.#compiled;
    const settle = () => {
      if (this.#compiled.languages.size > this.#maxKept) this.#renew();
      if (languages === this.#compiled.languages) return;
      ({ languages } = this.#compiled);
      state = languages.adopt(state);
    };
    return {
      allowed: () => {
        settle();
        return this.#mask(state);
      },
      accept: (id) => {
        if (id === this.#codec.endOfTextId) return;
        languages.allowWork(MAX_WORK);
        for (const byte of this.#codec.bytesOf(id) ?? []) state = languages.after(state, byte);
      },
    };
  }

  #renew(): void {
    this.#compiled = compileSchema(this.#schema);
    this.#masks.clear();
  }

  #mask(state: Language): Uint8Array {
    const known = this.#masks.get(state);
    if (known) return known;
    const { languages } = this.#compiled;
    languages.allowWork(MAX_WORK);
    const mask = new Uint8Array(this.#codec.vocabSize);
    allow(mask, { branch: this.#trie, state, languages });
    if (state.nullable) mask[this.#codec.endOfTextId] = 1;
    if (this.#masks.size >= MAX_MASKS) {
      for (const oldest of this.#masks.keys()) {
        this.#masks.delete(oldest);
        break;
      }
    }
    this.#masks.set(state, mask);
    return mask;
  }
}

/** Marks the tokens of a branch that lead nowhere out of the language. */
function allow(
  mask: Uint8Array,
  { branch, state, languages }: { branch: TokenBranch; state: Language; languages: Languages },
): void {
  for (const next of branch.next) {
    const after = languages.after(state, next.byte);
    if (after === languages.nothing) continue;
    for (const id of next.ids) mask[id] = 1;
    allow(mask, { branch: next, state: after, languages });
  }
}
