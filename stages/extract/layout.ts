/**
 * What a look over a whole site needs of a page: the likeness of each of its blocks, and those left
 * out of the text that may be part of it.
 *
 * @module
 */
import type { PageLayout, PagePart } from "../types.ts";
import { endOf } from "./block_text_features.ts";
import { ID, type OpenElement } from "./open_elements.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";

/** A menu stands above and below a page; what a page has more often is its own. */
const MAX_TIMES = 2;
/** Shorter blocks that end no sentence name what follows them. */
const MAX_LABEL = 40;
/** More of a block in links, and it is a list of them unless it ends a sentence. */
const MAX_LINKS = 0.5;
/** Shorter blocks that end no sentence are no prose. */
const MIN_PROSE = 80;

/** Elements around a block that make its place, and those that make what is near. */
const LEVELS = 5;
const NEAR_LEVELS = 2;

/** The layout of a page with the text of each block as it is written, and those that are taken. */
export function layoutOf(
  blocks: readonly PlacedBlock[],
  { taken, textOf }: {
    taken: ReadonlySet<PlacedBlock>;
    textOf: (block: PlacedBlock) => string;
  },
): PageLayout {
  const paths = new Map<OpenElement, number>();
  const times = new Map<number, number>();
  const parts: PagePart[] = [];
  for (const block of blocks) {
    const key = keyOf(block, pathOf(block.holder, paths));
    times.set(key, (times.get(key) ?? 0) + 1);
    const isTaken = taken.has(block);
    if (!isTaken && !mayBeText(block)) continue;
    const place = placeOf(block.holder, LEVELS), near = placeOf(block.holder, NEAR_LEVELS);
    parts.push({ key, place, near, text: textOf(block), isTaken, leads: leadsTo(block) });
  }
  return {
    few: Array.from(times).filter(([, count]) => count <= MAX_TIMES).map(([key]) => key),
    parts,
  };
}

/** Whether a block is a heading or prose, and nobody hides it. */
function mayBeText(block: PlacedBlock): boolean {
  const { kind, text, linkDensity, suspect } = block;
  if (suspect?.suspicion === "surrounding") return false;
  if (kind === "heading" || endOf(text) > 0) return true;
  return linkDensity <= MAX_LINKS && text.length >= MIN_PROSE;
}

/** A heading's level, 0 for another block that names what follows it, -1 for all others. */
function leadsTo(block: PlacedBlock): number {
  if (block.kind === "heading") return block.level;
  const end = endOf(block.text);
  const isLabel = end === 2 || (end === 0 && block.text.length <= MAX_LABEL);
  return isLabel && block.linkDensity <= MAX_LINKS ? 0 : -1;
}

/** A number of 53 bits for a place and the text there, whatever numbers stand in it. */
function keyOf({ text }: PlacedBlock, place: number): number {
  let high = place, low = 0x811c9dc5;
  let wasDigit = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isDigit = code >= 0x30 && code <= 0x39;
    if (isDigit && wasDigit) continue;
    wasDigit = isDigit;
    const told = isDigit ? 0x30 : code;
    high = mix(high, told);
    low = Math.imul(low ^ told, 0x01000193);
  }
  return (high & 0x1fffff) * 2 ** 32 + (low >>> 0);
}

/** A hash of the tags from an element outwards: ids and classes are often a page's own. */
function pathOf(element: OpenElement, paths: Map<OpenElement, number>): number {
  const chain: OpenElement[] = [];
  let at: OpenElement | undefined = element;
  for (; at !== undefined && !paths.has(at); at = at.parent) chain.push(at);
  let path = (at && paths.get(at)) ?? SEED;
  for (const next of chain.reverse()) {
    path = mixText(path, next.tag.name);
    paths.set(next, path);
  }
  return path;
}

/** A hash of the tags and classes around a block, but for those of the page's root, which are its own. */
function placeOf(holder: OpenElement, levels: number): number {
  let place = SEED;
  let at: OpenElement | undefined = holder;
  for (let level = 0; level < levels && at !== undefined; level++, at = at.parent) {
    const isRoot = at.parent === undefined || at.parent.parent === undefined;
    const classes = isRoot ? "" : at.names.split(ID, 1)[0] ?? "";
    place = mixText(mixText(place, at.tag.name), classes.replace(/\d+/g, ""));
  }
  return place >>> 0;
}

const SEED = 0x85ebca6b;

function mixText(hash: number, text: string): number {
  let mixed = hash;
  for (let at = 0; at < text.length; at++) mixed = mix(mixed, text.charCodeAt(at));
  return mix(mixed, 0x20);
}

function mix(hash: number, code: number): number {
  const next = Math.imul(hash ^ code, 0x9e3779b1);
  return next ^ (next >>> 15);
}
