/**
 * The text of the block that one pass over a page is in.
 *
 * @module
 */
import { type Block, cleanText, linkDensityOf, visibleLength } from "./block.ts";
import type { PlacedBlock } from "./ruled_blocks.ts";
import type { OpenElement } from "./open_elements.ts";

/** An inline element under suspicion, and what was gathered before it began. */
interface Aside {
  readonly element: OpenElement;
  readonly before: string;
  readonly linkCharacters: number;
}

/** Gathers text, and cuts it into blocks. */
export class BlockText {
  /** All blocks so far. */
  readonly blocks: PlacedBlock[] = [];
  #text = "";
  /** Characters of it in links, white space not counted. */
  #linkCharacters = 0;
  #aside: Aside | undefined;

  /** More text; `isLinked` inside a link. */
  add(text: string, isLinked: boolean): void {
    this.#text += text;
    if (isLinked) this.#linkCharacters += visibleLength(text);
  }

  /** White space of which only that it is there counts. */
  addSpace(): void {
    if (this.#text !== "" || this.#aside !== undefined) this.#text += " ";
  }

  /** An inline element begins that may be no part of the text around it. */
  beginAside(element: OpenElement): void {
    if (this.#aside !== undefined) return;
    this.#aside = { element, before: this.#text, linkCharacters: this.#linkCharacters };
    this.#text = "";
    this.#linkCharacters = 0;
  }

  /** An element ends: if it was the aside, its text is left out unless it was cleared meanwhile. */
  endAside(element: OpenElement): void {
    if (this.#aside?.element !== element) return;
    const { before, linkCharacters } = this.#aside;
    this.#aside = undefined;
    const isKept = element.suspicion === "none";
    this.#text = isKept ? before + this.#text : before;
    this.#linkCharacters = linkCharacters + (isKept ? this.#linkCharacters : 0);
  }

  /** Ends the block that `holder` holds; one around an aside goes on after it. */
  flush(holder: OpenElement | undefined): void {
    if (holder === undefined || this.#text === "") return;
    const aside = this.#aside?.element;
    const suspect = aside !== undefined && holder.number < aside.number ? aside : holder.suspect;
    this.#push(this.#text, { holder, suspect, linkCharacters: this.#linkCharacters });
    this.#text = "";
    this.#linkCharacters = 0;
  }

  #push(
    raw: string,
    { holder, suspect, linkCharacters }: Pick<PlacedBlock, "holder" | "suspect"> & {
      linkCharacters: number;
    },
  ): void {
    const { kind } = holder.tag;
    const text = cleanText(raw, kind);
    if (text === "") return;
    const [level, ordinal] = [levelOf(holder), ordinalOf(holder)];
    const linkDensity = linkDensityOf(text, linkCharacters);
    this.blocks.push({ text, kind, level, ordinal, linkDensity, holder, suspect });
  }
}

/** Of a heading its level, of a list item the depth of its list. */
function levelOf({ tag, listDepth }: OpenElement): Block["level"] {
  return tag.kind === "item" ? Math.max(1, listDepth) : tag.level;
}

/** The place of the next block of an item in its numbered list. */
function ordinalOf({ tag, parent }: OpenElement): Block["ordinal"] {
  return tag.kind === "item" && parent !== undefined ? Math.max(0, parent.items) : 0;
}
