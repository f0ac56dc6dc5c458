/**
 * Takes out of a page what is no part of its tree, where parsers part ways about its end: comments,
 * and what is inside of scripts, JSON-LD aside, and style sheets (HTML standard, 13.2.5).
 *
 * @module
 */
import { ATTRIBUTE } from "./attribute.ts";
import { isLinkedData } from "./metadata.ts";
import { Scanner, type TokenSink } from "./scanner.ts";
import { knownTags, type Tag } from "./tag.ts";
import type { ContentModel } from "./tags.ts";

const TAG = knownTags("svg", "math");

/** The page without them. CDATA sections of SVG and MathML stay. */
export function plainMarkup(html: string): string {
  const scanner = new Scanner(html, { maxAttributes: Infinity, maxTokens: Infinity });
  const eraser = new Eraser(html, scanner);
  scanner.run(eraser);
  return eraser.rest();
}

/** Hears of a page and keeps the pieces that stay. */
class Eraser implements TokenSink {
  readonly #html: string;
  readonly #kept: string[] = [];
  #at = 0;
  #isScript = false;
  #isLinked = false;
  #foreign = 0;
  readonly #scanner: Scanner;

  constructor(html: string, scanner: Scanner) {
    this.#html = html;
    this.#scanner = scanner;
  }

  get takesCdata(): boolean {
    return this.#foreign > 0;
  }

  open(tag: Tag, isSelfClosing: boolean): ContentModel {
    if (!isSelfClosing && (tag === TAG.svg || tag === TAG.math)) this.#foreign++;
    const content = this.#foreign > 0 ? "markup" : tag.content;
    this.#isScript = content === "script" || content === "raw" && tag.isUnread;
    this.#isLinked = content === "script" && isLinkedData(this.#scanner.attribute(ATTRIBUTE.type));
    return content;
  }

  close(tag: Tag): void {
    this.#isScript = false;
    if (tag === TAG.svg || tag === TAG.math) this.#foreign = Math.max(0, this.#foreign - 1);
  }

  text(start: number, end: number): void {
    if (!this.#isScript) return;
    this.#drop(start, end);
    // JSON may say it without a sign that a parser could take for markup.
    if (this.#isLinked) {
      this.#kept.push(this.#html.slice(start, end).replaceAll("<", "\\u003c"));
    }
  }

  space(): void {}

  comment(start: number, end: number): void {
    const isKept = this.#html[start + 1] === "!" &&
      (/^doctype/i.test(this.#html.slice(start + 2, start + 9)) ||
        this.#foreign > 0 && this.#html.startsWith("[CDATA[", start + 2));
    if (!isKept) this.#drop(start, end);
  }

  /** The pieces that stay. */
  rest(): string {
    return this.#kept.join("") + this.#html.slice(this.#at);
  }

  #drop(start: number, end: number): void {
    this.#kept.push(this.#html.slice(this.#at, start));
    this.#at = end;
  }
}
