/**
 * Documents that are small and meant to cost much: bombs, ones without end, broken ones, of every format.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { mutate } from "../stages/mutate.ts";
import { hostilePage } from "../stages/extract/hostile_html.ts";
import { endlessPdf } from "../stages/read/endless_pdf.ts";
import { zipFile } from "../stages/read/zip_file.ts";
import { archive, NAMESPACES, naming, relations } from "../stages/read/office_parts.ts";

const fixture = (name: string) =>
  Deno.readFileSync(new URL(`../fixtures/documents/${name}`, import.meta.url));
const bytes = (text: string) => new TextEncoder().encode(text);
/** A text many times over. */
const many = (text: string, count: number) => Buffer.alloc(text.length * count, text);
/** Made once for each size: packing a bomb takes seconds. */
const once = (make: (size: number) => Uint8Array) => {
  const made = new Map<number, Uint8Array>();
  return (size: number) => {
    const known = made.get(size) ?? make(size);
    made.set(size, known);
    return known;
  };
};
const zeros = (mib: number) => new Uint8Array(mib * 2 ** 20);
/** Small files one behind the other. */
const repeated = (part: Uint8Array, count: number) => Buffer.concat(Array(count).fill(part));

const OFFICE = "application/vnd.openxmlformats-officedocument";
const wordBomb = (mib: number) =>
  zipFile({
    ...naming("word/document.xml", `${OFFICE}.wordprocessingml.document.main+xml`),
    "word/document.xml": zeros(mib),
  });
const epub = (opf: string, chapter: string) =>
  archive({
    mimetype: "application/epub+zip",
    "META-INF/container.xml": '<container><rootfile full-path="a.opf"/></container>',
    "a.opf": opf,
    "c.xhtml": chapter,
  });
const slides = (count: number) =>
  archive({
    ...naming("ppt/presentation.xml", `${OFFICE}.presentationml.presentation.main+xml`),
    "ppt/presentation.xml": `<p:presentation ${NAMESPACES}>${
      '<p:sldId id="1" r:id="r1"/>'.repeat(count)
    }</p:presentation>`,
    "ppt/_rels/presentation.xml.rels": relations("r1 slide s.xml"),
    "ppt/s.xml": `<p:sld ${NAMESPACES}><a:p><a:r><a:t>${
      "word ".repeat(10_000)
    }</a:t></a:r></a:p></p:sld>`,
  });
const sheet = (rows: number) =>
  archive({
    ...naming("xl/workbook.xml", `${OFFICE}.spreadsheetml.sheet.main+xml`),
    "xl/workbook.xml":
      `<workbook ${NAMESPACES}><sheets><sheet name="a" r:id="r1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relations("r1 worksheet s.xml"),
    "xl/s.xml": `<worksheet><sheetData>${
      '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'.repeat(rows)
    }</sheetData></worksheet>`,
  });
const mailOf = (depth: number) =>
  Array.from(
    { length: depth },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  ).join("");
const table = (mib: number) =>
  new Uint8Array(parquetWriteBuffer({
    columnData: [{ name: "text", data: ["a", "b"], type: "STRING" }],
    codec: "GZIP",
    compressors: { GZIP: () => gzipSync(zeros(mib)) },
  }));

type Make = (size: number, number: number) => Uint8Array | string;

/** By the ending of the name; `size` grows from 1 to 8. */
const MAKERS: readonly (readonly [ending: string, make: Make])[] = [
  ["txt", (size) => zeros(size)],
  ["txt", (size) => many("a ", size << 19)],
  ["txt.gz", once((size) => gzipSync(zeros(8 * size)))],
  ["txt.gz", once((size) => repeated(gzipSync(""), 2000 * size))],
  ["txt.zst", once((size) => zstdCompressSync(zeros(8 * size)))],
  ["jsonl", (size) => `{"text":${"[".repeat(size << 19)}${"]".repeat(size << 19)}}`],
  ["jsonl", (size) => `{${Array.from({ length: 50_000 * size }, (_, at) => `"k${at}":1`)}}`],
  ["jsonl", (size) => `{"text":[${"[],".repeat(size << 17)}0]}`],
  ["jsonl.gz", (size) => gzipSync(many("x\n", 10_000 * size))],
  ["csv", (size) => many(",", size << 19)],
  ["csv.gz", (size) => gzipSync(`a,text\n${"x\n".repeat(10_000 * size)}`)],
  ["warc.gz", (size) => gzipSync(many("\r\n", size << 18))],
  ["warc.gz", (size) => gzipSync(many("WARC/1.0\r\n\r\n", 5000 * size))],
  ["warc.gz", (size) => gzipSync(`WARC/1.0\r\n${"a: b\r\n".repeat(20_000 * size)}`)],
  ["warc.gz", (size) => repeated(gzipSync("x"), 1000 * size)],
  ["html", (size) => "<p>a".repeat(size << 17)],
  ["html", (size) => `<p class="${"a ".repeat(size << 18)}">${"<b>".repeat(size << 15)}x`],
  ["html", (_, number) => hostilePage(1, number)],
  ["docx", once((size) => wordBomb(32 * size))],
  ["xlsx", once((size) => sheet(10_000 * size))],
  ["pptx", once((size) => slides(100_000 * size))],
  [
    "epub",
    once((size) => epub(`<package><spine>${"<itemref idref='c'/>".repeat(50_000 * size)}`, "<p>x")),
  ],
  ["odt", (_, number) => mutate(fixture("essay.odt"), number)],
  ["eml", (size) => mailOf(2000 * size)],
  ["parquet", once((size) => table(64 * size))],
  ["zip", once((size) => zipFile({ "a.zip": zipFile({ "b.txt": zeros(32 * size) }) }))],
  ["pdf", (size) => endlessPdf(8 + size)],
  ["pdf", (_, number) => mutate(fixture("lighthouses.pdf"), number)],
  ["docx", (_, number) => mutate(fixture("letter.docx"), number)],
  ["xlsx", (_, number) => mutate(fixture("stock.xlsx"), number)],
  ["eml", (_, number) => mutate(fixture("letter.eml"), number)],
  ["parquet", (_, number) => mutate(fixture("rows.snappy.parquet"), number)],
];

/** How many kinds there are. */
export const KINDS: number = MAKERS.length;

/**
 * Document `number`, each kind in turn and larger from round to round; with `hangs`, one that takes a
 * reader days.
 */
export function hostileDocument(
  number: number,
  { hangs = false }: { hangs?: boolean } = {},
): { name: string; content: Uint8Array } {
  if (hangs) return { name: `hanging${number}.pdf`, content: bytes(endlessPdf()) };
  const [ending = "", make = () => ""] = MAKERS[number % MAKERS.length] ?? [];
  const content = make(1 + Math.floor(number / MAKERS.length) % 8, number);
  const name = `${String(number).padStart(5, "0")}.${ending}`;
  return { name, content: typeof content === "string" ? bytes(content) : content };
}
