/**
 * The tokens of a vocabulary, arranged by their bytes.
 *
 * @module
 */
import type { TextCodec } from "../text_codec.ts";
import type { Steps } from "../turns.ts";

/** Tokens that begin with the same bytes. */
export interface TokenBranch {
  /** The last of those bytes. */
  readonly byte: number;
  /** Tokens that have no more bytes. */
  readonly ids: number[];
  readonly next: TokenBranch[];
}

/** Tokens looked at between two yields. */
const PER_STEP = 64;

const made = new WeakMap<TextCodec, Map<string, TokenBranch>>();

/**
 * The ordinary tokens of `codec` and the special ones of the texts `spoken`, as a trie; made once for
 * each.
 */
export function* tokenTrie(codec: TextCodec, spoken: readonly string[] = []): Steps<TokenBranch> {
  const tries = made.get(codec) ?? new Map<string, TokenBranch>();
  made.set(codec, tries);
  const key = JSON.stringify(spoken);
  const trie = tries.get(key) ?? (yield* makeTrie(codec, new Set(spoken)));
  tries.set(key, trie);
  return trie;
}

function* makeTrie(codec: TextCodec, spoken: ReadonlySet<string>): Steps<TokenBranch> {
  const root: TokenBranch = { byte: 0, ids: [], next: [] };
  const decoder = new TextDecoder();
  for (let id = 0; id < codec.vocabSize; id++) {
    if (id % PER_STEP === PER_STEP - 1) yield;
    const bytes = codec.bytesOf(id);
    if (!bytes || bytes.length === 0) continue;
    if (codec.isSpecial(id) && !spoken.has(decoder.decode(bytes))) continue;
    let at = root;
    for (const byte of bytes) {
      let next = branchAt(at, byte);
      if (!next) at.next.push(next = { byte, ids: [], next: [] });
      at = next;
    }
    at.ids.push(id);
  }
  return root;
}

/** Whether every text can be spelled: a byte that JSON needs has a token of its own. */
export function spellsAll(trie: TokenBranch): boolean {
  for (let byte = 0x20; byte < 0xf5; byte++) {
    // 0x7f can be left out of strings, and these two occur in no UTF-8.
    if (byte === 0x7f || byte === 0xc0 || byte === 0xc1) continue;
    if (!branchAt(trie, byte)?.ids.length) return false;
  }
  return true;
}

function branchAt({ next }: TokenBranch, byte: number): TokenBranch | undefined {
  return next.find((branch) => branch.byte === byte);
}
