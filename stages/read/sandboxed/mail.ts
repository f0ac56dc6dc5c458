/**
 * The text of a mail (RFC 5322 and MIME), without what is attached to it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import PostalMime from "postal-mime";
import { detectCharset, isUtf8 } from "../../charset.ts";
import type { Declared } from "../../types.ts";
import { unflow } from "./flowed.ts";
import { textParts } from "./parts.ts";
import { HTML, type SandboxedPage, type Task } from "./task.ts";

/** A part of a message, as the library has it inside. */
interface MailPart {
  readonly content: ArrayBuffer | null;
  readonly contentType: { readonly parsed: { readonly params: Record<string, string> } };
  getTextContent(): string;
}

/** Parts of the library that have been told how to read their text. */
const KNOWN = new WeakSet<MailPart>();

/**
 * Lets a parser read text that is flowed, and text that says no encoding, as the library does not:
 * all parts of a message, and of messages inside it, have the prototype of its root.
 */
function readTextBy(parser: PostalMime): void {
  const part: MailPart = Object.getPrototypeOf(Reflect.get(parser, "root"));
  if (KNOWN.has(part)) return;
  KNOWN.add(part);
  const decode = part.getTextContent;
  part.getTextContent = function (this: MailPart): string {
    const { params } = this.contentType.parsed;
    const { format = "", delsp = "" } = params;
    delete params.format;
    const bytes = new Uint8Array(this.content ?? new ArrayBuffer(0));
    if (!params.charset && !isUtf8(bytes)) params.charset = detectCharset(bytes) ?? "";
    const text = decode.call(this);
    return /^flowed$/i.test(format) ? unflow(text, /^yes$/i.test(delsp)) : text;
  };
}

/** The plain text of a mail where it has one, else its HTML. */
export async function* readMail(
  task: Task & { bytes: Uint8Array<ArrayBuffer> },
): AsyncGenerator<SandboxedPage> {
  const parser = new PostalMime({ maxNestingDepth: 32, maxHeadersSize: 1024 * 1024 });
  readTextBy(parser);
  const { subject, from, sender, date, text, html } = await parser.parse(inUtf8(task.bytes));
  const time = Date.parse(date ?? "");
  // A name may stand alone, or an address.
  const author = from?.name || from?.address || sender?.name || sender?.address;
  const declared: Declared = {
    ...(subject === undefined || subject === "" ? {} : { title: subject }),
    ...(author ? { author } : {}),
    ...(Number.isNaN(time) ? {} : { date: new Date(time).toISOString() }),
  };
  if (text !== undefined && text.trim() !== "") {
    return yield* textParts([text], { ...task, declared });
  }
  if (html === undefined) return yield* textParts([" "], { ...task, declared });
  yield { part: "", contentType: HTML, body: new TextEncoder().encode(html), declared };
}

/** The message with its header in UTF-8, and without a byte order mark. */
function inUtf8(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const message = isMarked ? bytes.subarray(3) : bytes;
  const end = headerEnd(message);
  const head = message.subarray(0, end);
  const isRight = isUtf8(head);
  const label = isRight ? "utf-8" : detectCharset(head);
  const text = new TextDecoder(label).decode(head);
  const joined = joinWords(text);
  if (isRight && joined === text) return message;
  const decoded = new TextEncoder().encode(joined);
  const whole = new Uint8Array(decoded.byteLength + message.byteLength - end);
  whole.set(decoded);
  whole.set(message.subarray(end), decoded.byteLength);
  return whole;
}

/** Words in base64 that follow one another. */
const WORDS = /=\?([^?\s]{1,64})\?b\?[^?\s]*\?=(?:\s{1,8}=\?\1\?b\?[^?\s]*\?=)+/gi;

/** Encoded words that follow one another as one: some programs divide a character between them. */
const joinWords = (header: string): string =>
  header.replace(WORDS, (words, charset: string) => {
    const bytes = Array.from(
      words.matchAll(/\?b\?([^?]*)\?=/gi),
      ([, word = ""]) => Buffer.from(word, "base64"),
    );
    return `=?${charset}?B?${Buffer.concat(bytes).toString("base64")}?=`;
  });

/** Where the first blank line is, or the end. */
function headerEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    const next = bytes[at + 1] === 0x0d ? bytes[at + 2] : bytes[at + 1];
    if (next === 0x0a) return at + 1;
  }
  return bytes.byteLength;
}
