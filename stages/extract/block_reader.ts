/**
 * What both engines tell of a page's body, cut into blocks: an engine says which elements open and
 * end and what text stands in them, and this keeps the elements and the blocks.
 *
 * @module
 */
import { ATTRIBUTE, type Attribute, type ValueTest } from "./attribute.ts";
import { CELL_END, LINE_BREAK } from "./block.ts";
import { BlockText } from "./block_text.ts";
import type { PageBlocks } from "./ruled_blocks.ts";
import { ID, type OpenElement, OpenElements, type Suspicion } from "./open_elements.ts";
import { knownTags, type Tag } from "./tag.ts";
import { DOUBTFUL, hides, isNamedSurrounding, NOTE_ROLES, SURROUNDING_ROLES } from "./tags.ts";

const TAG = knownTags(...["a", "article", "aside", "body", "li", "main"] as const);

/** The attributes of the start tag at hand. */
export interface Attributes {
  /** Whether it has any that matter. */
  readonly hasAttributes: boolean;
  has(attribute: Attribute): boolean;
  /** Empty where there is none. */
  attribute(attribute: Attribute): string;
  /** Whether there is one whose value, which stands between two offsets of a text, is so. */
  passes(attribute: Attribute, isSo: ValueTest): boolean;
}

/** Keeps the elements of one page and its blocks. */
export class BlockReader {
  readonly elements: OpenElements;
  readonly #text = new BlockText();
  readonly #mains: OpenElement[] = [];
  readonly #articles: OpenElement[] = [];

  /** `onEnd` hears of each element as it ends, before its last block is cut. */
  constructor(onEnd: (element: OpenElement) => void) {
    this.elements = new OpenElements(onEnd);
  }

  /** Ends the block at hand where an element of this tag begins one of its own; tells whether. */
  split(tag: Tag): boolean {
    const isSplit = tag.isBlock && !this.isInCode;
    if (isSplit) this.flush();
    return isSplit;
  }

