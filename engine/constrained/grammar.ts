/**
 * Keeps generated text within the language of a JSON schema: says which tokens may come next.
 *
 * @module
 */
import type { TokenConstraint } from "../generate.ts";
import type { TextCodec } from "../text_codec.ts";
import type { RunSteps, Steps } from "../turns.ts";
import { GrammarWorkError, type Language, type Languages } from "./language.ts";
import type { CompiledSchema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";
import { spellsAll, type TokenBranch, tokenTrie } from "./vocabulary.ts";

/** Languages and transitions kept before all but the ones in use are made anew. */
const MAX_KEPT = 100_000;

/** Token masks kept, each as long as the vocabulary. */
const MAX_MASKS = 64;

/** Transitions, counted by their alternatives, that finding one mask may take: about 0.2 s. */
const MAX_WORK = 500_000;

/** Token branches looked at between two yields, and work for them. */
const PER_STEP = 16;
const WORK_PER_STEP = 1000;

/** What may follow a text that grows. */
export interface Follower {
  /** Zero for each token that must not come. */
  allowed(): Steps<Uint8Array>;
  /** Adds a token, which must be an allowed one, to the text. */
  accept(id: number): void;
}

/** What a {@linkcode Grammar} is made of. */
export interface GrammarParts {
  readonly codec: TextCodec;
  /** Makes the languages, anew whenever too much is kept of them. */
  readonly compile: () => Steps<CompiledSchema>;
  /** Ids that end an answer beside the codec's own end of a text. */
  readonly stopIds?: ReadonlySet<number>;
  /** Special tokens that may come where their texts may. */
  readonly spoken?: readonly string[];
  /** Languages and transitions kept. */
  readonly maxKept?: number;
}

/** A language of answers over a vocabulary. */
export class Grammar {
  readonly #parts: GrammarParts;
  readonly #codec: TextCodec;
  readonly #trie: TokenBranch;
  readonly #maxKept: number;
  #compiled: CompiledSchema;
  readonly #masks = new Map<Language, Uint8Array>();

  private constructor(
    parts: GrammarParts,
    { trie, compiled }: { trie: TokenBranch; compiled: CompiledSchema },
  ) {
    this.#parts = parts;
    this.#codec = parts.codec;
    this.#trie = trie;
    this.#maxKept = parts.maxKept ?? MAX_KEPT;
    this.#compiled = compiled;
  }

  /**
   * Compiles what keeps answers within a language.
   *
   * @throws {SchemaError} when a schema or the vocabulary will not do
   */
  static *compile(parts: GrammarParts): Steps<Grammar> {
    const trie = yield* tokenTrie(parts.codec, parts.spoken);
    if (!spellsAll(trie)) {
      throw new SchemaError("the model's vocabulary does not have every byte");
    }
    return new Grammar(parts, { trie, compiled: yield* parts.compile() });
  }

  /** What keeps one text within the language, by work that `run` does. */
  constrain(run: RunSteps): TokenConstraint {
    const follower = this.follow();
    return { allowed: () => run(follower.allowed()), accept: (id) => follower.accept(id) };
  }

  /** Follows one text. */
  follow(): Follower {
    let { languages, start: state } = this.#compiled;
    let unread: number[] = [];
    const find = function* (this: Grammar): Steps<Uint8Array> {
      const work = new Work(languages, MAX_WORK);
      for (const byte of unread) {
        state = work.after(state, byte);
        if (work.isDue) yield;
      }
      unread = [];
      if (this.#compiled.languages.size > this.#maxKept) {
        this.#masks.clear();
        this.#compiled = yield* this.#parts.compile();
      }
      if (languages !== this.#compiled.languages) {
        ({ languages } = this.#compiled);
        state = yield* languages.adopt(state);
      }
      return yield* this.#mask(state, languages);
    }.bind(this);
    return {
      allowed: () => withinStack(find()),
      accept: (id) => {
        if (!this.#ends(id)) unread.push(...this.#codec.bytesOf(id) ?? []);
      },
    };
  }

  #ends(id: number): boolean {
    return id === this.#codec.endOfTextId || this.#parts.stopIds?.has(id) === true;
  }

  *#mask(state: Language, languages: Languages): Steps<Uint8Array> {
    const known = this.#masks.get(state);
    if (known) return known;
    const work = new Work(languages, MAX_WORK);
    const mask = new Uint8Array(this.#codec.vocabSize);
    yield* allow(mask, { branch: this.#trie, state, work });
    if (state.nullable) {
      mask[this.#codec.endOfTextId] = 1;
      for (const id of this.#parts.stopIds ?? []) if (id < mask.length) mask[id] = 1;
    }
    // Others may have made it all anew meanwhile.
    if (languages !== this.#compiled.languages) return mask;
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

/** A schema may combine so much that what follows has no place on the stack. */
function* withinStack<T>(work: Steps<T>): Steps<T> {
  try {
    return yield* work;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new GrammarWorkError("the schema combines too much", { cause });
  }
}

/** What one mask may take of languages that others use in between. */
class Work {
  readonly languages: Languages;
  #left: number;
  #branches = 0;
  #due: number;

  constructor(languages: Languages, most: number) {
    this.languages = languages;
    this.#left = most;
    this.#due = most - WORK_PER_STEP;
  }

  /** Whether it is time to let others work. */
  get isDue(): boolean {
    const isDue = ++this.#branches % PER_STEP === 0 || this.#left <= this.#due;
    if (isDue) this.#due = this.#left - WORK_PER_STEP;
    return isDue;
  }

  after(language: Language, byte: number): Language {
    this.languages.allowWork(this.#left);
    const after = this.languages.after(language, byte);
    this.#left = this.languages.workLeft;
    return after;
  }
}

/** Marks the tokens of a branch that lead nowhere out of the language. */
function* allow(
  mask: Uint8Array,
  { branch, state, work }: { branch: TokenBranch; state: Language; work: Work },
): Steps<void> {
  for (const next of branch.next) {
    if (work.isDue) yield;
    const after = work.after(state, next.byte);
    if (after === work.languages.nothing) continue;
    for (const id of next.ids) mask[id] = 1;
    if (next.next.length > 0) yield* allow(mask, { branch: next, state: after, work });
  }
}
