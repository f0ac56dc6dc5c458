/**
 * A scanner of HTML: leaps from tag to tag, and tells what it meets as the tokenizer of the HTML
 * standard (13.2.5) would. It makes no strings: text is told by its offsets, and attributes and
 * character references are read when they are asked for.
 *
 * @module
 */
import { decodeHTML, decodeHTMLAttribute } from "entities/decode";
import {
  type Attribute,
  attributeAt,
  attributeNameEnd,
  ATTRIBUTES,
  unquotedEnd,
  type ValueTest,
} from "./attribute.ts";
import { commentEnd, rawTextEnd, scriptEnd } from "./raw_text.ts";
import { isSpace, type Tag, TagFinder } from "./tag.ts";
import type { ContentModel } from "./tags.ts";

/** Hears what a page is made of, in its order. */
export interface TokenSink {
  /** A start tag; answers how to read on. */
  open(tag: Tag, isSelfClosing: boolean): ContentModel;
  close(tag: Tag): void;
  /** A piece of text; `isEscaped` where it may hold character references. */
  text(start: number, end: number, isEscaped: boolean): void;
  /** A piece of text that is white space alone. */
  space(start: number, end: number): void;
  /** What is neither: a comment, a declaration, or what is passed over as one. */
  comment?(start: number, end: number): void;
  /** Whether `<![CDATA[` begins text here, as in SVG and MathML. */
  readonly takesCdata: boolean;
}

/** Limits of a scan. */
export interface ScanLimits {
  /** Attributes of one element. */
  readonly maxAttributes: number;
  /** Start tags and pieces of text. */
  readonly maxTokens: number;
}

const LESS = 0x3c, GREATER = 0x3e, SLASH = 0x2f, EQUALS = 0x3d;
const DOUBLE_QUOTE = 0x22, SINGLE_QUOTE = 0x27;

const isLetter = (code: number) => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

/** Goes once over one page. */
export class Scanner {
  readonly #html: string;
  readonly #length: number;
  readonly #limits: ScanLimits;
  readonly #tags: TagFinder;
  /** Offsets of the attributes' values in the start tag at hand. */
  readonly #starts = new Int32Array(ATTRIBUTES.length);
  readonly #ends = new Int32Array(ATTRIBUTES.length);
  /** Bits of those that are there. */
  #present = 0;
  #tagStart = 0;
  #tagEnd = 0;
  #isSelfClosing = false;
  /** The first `&` that was not passed yet. */
  #ampersand = -1;
  #tokens = 0;
  #broken: string | undefined;

  /** Reads `html`, once {@linkcode Scanner.run} is called. */
  constructor(html: string, limits: ScanLimits) {
    this.#html = html;
    this.#length = html.length;
    this.#limits = limits;
    this.#tags = new TagFinder(html);
  }

