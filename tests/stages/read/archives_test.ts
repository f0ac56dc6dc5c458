import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { StageMeter } from "../../../stages/meter.ts";
import { read } from "../../../stages/read/mod.ts";
import { scratchDir } from "../scratch.ts";

/** Pages of a file: address, date, media type, text and offset; and the reasons of drops. */
async function pagesOf(name: string, bytes: Uint8Array) {
  const path = `${await scratchDir()}/${name}`;
  await Deno.writeFile(path, bytes);
  const dropped: string[] = [];
  const meter = new StageMeter("read", ({ item, reason }) => {
    dropped.push(`${item.split("#")[1]} ${reason}`);
  });
  const pages = await Array.fromAsync(read({ paths: [path], meter }));
  return {
    pages: pages.map(({ url, fetchedAt, contentType, body, warc }) =>
      [url, fetchedAt, contentType, new TextDecoder().decode(body), warc?.offset] as const
    ),
    dropped,
  };
}

/** A WARC file of one response. */
function warcOf(head: string, body: Uint8Array): Uint8Array {
  const http = Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
  const length = http.byteLength + body.byteLength;
  const warc = Buffer.from(
    "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.test/\r\n" +
      "WARC-Date: 2024-01-02T03:04:05Z\r\nContent-Type: application/http; msgtype=response\r\n" +
      `Content-Length: ${length}\r\n\r\n`,
  );
  return Buffer.concat([warc, http, body, Buffer.from("\r\n\r\n")]);
}

Deno.test("content codings are undone in turn, and only where the bytes are in them", async () => {
  // RFC 9110, sections 8.4 and 8.4.1; what compresses is zlib, not the code that undoes it.
  const html = "<p>Grüße aus Köln, und viele davon.</p>".repeat(20);
  const text = Buffer.from(html);
  const latin1 = Buffer.from("Gr\xfc\xdfe", "latin1");
  const cases: [coding: string, body: Uint8Array, text?: string, type?: string][] = [
    ["deflate", deflateSync(text)],
    ["deflate", deflateRawSync(text)],
    ["deflate", deflateRawSync(Buffer.from("x"), { level: 0 }), "x"],
    ["deflate", text],
    ["deflate", latin1, "Gr\ufffd\ufffde"],
    ["gzip, gzip", gzipSync(gzipSync(text))],
    ["gzip,gzip", gzipSync(text)],
    ["gzip", gzipSync(gzipSync(text))],
    ["deflate, gzip", gzipSync(deflateSync(text))],
    ["deflate, gzip", gzipSync(deflateRawSync(text))],
    ["gzip, deflate", deflateSync(gzipSync(text))],
    ["gzip, br", brotliCompressSync(gzipSync(text))],
    ["zstd, x-gzip, identity", gzipSync(zstdCompressSync(text))],
    ["GZIP", gzipSync(text)],
    ["utf-8", text],
    ["br", text],
    ["br", Buffer.from("plain text"), "plain text"],
    ["gzip", gzipSync("x"), "x", "application/gzip"],
  ];
  for (const [coding, body, expected = html, type = "text/html"] of cases) {
    const head = `Content-Type: ${type}\r\nContent-Encoding: ${coding}`;
    const { pages, dropped } = await pagesOf("a.warc", warcOf(head, body));
    assertEquals([pages.map((page) => page[3]), dropped], [[expected], []], coding);
  }
  const bomb = gzipSync(gzipSync(Buffer.alloc(9 * 2 ** 20)));
  const { dropped } = await pagesOf("a.warc", warcOf("Content-Encoding: gzip, gzip", bomb));
  assertEquals(dropped, ["offset=0 too-large"]);
});

/** An ARC record, as "ARC File Format" of the Internet Archive (1996) lays it out. */
const arc = (line: string, block: string) =>
  Buffer.from(`${line} ${Buffer.byteLength(block)}\n${block}\n`);
const ABOUT = arc(
  "filedesc://a.arc 0.0.0.0 20050614070159 text/plain",
  "1 1 Archive\nURL IP-address Archive-date Content-type Archive-length\n",
);
const ABOUT_2 = arc(
  "filedesc://a.arc 0.0.0.0 20050614070159 text/plain 200 - - 0 a.arc",
  "2 0 Archive\nURL IP-address Archive-date Content-type Result-code Checksum Location Offset " +
    "Filename Archive-length\n",
);
const HTTP = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";

Deno.test("ARC files are read like WARC files, plain and compressed", async () => {
  const records = [
    arc("http://a.test/one 1.2.3.4 20050614070201 text/html", `${HTTP}<p>One é</p>`),
    arc("dns:a.test 1.2.3.4 20050614070202 text/dns", "20050614070202\na.test. IN A 1.2.3.4\n"),
    arc("http://a.test/gone 1.2.3.4 20050614070203 text/html", "HTTP/1.1 404 No\r\n\r\nno"),
    arc("http://a.test/t w o 1.2.3.4 20050614070204 text/html", `${HTTP}<p>Two</p>`),
    arc("http://a.test/notes.txt 1.2.3.4 20050614070205 text/plain", "Three"),
  ];
  const second = [
    ABOUT_2,
    arc(
      "http://a.test/one 1.2.3.4 20050614070201 text/html 200 abc - 1 a.arc",
      `${HTTP}<p>One é</p>`,
    ),
  ];
  const one = ["http://a.test/one", "2005-06-14T07:02:01.000Z", "text/html", "<p>One é</p>"];
  const rest = [
    ["http://a.test/t%20w%20o", "2005-06-14T07:02:04.000Z", "text/html", "<p>Two</p>"],
    ["http://a.test/notes.txt", "2005-06-14T07:02:05.000Z", "text/plain", "Three"],
  ];
  const first = [ABOUT, ...records];
  for (const [name, pack] of [["a.arc", (b: Uint8Array) => b], ["a.arc.gz", gzipSync]] as const) {
    const packed = first.map((record) => pack(record));
    const { pages, dropped } = await pagesOf(name, Buffer.concat(packed));
    assertEquals(pages.map((page) => page.slice(0, 4)), [one, ...rest], name);
    assertEquals(pages[0]?.[4], packed[0]?.byteLength);
    assertEquals(dropped.map((drop) => drop.split(" ")[1]), ["http-error"]);
    const newer = await pagesOf(name, Buffer.concat(second.map((record) => pack(record))));
    assertEquals(newer.pages.map((page) => page.slice(0, 4)), [one], name);
  }
});

Deno.test("a broken ARC record costs itself, and the next one is read", async () => {
  const good = arc("http://a.test/two 1.2.3.4 20050614070204 text/html", `${HTTP}<p>Two</p>`);
  for (const lines of ["", "no record\n"]) {
    const broken = Buffer.from(`http://a.test/one 1.2.3.4 2005 text/html\n${lines}`);
    const { pages, dropped } = await pagesOf(
      "a",
      Buffer.concat([ABOUT, broken, good, good.subarray(0, 90)]),
    );
    assertEquals(pages.map((page) => page[3]), ["<p>Two</p>"], lines);
    assertEquals(dropped.map((drop) => drop.split(" ")[1]), ["malformed", "malformed"]);
  }
});

Deno.test("a WARC record without a length costs itself, and the next one is read", async () => {
  const broken = Buffer.from("WARC/1.0\r\nWARC-Type: response\r\n\r\n");
  const good = warcOf("Content-Type: text/plain", Buffer.from("Two"));
  const { pages, dropped } = await pagesOf("a.warc", Buffer.concat([broken, good]));
  assertEquals([pages.map((page) => page[3]), dropped], [["Two"], ["offset=0 malformed"]]);
});
