/**
 * Hands out the pages of the key/value cache, and remembers the full ones by the tokens that led to
 * them: a prompt that begins like an earlier text begins with its pages (as SGLang's radix tree does;
 * Zheng et al., arXiv:2312.07104). Pages nobody holds are kept until they are needed, the least
 * recently used going first.
 *
 * @module
 */
import { PAGE } from "../../kernels/mod.ts";

/** A full page by the tokens in it, and the pages that follow it in some text. */
interface KnownPage {
  readonly page: number;
  readonly key: string;
  readonly siblings: Map<string, KnownPage>;
  readonly next: Map<string, KnownPage>;
  holders: number;
}

/** The pages of one sequence. */
export interface Lease {
  /** In the order of the text. */
  readonly pages: readonly number[];
  /** Tokens whose keys and values are there already: a multiple of the page. */
  readonly reused: number;
}

interface Held extends Lease {
  /** Adapter whose keys and values they are. */
  readonly adapter: number;
  readonly known: KnownPage[];
  /** Another sequence made the same page first: what follows is not remembered. */
  forked: boolean;
}

/** Pages `0` to below `count`. */
export class PagePool {
  readonly #free: number[];
  readonly #first = new Map<string, KnownPage>();
  /** Known pages that nobody holds, least recently used first. */
  readonly #idle = new Set<KnownPage>();
  readonly #held = new Map<Lease, Held>();
  readonly count: number;

  constructor(count: number) {
    this.count = count;
    this.#free = Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  /** Pages that no sequence holds. */
  get available(): number {
    return this.#free.length + this.#idle.size;
  }

  /**
   * Room for `length` tokens, of which `ids` are the first; undefined where there is none now. Texts
   * of different adapters share no page.
   */
  acquire(ids: ArrayLike<number>, length: number, adapter: number = 0): Lease | undefined {
    const known = this.#match(ids, adapter);
    const wanted = Math.ceil(length / PAGE) - known.length;
    const idle = known.filter(({ holders }) => holders === 0).length;
    if (wanted > this.available - idle) return undefined;
    for (const page of known) {
      this.#idle.delete(page);
      page.holders++;
    }
    const fresh = Array.from({ length: wanted }, () => this.#free.pop() ?? this.#evict());
    const lease: Held = {
      pages: [...known.map(({ page }) => page), ...fresh],
      reused: known.length * PAGE,
      known,
      adapter,
      forked: false,
    };
    this.#held.set(lease, lease);
    return lease;
  }

  /** Remembers the pages that `ids`, computed up to `length`, have filled. */
  remember(lease: Lease, { ids, length }: { ids: readonly number[]; length: number }): void {
    const held = this.#held.get(lease);
    if (!held) throw new TypeError("Cannot remember pages: they were given back");
    while (!held.forked && (held.known.length + 1) * PAGE <= length) {
      const index = held.known.length;
      const siblings = held.known[index - 1]?.next ?? this.#first;
      const key = keyOf(ids, index, held.adapter);
      const page = held.pages[index];
      if (siblings.has(key) || page === undefined) {
        held.forked = true;
        return;
      }
      const known = { page, key, siblings, next: new Map(), holders: 1 };
      siblings.set(key, known);
      held.known.push(known);
    }
  }

  /** Takes the pages back. */
  release(lease: Lease): void {
    const held = this.#held.get(lease);
    if (!held) return;
    this.#held.delete(lease);
    this.#free.push(...held.pages.slice(held.known.length));
    // The last first, so that no page outlives those before it.
    for (const known of held.known.reverse()) {
      if (--known.holders === 0) this.#idle.add(known);
    }
  }

  /** Known pages that `ids` begin with; the last id is left to compute, for its logits. */
  #match(ids: ArrayLike<number>, adapter: number): KnownPage[] {
    const known: KnownPage[] = [];
    for (let level = this.#first; (known.length + 1) * PAGE < ids.length;) {
      const page = level.get(keyOf(ids, known.length, adapter));
      if (!page) break;
      known.push(page);
      level = page.next;
    }
    return known;
  }

  #evict(): number {
    const [oldest] = this.#idle;
    if (!oldest) throw new RangeError("Cannot hand out a page: none is left");
    this.#idle.delete(oldest);
    oldest.siblings.delete(oldest.key);
    return oldest.page;
  }
}

function keyOf(ids: ArrayLike<number>, page: number, adapter: number): string {
  let key = `${adapter}:`;
  for (let i = page * PAGE; i < (page + 1) * PAGE; i++) key += `${ids[i]},`;
  return key;
}