  /** Tells `sink` all of the page; returns the limit that it breaks, if it does. */
  run(sink: TokenSink): string | undefined {
    let at = 0;
    while (at < this.#length && this.#broken === undefined) {
      at = this.#text(at, sink);
      if (at < this.#length) {
        const open = at;
        at = this.#markup(open, sink);
        if (!this.#isTag(open)) sink.comment?.(open, at);
      }
    }
    return this.#broken;
  }

  /** Reads no further: the page breaks `limit`. */
  stop(limit: string): void {
    this.#broken ??= limit;
  }

  /** Whether the start tag at hand has any attribute of {@linkcode ATTRIBUTES}. */
  get hasAttributes(): boolean {
    return this.#present !== 0;
  }

  /** Whether the start tag at hand has the attribute. */
  has(attribute: Attribute): boolean {
    return (this.#present & (1 << attribute)) !== 0;
  }

  /** The value of an attribute of the start tag at hand; empty where it has none. */
  attribute(attribute: Attribute): string {
    if (!this.has(attribute)) return "";
    const value = this.#html.slice(this.#starts[attribute], this.#ends[attribute]);
    return this.#mayBeEscaped() ? decodeHTMLAttribute(value) : value;
  }

  /** Whether the start tag at hand has the attribute, and its value is so: seen where it stands. */
  passes(attribute: Attribute, isSo: ValueTest): boolean {
    if (!this.has(attribute)) return false;
    const start = this.#starts[attribute] as number, end = this.#ends[attribute] as number;
    if (!this.#mayBeEscaped()) return isSo(this.#html, start, end);
    const value = this.attribute(attribute);
    return isSo(value, 0, value.length);
  }

  /** The text between two offsets that {@linkcode TokenSink.text} was told. */
  read(start: number, end: number, isEscaped: boolean): string {
    const text = this.#html.slice(start, end);
    return isEscaped ? decodeHTML(text) : text;
  }

  /** Tells the text from `at`; returns where markup begins after it. */
  #text(at: number, sink: TokenSink): number {
    const html = this.#html;
    let open = at;
    while (open < this.#length && isSpace(html.charCodeAt(open))) open++;
    const visible = open;
    if (html.charCodeAt(open) !== LESS) open = html.indexOf("<", open);
    while (open !== -1 && !this.#isMarkup(open)) {
      this.#count();
      open = html.indexOf("<", open + 1);
    }
    if (open === -1) open = this.#length;
    if (open === at) return open;
    this.#count();
    if (open === visible) sink.space(at, open);
    else sink.text(at, open, this.#isEscaped(at, open));
    return open;
  }

  /** Whether the `<` at `open` begins anything but text. */
  #isMarkup(open: number): boolean {
    const next = this.#html.charCodeAt(open + 1);
    return isLetter(next) || next === 0x21 || next === 0x3f ||
      (next === SLASH && open + 2 < this.#length);
  }

  /** Whether the markup at `open` is a start or end tag. */
  #isTag(open: number): boolean {
    const next = this.#html.charCodeAt(open + 1);
    return isLetter(next === SLASH ? this.#html.charCodeAt(open + 2) : next);
  }

  /** Whether there is an `&` in the start tag at hand. */
  #mayBeEscaped(): boolean {
    return this.#isEscaped(this.#tagStart, this.#tagEnd);
  }

  #isEscaped(start: number, end: number): boolean {
    if (this.#ampersand < start) {
      const found = this.#html.indexOf("&", start);
      this.#ampersand = found === -1 ? Infinity : found;
    }
    return this.#ampersand < end;
  }

  /** Tells the tag at `open`, or passes over what else begins there; returns what follows it. */
  #markup(open: number, sink: TokenSink): number {
    const next = this.#html.charCodeAt(open + 1);
    if (isLetter(next)) return this.#startTag(open + 1, sink);
    if (next === SLASH) {
      const first = this.#html.charCodeAt(open + 2);
      if (isLetter(first)) return this.#endTag(open + 2, sink);
      return this.#after(">", open + 2);
    }
    if (next === 0x21 && this.#html.startsWith("--", open + 2)) {
      const end = commentEnd(this.#html, open + 4);
      return end === -1 ? this.#length : end;
    }
    if (next === 0x21 && sink.takesCdata && this.#html.startsWith("[CDATA[", open + 2)) {
      const end = this.#after("]]>", open + 9);
      const textEnd = this.#html.startsWith("]]>", end - 3) ? end - 3 : end;
      this.#count();
      if (textEnd > open + 9) sink.text(open + 9, textEnd, false);
      return end;
    }
    return this.#after(">", open + 2);
  }

  /** What follows the next `mark`; the end of the page where there is none. */
  #after(mark: string, from: number): number {
    const at = this.#html.indexOf(mark, from);
    return at === -1 ? this.#length : at + mark.length;
  }

  #startTag(start: number, sink: TokenSink): number {
    const tag = this.#tags.at(start);
    this.#present = 0;
    this.#tagStart = start;
    const end = this.#tagEnd = this.#attributes(this.#tags.end, true);
    // A tag that does not end is none.
    if (end === -1) return this.#length;
    this.#count();
    const content = sink.open(tag, this.#isSelfClosing);
    return content === "markup" ? end : this.#rawText(end, { content, name: tag.name, sink });
  }

  #endTag(start: number, sink: TokenSink): number {
    const tag = this.#tags.at(start);
    const named = this.#tags.end;
    const isPlain = this.#html.charCodeAt(named) === GREATER;
    const end = isPlain ? named + 1 : this.#attributes(named, false);
    if (end === -1) return this.#length;
    sink.close(tag);
    return end;
  }

  /** Tells the text inside an element whose content is no markup. */
  #rawText(
    from: number,
    { content, name, sink }: { content: ContentModel; name: string; sink: TokenSink },
  ): number {
    const end = content === "plain"
      ? this.#length
      : content === "script"
      ? scriptEnd(this.#html, from)
      : rawTextEnd(this.#html, { from, name });
    this.#count();
    if (end > from) sink.text(from, end, content === "escapable" && this.#isEscaped(from, end));
    return end;
  }

  /** Passes over attributes up to the end of their tag; -1 where it has none. */
  #attributes(from: number, isRead: boolean): number {
    const html = this.#html;
    this.#isSelfClosing = false;
    let count = 0;
    for (let at = from;;) {
      let code = html.charCodeAt(at);
      let isAfterSlash = false;
      while (code === SLASH || isSpace(code)) {
        isAfterSlash = code === SLASH;
        code = html.charCodeAt(++at);
      }
      if (code === GREATER) {
        this.#isSelfClosing = isAfterSlash;
        return at + 1;
      }
      if (at >= this.#length) return -1;
      if (isRead && ++count > this.#limits.maxAttributes) {
        this.stop(`an element has more than ${this.#limits.maxAttributes} attributes`);
        return -1;
      }
      const nameStart = at;
      at = attributeNameEnd(html, at);
      const nameEnd = at;
      while (isSpace(html.charCodeAt(at))) at++;
      let valueStart = at, valueEnd = at;
      if (html.charCodeAt(at) === EQUALS) {
        do at++; while (isSpace(html.charCodeAt(at)));
        code = html.charCodeAt(at);
        const isQuoted = code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
        valueStart = isQuoted ? at + 1 : at;
        valueEnd = isQuoted
          ? html.indexOf(code === DOUBLE_QUOTE ? '"' : "'", valueStart)
          : unquotedEnd(html, at);
        if (valueEnd === -1) return -1;
        at = isQuoted ? valueEnd + 1 : valueEnd;
      }
      if (isRead) this.#note(attributeAt(html, nameStart, nameEnd), { valueStart, valueEnd });
    }
  }

  #note(
    attribute: Attribute | -1,
    { valueStart, valueEnd }: { valueStart: number; valueEnd: number },
  ): void {
    // Written twice, the first one counts.
    if (attribute === -1 || this.has(attribute)) return;
    this.#present |= 1 << attribute;
    this.#starts[attribute] = valueStart;
    this.#ends[attribute] = valueEnd;
  }

  #count(): void {
    if (++this.#tokens > this.#limits.maxTokens) {
      this.stop(`there are more than ${this.#limits.maxTokens} elements and pieces of text`);
    }
  }
}
