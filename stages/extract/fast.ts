/**
 * The `fast` engine: one pass over the tokens of a page, in time and memory that grow with its
 * length and nothing else. No tree is built: an element costs one small record, and text is cut
 * into blocks as it goes by.
 *
 * @module
 */
import { ATTRIBUTE } from "./attribute.ts";
import { type Attributes, BlockReader, isAnchor } from "./block_reader.ts";
import type { MarkupLimits } from "./bomb.ts";
import type { Content } from "./content.ts";
import { isLicense, isLinkedData, MetadataReader } from "./metadata.ts";
import type { OpenElement } from "./open_elements.ts";
import { Scanner, type TokenSink } from "./scanner.ts";
import { knownTags, type Tag } from "./tag.ts";
import type { ContentModel } from "./tags.ts";

const TAG = knownTags(
  ...[
    "a",
    "body",
    "br",
    "desc",
    "foreignobject",
    "h1",
    "head",
    "hr",
    "html",
    "link",
    "meta",
    "script",
    "time",
  ] as const,
  "title",
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
  readonly #blocks = new BlockReader((element) => this.#ended(element));
  readonly #elements = this.#blocks.elements;
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

  /** The limit that the page breaks, or what it says of itself and its blocks. */
  run(): Content | string {
    const broken = this.#scanner.run(this);
    if (broken !== undefined) return broken;
    // Titles that never end are told as their elements are ended.
    const page = this.#blocks.read();
    return { ...this.#metadata.read(), ...page };
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
          const element = this.#begin(tag);
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
    this.#blocks.add(piece);
  }

  /** Takes white space. */
  space(start: number, end: number): void {
    if (this.#told !== undefined) this.#told.text += " ";
    if (this.#unread !== undefined || !this.#hasBody) return;
    if (this.#blocks.isInCode) this.#blocks.add(this.#scanner.read(start, end, false));
    else this.#blocks.addSpace();
  }

  /** Ends the head, and begins the body, for all that is not the head's. */
  #beforeBody(tag: Tag): void {
    if (tag.isHead || tag === TAG.html || tag === TAG.head) return;
    this.#elements.close(TAG.head);
    if (tag !== TAG.body) this.#implyBody();
  }

  #implyBody(): void {
    this.#elements.close(TAG.head);
    this.#begin(TAG.body);
    this.#implied++;
    this.#hasBody = true;
  }

  /** Elements that a page has once: a second tag is passed over. */
  #openRoot(tag: Tag): void {
    if (tag !== TAG.head) this.#metadata.lang(this.#scanner.attribute(ATTRIBUTE.lang));
    if (this.#hasBody || this.#unread !== undefined || this.#elements.openCount(tag) > 0) return;
    const element = this.#begin(tag, this.#scanner);
    if (tag !== TAG.body) return;
    this.#hasBody = true;
    this.#blocks.enter(element, { isSplit: true, role: this.#scanner.attribute(ATTRIBUTE.role) });
  }

  #openForeign(tag: Tag): void {
    this.#foreign = this.#begin(tag, this.#scanner);
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
    if (tag === TAG.link) this.#noteLicense();
    if (tag === TAG.br && this.#told !== undefined) this.#told.text += " ";
    if (this.#unread !== undefined || !this.#hasBody) return;
    if (tag === TAG.hr) this.#blocks.split(tag);
    else if (tag === TAG.br) this.#blocks.breakLine();
  }

  #openElement(tag: Tag): void {
    const scanner = this.#scanner;
    if (tag === TAG.time) this.#metadata.time(scanner.attribute(ATTRIBUTE.datetime));
    this.#elements.endFor(tag);
    if (tag === TAG.a) {
      this.#elements.close(tag);
      this.#noteLicense();
      if (isAnchor(tag, scanner)) return;
    }
    const isSplit = this.#unread === undefined && this.#blocks.split(tag);
    const element = this.#begin(tag, scanner);
    const isMarked = scanner.hasAttributes && this.#marksAuthor();
    const isLinked = tag === TAG.script && isLinkedData(scanner.attribute(ATTRIBUTE.type));
    const isTelling = tag === TAG.title || tag === TAG.h1 || isMarked || isLinked;
    if (this.#told === undefined && isTelling) {
      this.#told = { element, text: "" };
    }
    if (this.#unread !== undefined) return;
    if (tag.isUnread) this.#unread = element;
    else this.#blocks.enter(element, { isSplit, role: scanner.attribute(ATTRIBUTE.role) });
  }

  #begin(tag: Tag, attributes?: Attributes): OpenElement {
    const element = this.#blocks.begin(tag, attributes);
    if (this.#elements.depth - this.#implied > this.#maxDepth) {
      this.#scanner.stop(`elements nest deeper than ${this.#maxDepth}`);
    }
    return element;
  }

  #ended(element: OpenElement): void {
    if (this.#foreign === element) this.#foreign = undefined;
    if (this.#told?.element === element) this.#tell(this.#told);
    this.#blocks.end(element, this.#unread === undefined);
    if (this.#unread === element) this.#unread = undefined;
  }

  #tell({ element: { tag }, text }: { element: OpenElement; text: string }): void {
    if (tag === TAG.title) this.#metadata.title(text);
    else if (tag === TAG.h1) this.#metadata.heading(text);
    else if (tag === TAG.script) this.#metadata.linked(text);
    else this.#metadata.byline(text);
    this.#told = undefined;
  }

  #noteLicense(): void {
    const scanner = this.#scanner;
    if (!scanner.has(ATTRIBUTE.rel) || !isLicense(scanner.attribute(ATTRIBUTE.rel))) return;
    this.#metadata.license(this.#scanner.attribute(ATTRIBUTE.href));
  }

  #marksAuthor(): boolean {
    const scanner = this.#scanner;
    return (scanner.has(ATTRIBUTE.rel) && scanner.attribute(ATTRIBUTE.rel) === "author") ||
      (scanner.has(ATTRIBUTE.itemprop) && scanner.attribute(ATTRIBUTE.itemprop) === "author");
  }
}
