/**
 * Tells what is in a file: by its first bytes, and by its name only where those say nothing.
 *
 * @module
 */
import { basename, extname } from "node:path";
import { detectCharset } from "../charset.ts";
import { beginsArc } from "./arc_record.ts";
import { beginsWarc } from "./warc_record.ts";

/** How a file is read; a zip archive is told apart inside. */
export type Format =
  | "html"
  | "xhtml"
  | "text"
  | "markdown"
  | "jsonl"
  | "csv"
  | "warc"
  | "arc"
  | "parquet"
  | "pdf"
  | "zip"
  | "eml";

/** What a file is, or why it is not read. */
export type Found =
  | { readonly format: Format }
  | { readonly unsupported: string }
  | { readonly malformed: string };

/** Bytes that are looked at. */
export const HEAD_BYTES = 1024;

/** By the ending of a name. */
const ENDINGS: Readonly<Record<string, Format>> = {
  html: "html",
  htm: "html",
  xhtml: "xhtml",
  xht: "xhtml",
  txt: "text",
  text: "text",
  md: "markdown",
  markdown: "markdown",
  jsonl: "jsonl",
  ndjson: "jsonl",
  csv: "csv",
  tsv: "csv",
  eml: "eml",
  mht: "eml",
  mhtml: "eml",
};

/** By the ending too, and in any case by their first bytes. */
const PROMISED: Readonly<Record<string, string>> = {
  parquet: "Parquet",
  pdf: "PDF",
  docx: "Word",
  xlsx: "Excel",
  pptx: "PowerPoint",
  odt: "ODT",
  epub: "EPUB",
  warc: "WARC",
  arc: "ARC",
};
const PACKED: Readonly<Record<string, string>> = { gz: "gzip", zst: "zstd" };

const latin1 = new TextDecoder("latin1");

const UNPACK = "unpack it first";
const SAVE = "save it as .docx, .xlsx or .pptx";

/** First bytes, in hex or as they read, of what is read; then of what is often met and is not. */
const BEGINNINGS: readonly (readonly [beginning: string, found: Found, at?: number])[] = [
  ["PAR1", { format: "parquet" }],
  ["%PDF-", { format: "pdf" }],
  ["0x504b0304", { format: "zip" }],
  ["0x504b0506", { format: "zip" }],
  ["0xd0cf11e0a1b11ae1", { unsupported: `an Office file of before 2007; ${SAVE}` }],
  ["0xfd377a585a00", { unsupported: `compressed by xz; ${UNPACK}` }],
  ["0x314159265359", { unsupported: `compressed by bzip2; ${UNPACK}` }, 4],
  ["0x377abcaf271c", { unsupported: `a 7z archive; ${UNPACK}` }],
  ["0x526172211a07", { unsupported: `a RAR archive; ${UNPACK}` }],
  ["ustar", { unsupported: `a tar archive; ${UNPACK}` }, 257],
  ["0x89504e47", { unsupported: "an image" }],
  ["0xffd8ff", { unsupported: "an image" }],
  ["GIF8", { unsupported: "an image" }],
  ["WEBP", { unsupported: "an image" }, 8],
  ["WAVE", { unsupported: "sound" }, 8],
  ["OggS", { unsupported: "sound or video" }],
  ["ftyp", { unsupported: "sound or video" }, 4],
  ["0x1a45dfa3", { unsupported: "sound or video" }],
  ["SQLite format 3", { unsupported: "an SQLite database" }],
  ["0x7f454c46", { unsupported: "a program" }],
  ["version https://git-lfs", { unsupported: "a pointer of Git LFS; fetch it by git lfs pull" }],
];

const bytesOf = (beginning: string): Uint8Array =>
  beginning.startsWith("0x")
    ? Uint8Array.fromHex(beginning.slice(2))
    : new TextEncoder().encode(beginning);
const SIGNATURES = BEGINNINGS.map(([beginning, found, at = 0]) => ({
  bytes: bytesOf(beginning),
  found,
  at,
}));

/** The line before each mail of a mailbox, and the header that follows it (RFC 4155). */
const MAILBOX = /^From \S+ [^\n]{1,80}\d{4}[^\n]{0,20}\n[\w-]{1,40}:/;

