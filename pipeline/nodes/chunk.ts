/**
 * What travels from a node to the keeper: some documents of one source, and what was dropped there.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Drop } from "../../stages/meter.ts";
import type { Document } from "../../stages/types.ts";
import type { LinkPlace } from "./link_place.ts";

/** Characters of text after which a chunk is sent. */
export const CHUNK_CHARS = 256 * 1024;

/** Documents of a source in their order. */
export interface Chunk {
  /** `p7` for a part of files, `s7` for a shard of hosts. */
  readonly source: string;
  /** Its place among the chunks of its source, from 0. */
  readonly sequence: number;
  /** Whether the source ends with it. */
  readonly last: boolean;
  /** Pages that the documents and drops are made of. */
  readonly pages: number;
  readonly documents: readonly Document[];
  readonly drops: readonly Drop[];
  /** Of a shard: the revision of its owner's lease. */
  readonly owner?: number;
  /** Of a shard: addresses that are done with, those of pages and those of none. */
  readonly done?: Done;
}

/** Addresses that need not be fetched again. */
export interface Done {
  readonly pages: readonly string[];
  readonly dropped: readonly string[];
  /** The last message of links of these pages and earlier ones; they are done while it lasts. */
  readonly links?: LinkPlace | undefined;
}

/** What a keeper says of a chunk of a shard that is in its journal. */
export interface StoredChunk extends Done {
  /** The keeper's name for this session. */
  readonly keeper: string;
  /** Which of its deliveries it was, from 1. */
  readonly ticket: number;
}

/** Of which source, which place, which content: the same from every node that makes it. */
export function chunkId({ source, sequence, documents }: Chunk): string {
  const hash = createHash("sha256");
  for (const { id, url, title, text, lang } of documents) {
    hash.update(JSON.stringify([id, url, title, text, lang])).update("\n");
  }
  return `${source}.${sequence}.${hash.digest("hex").slice(0, 16)}`;
}

/** The place that an id of {@linkcode chunkId} names: `p7`, 3. */
export function placeOf(id: string): { source: string; sequence: number } {
  const [source = "", sequence] = id.split(".");
  return { source, sequence: Number(sequence) };
}

/** A chunk as bytes. */
export function encodeChunk(chunk: Chunk): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(chunk));
}

/** The chunk in `bytes`, which {@linkcode encodeChunk} made. */
export function decodeChunk(bytes: Uint8Array): Chunk {
  return JSON.parse(new TextDecoder().decode(bytes)) as Chunk;
}

/** Collects documents and drops until there are enough for a chunk. */
export class ChunkBuffer {
  readonly #source: string;
  #sequence = 0;
  #chars = 0;
  #pages = 0;
  #documents: Document[] = [];
  #drops: Drop[] = [];
  #done = { pages: [] as string[], dropped: [] as string[] };

  constructor(source: string) {
    this.#source = source;
  }

  /** Whether there is enough. */
  get isFull(): boolean {
    return this.#chars >= CHUNK_CHARS;
  }

  /** Whether there is nothing. */
  get isEmpty(): boolean {
    const { pages, dropped } = this.#done;
    const counts = [this.#documents, this.#drops, pages, dropped].map(({ length }) => length);
    return this.#pages === 0 && counts.every((count) => count === 0);
  }

  add(document: Document): void {
    this.#documents.push(document);
    this.#chars += document.text.length;
  }

  drop(drop: Drop): void {
    // Texts of drops stay on the node that dropped them.
    const { text: _, ...entry } = drop;
    this.#drops.push(entry);
  }

  /** A page came in. */
  page(): void {
    this.#pages++;
  }

  /** An address is done with. */
  end(url: string, as: "pages" | "dropped"): void {
    this.#done[as].push(url);
  }

  /** What there is, as the next chunk. */
  take({ last = false, owner }: { last?: boolean; owner?: number } = {}): Chunk {
    const chunk: Chunk = {
      source: this.#source,
      sequence: this.#sequence++,
      last,
      pages: this.#pages,
      documents: this.#documents,
      drops: this.#drops,
      ...(owner === undefined ? {} : { owner, done: this.#done }),
    };
    this.#chars = this.#pages = 0;
    this.#documents = [];
    this.#drops = [];
    this.#done = { pages: [], dropped: [] };
    return chunk;
  }
}