  /** Opens an element, whose content may yet be unread. */
  begin(tag: Tag, attributes?: Attributes): OpenElement {
    let suspicion: Suspicion = "none", names = "";
    if (attributes !== undefined) {
      if (attributes.hasAttributes) names = namesOf(attributes);
      suspicion = suspicionOf(tag, { attributes, names });
    }
    return this.elements.open(tag, { suspicion, blocks: this.#text.blocks.length, names });
  }

  /** Reads on inside an element that {@linkcode BlockReader.begin} opened. */
  enter(element: OpenElement, { isSplit, role }: { isSplit: boolean; role: string }): void {
    const { tag, parent, suspicion } = element;
    if (tag.isCell) this.#text.add(CELL_END, false);
    if (tag === TAG.li && parent && parent.items >= 0) parent.items++;
    if (tag === TAG.main || role === "main") this.#mains.push(element);
    if (tag === TAG.article) this.#articles.push(element);
    if (tag === TAG.main || tag === TAG.article || tag === TAG.body) clearNames(element);
    if (suspicion !== "none" && !isSplit && tag !== TAG.body) this.#text.beginAside(element);
  }

  /** Ends what an element holds; `isRead` where it was read. */
  end(element: OpenElement, isRead: boolean): void {
    if (isRead) {
      this.#text.endAside(element);
      if (element.holder === element) this.#text.flush(element);
    }
    element.endBlock = this.#text.blocks.length;
  }

  /** More text. */
  add(text: string): void {
    this.#text.add(text, this.elements.openCount(TAG.a) > 0);
  }

  /** White space of which only that it is there counts. */
  addSpace(): void {
    this.#text.addSpace();
  }

  /** A line break. */
  breakLine(): void {
    this.#text.add(LINE_BREAK, false);
  }

  /** Ends the block at hand. */
  flush(): void {
    this.#text.flush(this.elements.top?.holder);
  }

  /** Whether the text at hand is preformatted. */
  get isInCode(): boolean {
    return this.elements.top?.holder?.tag.kind === "code";
  }

  /** All that was read, once every element has ended. */
  read(): PageBlocks {
    this.flush();
    this.elements.closeAll();
    return { blocks: this.#text.blocks, mains: this.#mains, articles: this.#articles };
  }
}

/** Elements that hold main content, and all around them, are not judged by their looks. */
function clearNames(content: OpenElement): void {
  for (let at: OpenElement | undefined = content; at !== undefined; at = at.parent) {
    if (at.suspicion === "doubtful") at.suspicion = "none";
  }
}

/**
 * Whether an element only marks a place: an `a` without an address. XHTML ends it in its start tag,
 * which HTML does not, so what it holds is no sign of anything.
 */
export function isAnchor(tag: Tag, attributes: Attributes): boolean {
  return tag === TAG.a && !attributes.has(ATTRIBUTE.href) &&
    !attributes.has(ATTRIBUTE.rel) && !attributes.has(ATTRIBUTE.itemprop) &&
    suspicionOf(tag, { attributes, names: namesOf(attributes) }) === "none";
}

/** Class and id, and what microdata and WAI-ARIA say, as words. */
function namesOf(attributes: Attributes): string {
  let names = "";
  if (attributes.has(ATTRIBUTE.class)) names = attributes.attribute(ATTRIBUTE.class);
  if (attributes.has(ATTRIBUTE.id)) names += `${ID}${attributes.attribute(ATTRIBUTE.id)}`;
  if (attributes.has(ATTRIBUTE.itemprop)) {
    names += ` itemprop-${attributes.attribute(ATTRIBUTE.itemprop)}`;
  }
  if (attributes.has(ATTRIBUTE.role)) names += ` role-${attributes.attribute(ATTRIBUTE.role)}`;
  return names;
}

/** What phpBB 2 puts beside a post, in the same row of a table. */
const PROFILE = "postdetails";

/** What docutils calls the list of a page's footnotes. */
const FOOTNOTES = /(?:^|\s)footnotes?(?=$|[\s-])/;

/** Whether an element is an aside that holds footnotes: its author's words on the text. */
function isNote(tag: Tag, attributes: Attributes): boolean {
  return tag === TAG.aside && attributes.hasAttributes &&
    (NOTE_ROLES.has(attributes.attribute(ATTRIBUTE.role)) ||
      FOOTNOTES.test(attributes.attribute(ATTRIBUTE.class)));
}

/** What speaks against an element that is called `names`: words of roles and properties are none of it. */
function suspicionOf(
  tag: Tag,
  { attributes, names }: { attributes: Attributes; names: string },
): Suspicion {
  if (tag.isSurrounding && !isNote(tag, attributes)) return "surrounding";
  if (!attributes.hasAttributes) return tag.isDoubtful ? "doubtful" : "none";
  if (isHidden(attributes)) return "surrounding";
  const role = attributes.has(ATTRIBUTE.role) ? attributes.attribute(ATTRIBUTE.role) : "";
  if (role !== "" && SURROUNDING_ROLES.has(role)) return "surrounding";
  if (tag.isDoubtful || (role !== "" && DOUBTFUL.has(role))) return "doubtful";
  if (names === "") return "none";
  const isProfile = !tag.isBlock && names.startsWith(PROFILE) &&
    attributes.attribute(ATTRIBUTE.class) === PROFILE;
  if (isProfile) return "surrounding";
  const isNamed = attributes.passes(ATTRIBUTE.class, isNamedSurrounding) ||
    attributes.passes(ATTRIBUTE.id, isNamedSurrounding) ||
    ((role !== "" || attributes.has(ATTRIBUTE.itemprop)) &&
      isNamedSurrounding(names, 0, names.length));
  return isNamed ? "doubtful" : "none";
}

function isHidden(attributes: Attributes): boolean {
  return attributes.has(ATTRIBUTE.hidden) ||
    (attributes.has(ATTRIBUTE["aria-hidden"]) &&
      attributes.attribute(ATTRIBUTE["aria-hidden"]) === "true") ||
    (attributes.has(ATTRIBUTE.style) && hides(attributes.attribute(ATTRIBUTE.style)));
}
