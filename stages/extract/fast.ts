/**
 * The `fast` engine: one pass over the tokens of a page, in time and memory that grow with its
 * length and nothing else. No tree is built: an element costs one small record, and text is cut
 * into blocks as it goes by.
 *
 * @module
 */
import { ATTRIBUTE } from "./attribute.ts";
import { CELL_END, LINE_BREAK } from "./block.ts";
import { BlockText } from "./block_text.ts";
import type { MarkupLimits } from "./bomb.ts";
import type { Content } from "./content.ts";
import { clearNames, mainBlocks } from "./main_blocks.ts";
import { MetadataReader } from "./metadata.ts";
import { type OpenElement, OpenElements, type Suspicion } from "./open_elements.ts";
import { Scanner, type TokenSink } from "./scanner.ts";
import { knownTags, type Tag } from "./tag.ts";
import {
  type ContentModel,
  DOUBTFUL,
  hides,
  isNamedSurrounding,
  SURROUNDING_ROLES,
} from "./tags.ts";

const TAG = knownTags(
  ...["a", "article", "body", "br", "desc", "foreignobject", "h1", "head", "hr", "html"] as const,
  ...["li", "main", "meta", "time", "title"] as const,
);

/** Attributes by which a meta element says what it tells. */
const META_NAMES = [
  ATTRIBUTE.name,
  ATTRIBUTE.property,
  ATTRIBUTE.itemprop,
  ATTRIBUTE["http-equiv"],
];

/** More of a title or of an author's name is not gathered. */
const MAX_TOLD = 4000;

/** Start tags and pieces of text in one page. */
const MAX_TOKENS = 500_000;

/**
 * Reads a page in one pass.
 *
 * @returns its content, or the limit that its markup breaks
 */
export function readFast(html: string, limits: MarkupLimits): Content | string {
  return new PageReader(html, limits).run();
}

/** Reads one page. */
class PageReader implements TokenSink {
  readonly #scanner: Scanner;
  readonly #maxDepth: number;
  readonly #metadata = new MetadataReader();
  readonly #text = new BlockText();
  readonly #elements = new OpenElements((element) => this.#ended(element));
  readonly #mains: OpenElement[] = [];
  readonly #articles: OpenElement[] = [];
  #hasBody = false;
  /** Open elements that the page has no tag for. */
  #implied = 0;
  /** The outermost open element whose content is not read. */
  #unread: OpenElement | undefined;
  /** The outermost open element of SVG or MathML. */
  #foreign: OpenElement | undefined;
  /** What is gathered of an element that tells metadata: its title, heading or byline. */
  #told: { readonly element: OpenElement; text: string } | undefined;

  /** Reads `html`, once {@linkcode PageReader.run} is called. */
  constructor(html: string, { maxDepth, maxAttributes }: MarkupLimits) {
    this.#scanner = new Scanner(html, { maxAttributes, maxTokens: MAX_TOKENS });
    this.#maxDepth = maxDepth;
  }