const HTML =
  /^(?:\s|\xef\xbb\xbf|<!--(?:(?!-->)[^])*-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html|head|body)\b/i;

/** A file's name without the ending of a compression. */
export const bareName = (name: string): string => name.replace(/\.(gz|zst)$/i, "");

/** Characters of an ending; longer ones are names with a dot in them. */
const MAX_ENDING = 10;

/** The ending of a name, by which files that are not read are counted. */
export function kindOf(path: string): string {
  const ending = extname(bareName(basename(path))).toLowerCase();
  return ending.length > 1 && ending.length <= MAX_ENDING ? ending : "without an ending";
}

/** Whether a name says that the file is a WARC file, or an ARC file. */
export const isWarcName = (name: string): boolean => /\.w?arc$/i.test(bareName(name));

/** The format that a file's name tells. */
const formatOfName = (name: string) => byEnding(bareName(name), ENDINGS);

function byEnding<T>(name: string, table: Readonly<Record<string, T>>): T | undefined {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(table, ending) ? table[ending] : undefined;
}

/** Whether a file is read for its name, whatever its first bytes are. */
export const isReadByName = (name: string): boolean => formatOfName(name) !== undefined;

/** What is read, in words. */
export const READ_KINDS =
  "HTML, text, Markdown, JSON lines, CSV, Parquet, WARC, PDF, office documents, EPUB and mail";

/** The format that the first bytes alone tell. */
export function formatOfBytes(head: Uint8Array): Found | undefined {
  if (beginsWarc(head)) return { format: "warc" };
  if (beginsArc(head)) return { format: "arc" };
  return SIGNATURES.find(({ bytes, at }) => bytes.every((byte, i) => head[at + i] === byte))?.found;
}

/** Whether this is the beginning of an HTML document. */
export const beginsHtml = (head: Uint8Array): boolean =>
  HTML.test(latin1.decode(head.subarray(0, HEAD_BYTES)));

/** A record of JSON lines: an object that begins on one line with its first name. */
const RECORD = /^(?:\xef\xbb\xbf|\ufeff)?\s*\{[ \t]*"/;

/** UTF-16 as text. */
function utf16Of(head: Uint8Array): string | undefined {
  const [first, second] = head;
  const marked = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : undefined;
  const label = marked ?? detectCharset(head);
  if (!label?.startsWith("utf-16")) return undefined;
  return new TextDecoder(label).decode(head.subarray(0, head.byteLength & ~1));
}

/** A byte of no text in any encoding but UTF-16: a control character that is no blank. */
export const isControl = (byte: number) => byte < 0x09 || (byte > 0x0d && byte < 0x1b);

const isBinary = (head: Uint8Array) => head.some(isControl) && utf16Of(head) === undefined;

/**
 * What the file with these first bytes, already decompressed, is. Text under a name that tells
 * nothing is read only where the user `asked` for this very file.
 */
export function findFormat(
  head: Uint8Array,
  { name, asked, isPacked = false }: { name: string; asked: boolean; isPacked?: boolean },
): Found {
  const found = formatOfBytes(head);
  if (found !== undefined) return found;
  // Programs that fetch files may unpack text, and keep the name.
  const packing = isPacked ? undefined : byEnding(name, PACKED);
  if (packing !== undefined && isBinary(head)) return misnamed(packing);
  const format = formatOfName(name);
  if (format !== undefined) return { format };
  const text = latin1.decode(head.subarray(0, HEAD_BYTES));
  // Some bytes of other programs may stand before it.
  if (/\.pdf$/i.test(bareName(name)) && text.includes("%PDF-")) return { format: "pdf" };
  if (beginsHtml(head)) return { format: "html" };
  if (MAILBOX.test(text)) return { unsupported: "a mailbox; write each mail to a file of its own" };
  const promised = byEnding(bareName(name), PROMISED);
  if (promised !== undefined && head.byteLength > 0) return misnamed(promised);
  if (!asked) return { unsupported: "neither its first bytes nor its name tell a format" };
  if (isBinary(head)) return { unsupported: "binary data" };
  if (RECORD.test(utf16Of(head) ?? text)) return { format: "jsonl" };
  return { format: "text" };
}

const misnamed = (format: string) => ({
  malformed: `its name says ${format}, and its first bytes do not`,
});
