/** Text from outside that is made to keep a regular expression busy: a quadratic one takes minutes. */
import { assertEquals } from "@std/assert";
import { canonicalLink } from "../../stages/crawl/canonical_url.ts";
import { metaDirectives } from "../../stages/crawl/directives.ts";
import { readLinks } from "../../stages/crawl/links.ts";
import { MAX_ROBOTS_BYTES, parseRobotsText } from "../../stages/crawl/robots_rules.ts";
import { parseSitemap } from "../../stages/crawl/sitemap.ts";
import { charsetOf } from "../../stages/declared_charset.ts";
import { extractDocument } from "../../stages/extract/document.ts";
import { languageTag } from "../../stages/extract/metadata.ts";
import { hides } from "../../stages/extract/tags.ts";
import { htmlOfXhtml } from "../../stages/extract/xhtml.ts";
import { detectCharset } from "../../stages/charset.ts";
import { printableLine } from "../../stages/printable.ts";
import { ARC } from "../../stages/read/arc_record.ts";
import { ByteReader } from "../../stages/read/byte_reader.ts";
import { beginsHtml } from "../../stages/read/format.ts";
import { jointOf } from "../../stages/read/sandboxed/hyphens.ts";
import { readRecords } from "../../stages/read/warc_record.ts";
import { unescapeXstring } from "../../stages/read/sandboxed/office_xml.ts";
import { C4, filterC4 } from "../../stages/refine/c4.ts";
import { cleanText } from "../../stages/refine/clean_text.ts";
import { splitWords } from "../../stages/refine/words.ts";
import { wrapLine } from "../../stages/report/wrap_line.ts";

const MIB = 2 ** 20;
const url = "https://a.test/";

/** A mebibyte of `unit` again and again. */
const full = (unit: string) => unit.repeat(MIB / unit.length);
const bytes = (text: string) => new TextEncoder().encode(text);

/** What is read out of a page, or the reason why nothing is. */
function pageOf(contentType: string, text: string) {
  const page = extractDocument({ url, contentType, body: bytes(text), fetchedAt: "" });
  return "reason" in page ? page.reason : page.text;
}

/** Addresses of the records of an ARC file. */
async function arcOf(text: string): Promise<(string | undefined)[]> {
  const source = new ByteReader(ReadableStream.from([bytes(text)]));
  const records = readRecords(source, { ...ARC, onBroken() {} });
  return await Array.fromAsync(records, ({ fields }) => fields.get("warc-target-uri"));
}

const RECORD = "\nhttp://a/ 192.0.2.1 20200101000000 text/plain 1\nx\n";
/** Lines as long as one of robots.txt may be. */
const robotsOf = (line: string) =>
  parseRobotsText(bytes(`User-agent: *\n${line}\n`.repeat(MAX_ROBOTS_BYTES / line.length)), {
    agent: "cllm",
  });

const CASES: readonly (readonly [name: string, run: () => unknown, expected: unknown])[] = [
  ["comments before what is no page", () => beginsHtml(bytes("<!---->".repeat(145))), false],
  ["comments before a page", () => beginsHtml(bytes(`${"<!---->".repeat(144)}<html>`)), true],
  ["document types", () => htmlOfXhtml(`<p>x</p>${full("<!DOCTYPE ")}`).slice(15, 23), "<p>x</p>"],
  [
    "document types without end",
    () => htmlOfXhtml(`<p>x</p>${full("<!DOCTYPE [")}`).slice(15, 23),
    "<p>x</p>",
  ],
  ["blanks in a charset", () => charsetOf(`charset="${full("\t")}`), undefined],
  ["a media type", () => pageOf(`text/plain; charset="${full("\t")}`, "x"), "x"],
  ["a language", () => languageTag(full("_")), "und"],
  ["a style", () => hides(full("display ")), false],
  ["blanks in a paragraph", () => pageOf("text/html", `<p>a${full(" ")}b`), "a b"],
  ["line breaks in a paragraph", () => pageOf("text/html", `<p>a${full("<br> ")}b`), "a\n\nb"],
  ["number signs", () => pageOf("text/markdown", full("# ")).length, MIB - 1],
  ["robots.txt", () => robotsOf(`Crawl-delay: ${"0".repeat(16_000)}x`).crawlDelaySeconds, 0],
  ["a link", () => canonicalLink(`;jsessionid=${full("\t/")}`, url), undefined],
  ["directives", () => metaDirectives(full(", ")).noindex, false],
  ["relations", () => readLinks(`<a rel="${full(" ")}" href="/b">`, { url }).links, [`${url}b`]],
  [
    "refresh",
    () => readLinks(`<meta http-equiv=refresh content="1${full(" ")}">`, { url }).links,
    [url],
  ],
  ["a sitemap of blanks", () => parseSitemap(`http://${full(" \n")}`).pages, []],
  ["shifts without end", () => detectCharset(bytes(full("~{AA"))), "utf-8"],
  ["a name to print", () => printableLine(`a${full("\n")}b`).length, 3],
  ["a head of an ARC record", () => arcOf(`a:${full(" : 00000000000000 :")}${RECORD}`), [
    "http://a/",
  ]],
  [
    "lines that begin like an ARC record",
    () => arcOf(`x\n${`\na:${" 00000000000000 :".repeat(3000)}\n`.repeat(20)}${RECORD}`),
    ["http://a/"],
  ],
  ["letters before a line's end", () => jointOf(full("a-"), "b"), "\0"],
  ["escapes", () => unescapeXstring(full("_x00")).length, MIB],
  ["citations", () => filterC4(full("[0"), { settings: C4.parse({}), scores: {} }), {
    reason: "too-few-sentences",
    detail: "c4_sentences is 0, below min_num_sentences 5",
  }],
  ["blank lines", () => cleanText(`a${full(" \n")}b`), "a\n\nb"],
  ["line ends", () => cleanText(`a${full("\n")}`), "a"],
  ["a word", () => splitWords(full("a-")).length, 2],
  ["a line of blanks", () => wrapLine(`${full(" ")}\tx`, 80).length, 1],
  ["commands", () => wrapLine(full("deno task '"), 80).length > 1, true],
];

for (const [name, run, expected] of CASES) {
  Deno.test(`linear time: ${name}`, async () => {
    assertEquals(await run(), expected);
  });
}