  /** The limit that the page breaks, or what it says of itself and the blocks of its main text. */
  run(): Content | string {
    const broken = this.#scanner.run(this);
    if (broken !== undefined) return broken;
    this.#text.flush(this.#elements.top?.holder);
    this.#elements.closeAll();
    const marked = { mains: this.#mains, articles: this.#articles };
    return { ...this.#metadata.read(), blocks: mainBlocks(this.#text.blocks, marked) };
  }

  /** Whether what comes is SVG or MathML, and no HTML inside of it. */
  get takesCdata(): boolean {
    return this.#foreign !== undefined && this.#elements.openCount(TAG.foreignobject) === 0 &&
      this.#elements.openCount(TAG.desc) === 0;
  }

  /** Takes a start tag. */
  open(tag: Tag, isSelfClosing: boolean): ContentModel {
    if (this.takesCdata) {
      if (!tag.breaksOut) {
        if (!isSelfClosing) {
          const element = this.#begin(tag, "none");
          if (tag.isUnread) this.#unread ??= element;
        }
        return "markup";
      }
      while (this.#foreign !== undefined) this.#elements.close(this.#foreign.tag);
    }
    if (!this.#hasBody && this.#unread === undefined) this.#beforeBody(tag);
    if (tag.isVoid) this.#passVoid(tag);
    else if (tag === TAG.html || tag === TAG.body || tag === TAG.head) this.#openRoot(tag);
    else if (!tag.isForeign) this.#openElement(tag);
    else if (!isSelfClosing) this.#openForeign(tag);
    return tag.content;
  }

  /** Takes an end tag. */
  close(tag: Tag): void {
    if (tag === TAG.br) this.#passVoid(tag);
    else if (tag !== TAG.body && tag !== TAG.html) this.#elements.close(tag);
  }

  /** Takes a piece of text. */
  text(start: number, end: number, isEscaped: boolean): void {
    const isTold = this.#told !== undefined && this.#told.text.length < MAX_TOLD;
    if (this.#unread !== undefined && !isTold) return;
    const piece = this.#scanner.read(start, end, isEscaped);
    if (isTold) this.#told!.text += piece;
    if (this.#unread !== undefined) return;
    if (!this.#hasBody) this.#implyBody();
    this.#text.add(piece, this.#elements.openCount(TAG.a) > 0);
  }

  /** Takes white space. */
  space(start: number, end: number): void {
    if (this.#told !== undefined) this.#told.text += " ";
    if (this.#unread !== undefined || !this.#hasBody) return;
    if (this.#isInCode) this.#text.add(this.#scanner.read(start, end, false), false);
    else this.#text.addSpace();
  }

  get #isInCode(): boolean {
    return this.#elements.top?.holder?.tag.kind === "code";
  }

  /** Ends the head, and begins the body, for all that is not the head's. */
  #beforeBody(tag: Tag): void {
    if (tag.isHead || tag === TAG.html || tag === TAG.head) return;
    this.#elements.close(TAG.head);
    if (tag !== TAG.body) this.#implyBody();
  }

  #implyBody(): void {
    this.#elements.close(TAG.head);
    this.#begin(TAG.body, "none");
    this.#implied++;
    this.#hasBody = true;
  }

  /** Elements that a page has once: a second tag is passed over. */
  #openRoot(tag: Tag): void {
    if (tag !== TAG.head) this.#metadata.lang(this.#scanner.attribute(ATTRIBUTE.lang));
    if (this.#hasBody || this.#unread !== undefined || this.#elements.openCount(tag) > 0) return;
    const element = this.#begin(tag, this.#suspicionOf(tag));
    if (tag !== TAG.body) return;
    this.#hasBody = true;
    clearNames(element);
  }

  #openForeign(tag: Tag): void {
    this.#foreign = this.#begin(tag, this.#suspicionOf(tag));
    if (tag.isUnread) this.#unread ??= this.#foreign;
  }

  #passVoid(tag: Tag): void {
    const scanner = this.#scanner;
    if (tag === TAG.meta) {
      const name = META_NAMES.find((attribute) => scanner.has(attribute));
      if (name !== undefined) {
        this.#metadata.meta(scanner.attribute(name), scanner.attribute(ATTRIBUTE.content));
      }
      return;
    }
    if (tag === TAG.br && this.#told !== undefined) this.#told.text += " ";
    if (this.#unread !== undefined || !this.#hasBody) return;
    if (tag === TAG.hr && !this.#isInCode) this.#text.flush(this.#elements.top?.holder);
    else if (tag === TAG.br) this.#text.add(LINE_BREAK, false);
  }

  #openElement(tag: Tag): void {
    const elements = this.#elements, scanner = this.#scanner;
    if (tag === TAG.time) this.#metadata.time(scanner.attribute(ATTRIBUTE.datetime));
    elements.endFor(tag);
    if (tag === TAG.a) elements.close(tag);
    const isBlock = tag.isBlock && this.#unread === undefined && !this.#isInCode;
    if (isBlock) this.#text.flush(elements.top?.holder);
    const suspicion = this.#suspicionOf(tag);
    const element = this.#begin(tag, suspicion);
    const isMarked = scanner.hasAttributes && this.#marksAuthor();
    if (this.#told === undefined && (tag === TAG.title || tag === TAG.h1 || isMarked)) {
      this.#told = { element, text: "" };
    }
    if (this.#unread !== undefined) return;
    if (tag.isUnread) {
      this.#unread = element;
      return;
    }
    if (tag.isCell) this.#text.add(CELL_END, false);
    if (tag === TAG.li && element.parent && element.parent.items >= 0) element.parent.items++;
    const isMain = tag === TAG.main || scanner.attribute(ATTRIBUTE.role) === "main";
    if (isMain) this.#mains.push(element);
    if (tag === TAG.article) this.#articles.push(element);
    if (tag === TAG.main || tag === TAG.article) clearNames(element);
    if (suspicion !== "none" && !isBlock) this.#text.beginAside(element);
  }

  #begin(tag: Tag, suspicion: Suspicion): OpenElement {
    const element = this.#elements.open(tag, { suspicion, blocks: this.#text.blocks.length });
    if (this.#elements.depth - this.#implied > this.#maxDepth) {
      this.#scanner.stop(`elements nest deeper than ${this.#maxDepth}`);
    }
    return element;
  }

  #ended(element: OpenElement): void {
    if (this.#foreign === element) this.#foreign = undefined;
    if (this.#told?.element === element) this.#tell(this.#told);
    if (this.#unread === undefined) {
      this.#text.endAside(element);
      if (element.holder === element) this.#text.flush(element);
    } else if (this.#unread === element) this.#unread = undefined;
    element.endBlock = this.#text.blocks.length;
  }

  #tell({ element: { tag }, text }: { element: OpenElement; text: string }): void {
    if (tag === TAG.title) this.#metadata.title(text);
    else if (tag === TAG.h1) this.#metadata.heading(text);
    else this.#metadata.byline(text);
    this.#told = undefined;
  }

  #marksAuthor(): boolean {
    return this.#scanner.attribute(ATTRIBUTE.rel) === "author" ||
      this.#scanner.attribute(ATTRIBUTE.itemprop) === "author";
  }

  #suspicionOf(tag: Tag): Suspicion {
    const scanner = this.#scanner;
    if (tag.isSurrounding) return "surrounding";
    if (!scanner.hasAttributes) return tag.isDoubtful ? "doubtful" : "none";
    const isHidden = scanner.has(ATTRIBUTE.hidden) ||
      scanner.attribute(ATTRIBUTE["aria-hidden"]) === "true" ||
      (scanner.has(ATTRIBUTE.style) && hides(scanner.attribute(ATTRIBUTE.style)));
    const role = scanner.attribute(ATTRIBUTE.role);
    if (isHidden || SURROUNDING_ROLES.has(role)) return "surrounding";
    if (tag.isDoubtful || DOUBTFUL.has(role)) return "doubtful";
    const isNamed = (scanner.has(ATTRIBUTE.class) &&
      isNamedSurrounding(scanner.attribute(ATTRIBUTE.class))) ||
      (scanner.has(ATTRIBUTE.id) && isNamedSurrounding(scanner.attribute(ATTRIBUTE.id)));
    return isNamed ? "doubtful" : "none";
  }
}
