/**
 * Elements by name, as the one-pass engine asks for them: one record a name with all that it wants
 * to know, found by the characters of a page without making a string of them.
 *
 * @module
 */
import type { BlockKind } from "./block.ts";
import {
  BLOCK,
  BREAKS_OUT,
  CELL,
  CONTENT_MODELS,
  type ContentModel,
  DOUBTFUL,
  ENDS,
  HEAD,
  kindOf,
  SURROUNDING,
  UNREAD,
  VOID,
} from "./tags.ts";

/** What an element's name says about it. */
export interface Tag {
  readonly name: string;
  /** Known names count from 0, those of the page at hand go on from there. */
  readonly number: number;
  /** How what follows a start tag is to be read. */
  readonly content: ContentModel;
  readonly isVoid: boolean;
  readonly isBlock: boolean;
  readonly isCell: boolean;
  readonly isUnread: boolean;
  readonly isSurrounding: boolean;
  readonly isDoubtful: boolean;
  readonly isHead: boolean;
  readonly isForeign: boolean;
  readonly isList: boolean;
  readonly isNumbered: boolean;
  readonly breaksOut: boolean;
  /** What a block directly inside it is, and the level of a heading. */
  readonly kind: BlockKind;
  readonly level: number;
  /** A bit of its own where some start tag ends it; else 0. */
  readonly bit: number;
  /** The bits of those that its start tag ends. */
  readonly ends: number;
}

const ENDED = Array.from(new Set(Array.from(ENDS.values()).flatMap((names) => Array.from(names))));
const bitOf = (name: string) => ENDED.includes(name) ? 1 << ENDED.indexOf(name) : 0;

function makeTag(name: string, number: number): Tag {
  const kind = kindOf(name);
  return {
    name,
    number,
    content: CONTENT_MODELS.get(name) ?? "markup",
    isVoid: VOID.has(name),
    isBlock: BLOCK.has(name),
    isCell: CELL.has(name),
    isUnread: UNREAD.has(name),
    isSurrounding: SURROUNDING.has(name),
    isDoubtful: DOUBTFUL.has(name),
    isHead: HEAD.has(name),
    isForeign: name === "svg" || name === "math",
    isList: name === "ul" || name === "ol",
    isNumbered: name === "ol",
    breaksOut: BREAKS_OUT.has(name),
    kind,
    level: kind === "heading" ? Number(name[1]) : 0,
    bit: bitOf(name),
    ends: Array.from(ENDS.get(name) ?? [], bitOf).reduce((all, bit) => all | bit, 0),
  };
}

const NAMES = Array.from(
  new Set([
    ...VOID,
    ...BLOCK,
    ...CELL,
    ...UNREAD,
    ...SURROUNDING,
    ...DOUBTFUL,
    ...HEAD,
    ...BREAKS_OUT,
    ...ENDS.keys(),
    ...ENDED,
    ...CONTENT_MODELS.keys(),
    ...("a abbr acronym bdi bdo cite data del desc dfn foreignobject ins kbd label mark math q rp rt " +
      "samp time")
      .split(" "),
  ]),
);
const KNOWN = new Map(NAMES.map((name, number) => [name, makeTag(name, number)]));

/** The records of some known names. */
export function knownTags<Name extends string>(...names: Name[]): Record<Name, Tag> {
  return Object.fromEntries(names.map((name) => [name, KNOWN.get(name)])) as Record<Name, Tag>;
}

/** The record of a lower-case name. */
export function tagNamed(name: string): Tag {
  return KNOWN.get(name) ?? makeTag(name, KNOWN_TAGS);
}

/** Numbers below this are of known names. */
export const KNOWN_TAGS: number = NAMES.length;

const BUCKETS = 4096;
const hashStep = (hash: number, code: number) => (Math.imul(hash, 31) + (code | 0x20)) | 0;

/** Known tags by the hash of their names: what shares a hash is no tag of HTML. */
const TABLE: (Tag | undefined)[] = Array.from({ length: BUCKETS });
const CROWDED = new Map<string, Tag>();
for (const tag of KNOWN.values()) {
  const bucket = Array.from(tag.name).reduce((h, c) => hashStep(h, c.charCodeAt(0)), 0) &
    (BUCKETS - 1);
  if (TABLE[bucket] === undefined) TABLE[bucket] = tag;
  else CROWDED.set(tag.name, tag);
}

/** Whether `text` has the lower-case `name` at `at`, in any case. */
export function hasName(text: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = text.charCodeAt(at + i);
    const lower = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    if (lower !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** Finds the names of one page. */
export class TagFinder {
  readonly #html: string;
  readonly #strange = new Map<string, Tag>();
  /** Where the name that was asked for last ends. */
  end = 0;

  /** Looks in the page `html`. */
  constructor(html: string) {
    this.#html = html;
  }

  /** The tag whose name begins at `start`. */
  at(start: number): Tag {
    const html = this.#html;
    const length = html.length;
    let hash = 0;
    let at = start;
    for (; at < length; at++) {
      const code = html.charCodeAt(at);
      if (code <= 0x3e && (code === 0x3e || code === 0x2f || isSpace(code))) break;
      hash = hashStep(hash, code);
    }
    this.end = at;
    const tag = TABLE[hash & (BUCKETS - 1)];
    if (tag !== undefined && tag.name.length === at - start && hasName(html, start, tag.name)) {
      return tag;
    }
    return this.#named(html.slice(start, at).replace(/[A-Z]+/g, (run) => run.toLowerCase()));
  }

  #named(name: string): Tag {
    const found = CROWDED.get(name) ?? this.#strange.get(name);
    if (found !== undefined) return found;
    const tag = makeTag(name, KNOWN_TAGS + this.#strange.size);
    this.#strange.set(name, tag);
    return tag;
  }
}

/** White space of markup. */
export function isSpace(code: number): boolean {
  return code <= 0x20 &&
    (code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d || code === 0x0c);
}
