import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { deflateSync, gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { extractDocument } from "../../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { read, type ReadOptions } from "../../../stages/read/mod.ts";
import type { Document } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const FIXTURES = new URL("../../fixtures/documents/", import.meta.url).pathname;

/** Documents out of a file, and what was dropped, named without its folder. */
async function documentsOf(path: string, options: Partial<ReadOptions> = {}) {
  const dropped: string[] = [], details: string[] = [];
  const onDrop = ({ item, reason, detail }: Omit<Drop, "stage">) => {
    dropped.push(`${decodeURIComponent(item.split("/").at(-1) ?? "")}: ${reason}`);
    details.push(detail);
  };
  const meter = new StageMeter("read", onDrop);
  const documents: (Document & { name: string })[] = [];
  for await (const page of read({ paths: [path], meter, ...options })) {
    const found = extractDocument(page, { format: "markdown" });
    if ("reason" in found) onDrop(found);
    else documents.push({ ...found, name: decodeURIComponent(page.url.split("/").at(-1) ?? "") });
  }
  return { documents, dropped, details };
}

const about = ({ title, author, date }: Document) => [title, author, date?.slice(0, 10)];

Deno.test("a Word document gives headings, paragraphs and tables", async () => {
  const { documents: [document], dropped } = await documentsOf(`${FIXTURES}letter.docx`);
  assertEquals(dropped, []);
  assertEquals(document && about(document), [
    "Report on the bridge",
    "Ada Archivist",
    "2023-05-06",
  ]);
  assertEquals(
    document?.text,
    "# Report on the bridge\n\n" +
      "The bridge was inspected in spring & found sound; its rails are “worn”.\n\n" +
      "Two bolts were replaced by the crew of the northern depot.\n\n" +
      "| Bolt | State |\n| --- | --- |\n| North | new |",
  );
});

Deno.test("a spreadsheet gives a document a sheet, in the order of the sheets", async () => {
  const { documents, dropped } = await documentsOf(`${FIXTURES}stock.xlsx`);
  assertEquals(dropped, []);
  assertEquals(documents.map(({ name, title, text }) => [name, title, text]), [
    [
      "stock.xlsx#sheet=Stock & more",
      "Stock & more",
      "Part\tNumber of pieces\nHinge\t12.5\t25",
    ],
    ["stock.xlsx#sheet=Notes", "Notes", "Order hinges before winter."],
  ]);
});

Deno.test("a presentation gives its slides in the order in which they are shown", async () => {
  const { documents: [document], dropped } = await documentsOf(`${FIXTURES}talk.pptx`);
  assertEquals(dropped, []);
  assertEquals(document && about(document), ["Rivers", "Ada Archivist", "2023-05-06"]);
  assertEquals(
    document?.text,
    "Rivers of the north\nThey freeze in <winter>.\n\nThank you\nQuestions are welcome.",
  );
});

Deno.test("an OpenDocument text gives headings, paragraphs and lists, without remarks", async () => {
  const { documents: [document], dropped } = await documentsOf(`${FIXTURES}essay.odt`);
  assertEquals(dropped, []);
  assertEquals(document && about(document), ["Walking", "Ada Archivist", "2023-05-06"]);
  assertEquals(
    document?.text,
    "## On walking\n\nWho walks slowly sees more & hears more.\n\nA remark stays out.\n\n" +
      "- Take water.\n- Take a map.",
  );
});

Deno.test("a book gives its chapters in order, and names one that it lacks", async () => {
  const { documents, dropped } = await documentsOf(`${FIXTURES}book.epub`);
  assertEquals(documents.map(({ name, title, text }) => [name, title, text]), [
    [
      "book.epub#chapter=1",
      "Arrival",
      "# Arrival\n\nThe ship came in at dawn, and nobody saw it — but the gulls.",
    ],
    [
      "book.epub#chapter=2",
      "Unloading",
      "# Unloading\n\nBy noon the crates stood in rows along the quay.",
    ],
  ]);
  assert(documents.every(({ author }) => author === "Ada Archivist"));
  assertEquals(dropped, ["book.epub#chapter=3: malformed"]);
});

Deno.test("a mail gives its plain text, or its HTML, without attachments", async () => {
  const { documents: [letter], dropped } = await documentsOf(`${FIXTURES}letter.eml`);
  assertEquals(dropped, []);
  assertEquals(letter && about(letter), ["Grüße aus dem Archiv", "Ada Archivist", "2023-05-06"]);
  assertEquals(letter?.text, "Liebe Leserin,\n\ndas Archiv öffnet am Montag wieder.");
  const { documents: [html] } = await documentsOf(`${FIXTURES}html.eml`);
  assertEquals([html?.title, html?.text], ["Only HTML", "A letter with bold words."]);
});

Deno.test("documents that libraries write are read as they were meant", async () => {
  const written: Record<string, string[]> = {
    "python_docx.docx": [
      "Annual report\n\n# Rails\n\nThe rails were replaced in the spring of the year.\n\n" +
      "- Take gloves.\n- Take a lamp.\n\n| Bolt | State |\n| --- | --- |\n| North | new |\n\n" +
      "Signed by the crew.",
    ],
    "openpyxl.xlsx": [
      "Part\tCount\tWhen\nHinge\t3\t45296\nGrüße & <more>\t2.5",
      "A note in the middle.",
    ],
    "xlsxwriter.xlsx": ["first cell\t2\nsome bold words"],
    "odfpy.odt": [
      "# On rivers\n\nThey freeze in winter & thaw in spring.\n\n- The north fork\n- The south fork",
    ],
    "ebooklib.epub": [
      "# Chapter 1\n\nThe ship came in at dawn.",
      "# Chapter 2\n\nThe crates stood on the quay.",
    ],
    "reportlab.pdf": [
      "On bridges\nA bridge of stone was built over the river in the year of the flood, and it has " +
      "stood there ever since,\nin spite of ice, carts and later of lorries that nobody had foreseen.",
    ],
  };
  for (const [name, texts] of Object.entries(written)) {
    const { documents } = await documentsOf(`${FIXTURES}${name}`);
    assertEquals(documents.map(({ text }) => text), texts, name);
  }
});

Deno.test("a PDF gives its paragraphs, words at line ends whole", async () => {
  const { documents: [document], dropped } = await documentsOf(`${FIXTURES}lighthouses.pdf`);
  assertEquals(dropped, []);
  const source = await Deno.readTextFile(`${FIXTURES}lighthouses.html`);
  const paragraphs = [...source.matchAll(/<(?:p|h\d)[^>]*>(.*?)<\//g)].map(([, text]) => text);
  const found = document?.text.split(/\n{2,}/).map((text) => text.replaceAll("\n", " "));
  assertEquals(found, paragraphs as string[]);
  assertEquals(document?.title, "On Lighthouses");
});

const MANUAL = "/usr/share/doc/libtasn1-doc/libtasn1.pdf";
const hasManual = await Deno.stat(MANUAL).then(() => true, () => false);
Deno.test({
  name: "a manual of Debian's as PDF gives its sentences",
  ignore: !hasManual,
  async fn() {
    const { documents, dropped } = await documentsOf(MANUAL);
    assertEquals([documents.length, dropped], [1, []]);
    const text = documents[0]?.text.replace(/\s+/g, " ") ?? "";
    for (
      const sentence of [
        "Permission is granted to copy, distribute and/or modify this document under the terms of",
        "Abstract Syntax Notation One (ASN.1) and Distinguished Encoding Rules (DER) manipulation.",
      ]
    ) assertStringIncludes(text, sentence);
  },
});

Deno.test("Parquet rows come row group by row group, in every compression but LZ4", async () => {
  for (const compression of ["snappy", "zstd", "gzip", "brotli"]) {
    const name = `rows.${compression}.parquet`;
    const found = await documentsOf(`${FIXTURES}${name}`, { textField: "body" });
    assertEquals(found.documents.map((document) => document.text), [
      "The first row of the table.",
      "Ein Satz über Käse — 日本語も。",
      "x".repeat(300),
      ...Array.from({ length: 8 }, (_, i) => `Row number ${i + 6} has its own words.`),
    ]);
    assertEquals(found.documents.map((document) => Number(document.name.split("=")[1])), [
      ...[1, 3, 5],
      ...[6, 7, 8, 9, 10, 11, 12, 13],
    ]);
    assertEquals(found.dropped, [`${name}#row=2: malformed`, `${name}#row=4: no-text`]);
  }
  const lz4 = await documentsOf(`${FIXTURES}rows.lz4.parquet`, { textField: "body" });
  assertEquals(lz4.documents, []);
  assertEquals(lz4.dropped.length, 3);
  assertStringIncludes(lz4.details[0] ?? "", "LZ4");
  const { details } = await documentsOf(`${FIXTURES}rows.zstd.parquet`);
  assertEquals(details, [
    'it has no column "text" but id, body, language; name the one with the text by --text-field',
  ]);
});

Deno.test("tables of text: quotes, line ends, delimiters and encodings as programs write them", async () => {
  const dir = await scratchDir();
  const path = `${dir}/a.csv`;
  const rows =
    'id,text\r\n1,"a ""quoted"" text,\r\nof two lines"\r\n2,plain "inside" it\r\n3\r\n\r\n4,last';
  const expected = ['a "quoted" text,\nof two lines', 'plain "inside" it', "last"];
  for (const delimiter of [",", ";", "\t", "|"]) {
    await Deno.writeTextFile(path, `\ufeff${rows.replace(/(^|\n)(\w+),/g, `$1$2${delimiter}`)}`);
    const found = await documentsOf(path);
    assertEquals(found.documents.map(({ text }) => text), expected, delimiter);
    assertEquals(found.documents.map(({ name }) => name), [
      "a.csv#row=1",
      "a.csv#row=2",
      "a.csv#row=4",
    ]);
    assertEquals(found.dropped, ["a.csv#row=3: malformed"]);
  }
  // "é" and "€" of windows-1252.
  await Deno.writeFile(
    path,
    new Uint8Array([
      ...new TextEncoder().encode("n;text\n1;le caf"),
      ...[0xe9],
      ...new TextEncoder().encode(" du matin co"),
      ...[0xfb],
      ...new TextEncoder().encode("te trois "),
      ...[0x80],
      ...new TextEncoder().encode(" pr"),
      ...[0xe8],
      ...new TextEncoder().encode("s de la gare\n"),
    ]),
  );
  const french = await documentsOf(path);
  assertEquals(french.documents[0]?.text, "le café du matin coûte trois € près de la gare");
  await Deno.writeTextFile(path, `id,text\n1,ok\n2,"${"x".repeat(5000)}\n`);
  const long = await documentsOf(path, { maxFileBytes: 1000 });
  assertEquals([long.documents.length, long.dropped], [1, ["a.csv: too-large"]]);
  const none = await documentsOf(path, { textField: "body" });
  assertEquals(none.details, [
    'it has no column "body" but id, text; name the one with the text by --text-field',
  ]);
});

Deno.test("what a document is, its bytes say: names do not matter, gzip neither", async () => {
  const dir = await scratchDir();
  for (const name of ["letter.docx", "stock.xlsx", "lighthouses.pdf", "rows.zstd.parquet"]) {
    const bytes = await Deno.readFile(`${FIXTURES}${name}`);
    const plain = await documentsOf(`${FIXTURES}${name}`, { textField: "body" });
    for (const [other, content] of [["a.txt", bytes], ["b.gz", gzipSync(bytes)]] as const) {
      await Deno.writeFile(`${dir}/${other}`, content);
      const found = await documentsOf(`${dir}/${other}`, { textField: "body" });
      assertEquals(
        found.documents.map(({ text }) => text),
        plain.documents.map(({ text }) => text),
      );
    }
  }
});

Deno.test("archives that are bombs, nested, locked or of no known kind are dropped with the reason", async () => {
  const dir = await scratchDir();
  const small = new TextEncoder().encode("<x/>");
  const zeros = new Uint8Array(70 * 2 ** 20);
  const LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
  const cases: [name: string, bytes: Uint8Array, reason: string, detail: string][] = [
    [
      "bomb.docx",
      zipSync({ "word/document.xml": zeros, "word/a.xml": zeros }),
      "too-large",
      "unpacks to more than",
    ],
    [
      "nested.zip",
      zipSync({ "a.zip": zipSync({ "b.xml": small }) }),
      "unsupported-type",
      "a zip archive",
    ],
    ["twice.txt.gz", gzipSync(gzipSync("text")), "unsupported-type", "compressed twice"],
    [
      "large.pdf",
      new Uint8Array([...new TextEncoder().encode("%PDF-1.7\n"), ...new Uint8Array(2e6)]),
      "too-large",
      "larger than",
    ],
    ["torn.pdf", new TextEncoder().encode("%PDF-1.7\nnothing more"), "malformed", ""],
    [
      "torn.epub",
      (await Deno.readFile(`${FIXTURES}book.epub`)).subarray(0, 900),
      "malformed",
      "zip",
    ],
    ...["parquet", "pdf", "docx", "xlsx", "pptx", "odt", "epub", "warc", "arc", "warc.gz"].map((
      ending,
    ): typeof cases[number] => {
      const text = new TextEncoder().encode("A text that a program saved under a wrong name.");
      return [`wrong.${ending}`, text, "malformed", "its name says "];
    }),
    ...["txt.gz", "md.zst"].map((ending): typeof cases[number] => [
      `broken.${ending}`,
      gzipSync("text").fill(0, 0, 1),
      "malformed",
      "its name says ",
    ]),
    ["wrong.pdf.gz", gzipSync("text"), "malformed", "its name says PDF"],
    ["lfs.jsonl", new TextEncoder().encode(LFS), "unsupported-type", "git lfs pull"],
    ["old.doc", Uint8Array.fromHex("d0cf11e0a1b11ae10000"), "unsupported-type", "before 2007"],
    ["empty.xlsx", zipSync({ "xl/workbook.xml": small }), "no-text", "no text"],
  ];
  // A folder's files, so that none is refused before the reading.
  for (const [name, bytes] of cases) await Deno.writeFile(`${dir}/${name}`, bytes);
  await Deno.writeTextFile(`${dir}/z.txt.gz`, "read all the same");
  const { documents, dropped, details } = await documentsOf(dir, { maxDocumentBytes: 2 ** 20 });
  assertEquals(documents.map(({ text }) => text), ["read all the same"]);
  const byName = Object.fromEntries(dropped.map((drop, i) => [drop, details[i] ?? ""]));
  for (const [name, , reason, detail] of cases) {
    const said = byName[`${name}: ${reason}`];
    assert(
      said?.includes(detail),
      `${name}: ${reason} (${detail}) in ${JSON.stringify(byName, null, 1)}`,
    );
  }
});

/** A PDF of one page whose content is a stream of so many mebibytes of blanks. */
function bombPdf(mib: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  const member = deflateSync(new Uint8Array(mib * 2 ** 20).fill(0x20));
  let length = 0;
  const offsets: number[] = [];
  const add = (part: string | Uint8Array) => {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    chunks.push(bytes);
    length += bytes.byteLength;
  };
  const object = (...parts: (string | Uint8Array)[]) => {
    offsets.push(length);
    for (const part of [`${offsets.length} 0 obj\n`, ...parts, "\nendobj\n"]) add(part);
  };
  add("%PDF-1.4\n");
  object("<< /Type /Catalog /Pages 2 0 R >>");
  object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << >> >>");
  object(
    `<< /Length ${member.byteLength} /Filter /FlateDecode >>\nstream\n`,
    member,
    "\nendstream",
  );
  const table = length;
  add(`xref\n0 5\n0000000000 65535 f \n`);
  for (const offset of offsets) add(`${`${offset}`.padStart(10, "0")} 00000 n \n`);
  add(`trailer << /Size 5 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF`);
  return Buffer.concat(chunks);
}

Deno.test("a PDF whose content is a bomb ends at the cap, and the next document is read", async () => {
  const dir = await scratchDir();
  await Deno.writeFile(`${dir}/a.pdf`, bombPdf(400));
  await Deno.copyFile(`${FIXTURES}lighthouses.pdf`, `${dir}/b.pdf`);
  const before = Deno.memoryUsage().rss;
  const { documents, dropped, details } = await documentsOf(dir);
  const grown = Deno.memoryUsage().rss - before;
  assertEquals([documents.map(({ title }) => title), dropped], [
    ["On Lighthouses"],
    ["a.pdf: too-large"],
  ]);
  assertEquals(details, ["a part of it unpacks to more than 67108864 bytes"]);
  assert(grown < 400 * 2 ** 20, `${grown} bytes`);
});

Deno.test("a document that takes too long costs itself only", async () => {
  const dir = await scratchDir();
  await Deno.copyFile(`${FIXTURES}lighthouses.pdf`, `${dir}/a.pdf`);
  await Deno.writeTextFile(`${dir}/b.txt`, "read all the same");
  // No thread starts in so short a time.
  const { documents, dropped } = await documentsOf(dir, { maxDocumentMs: 0 });
  assertEquals(documents.map(({ text }) => text), ["read all the same"]);
  assertEquals(dropped, ["a.pdf: timeout"]);
});

Deno.test("documents inside a WARC file are read with its address and place", async () => {
  const dir = await scratchDir();
  const pdf = await Deno.readFile(`${FIXTURES}lighthouses.pdf`);
  const http = `HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n`;
  const head = `WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.test/book.pdf\r\n` +
    `WARC-Date: 2024-01-02T03:04:05Z\r\nContent-Type: application/http; msgtype=response\r\n` +
    `Content-Length: ${pdf.byteLength + http.length}\r\n\r\n${http}`;
  const record = gzipSync(
    new Uint8Array([
      ...new TextEncoder().encode(head),
      ...pdf,
      ...new TextEncoder().encode("\r\n\r\n"),
    ]),
  );
  await Deno.writeFile(`${dir}/a.warc.gz`, new Uint8Array([...record, ...record]));
  const { documents, dropped } = await documentsOf(`${dir}/a.warc.gz`);
  assertEquals(dropped, []);
  assertEquals(documents.map(({ url, fetchedAt, warc }) => [url, fetchedAt, warc?.offset]), [
    ["https://a.test/book.pdf", "2024-01-02T03:04:05.000Z", 0],
    ["https://a.test/book.pdf", "2024-01-02T03:04:05.000Z", record.byteLength],
  ]);
  assertStringIncludes(documents[1]?.text ?? "", "Ships steer by its rhythm");
});
