import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { WARCParser, WARCRecord, WARCSerializer } from "warcio";
import { warcInfo, warcResponse } from "../../../stages/crawl/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { read } from "../../../stages/read/mod.ts";
import type { Page } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const DATE = "2024-02-03T04:05:06.000Z";

/** What reading gives and drops. */
async function readAll(path: string) {
  const drops: Drop[] = [];
  const meter = new StageMeter("read", (drop) => drops.push(drop));
  const pages = await Array.fromAsync(read({ paths: [path], meter }));
  const dropped = drops.map(({ item, reason }) => `${item.split("/").at(-1)}: ${reason}`);
  return { pages, dropped, drops };
}

const text = (page: Page | undefined) => new TextDecoder().decode(page?.body);

/** Where warcio finds the records of a file that have an address. */
async function placesByWarcio(path: string): Promise<[url: string, offset: number][]> {
  using file = await Deno.open(path);
  const parser = new WARCParser(file.readable);
  const places: [string, number][] = [];
  for await (const record of parser) {
    await record.skipFully();
    if (record.warcTargetURI) places.push([record.warcTargetURI, parser.offset]);
  }
  return places;
}

/** A record as warcio writes it. */
async function record(
  type: "response" | "conversion" | "revisit" | "request" | "resource",
  { url, head = "", body, contentType, gzip = true }: {
    url: string;
    head?: string;
    body: string | Uint8Array;
    contentType?: string;
    gzip?: boolean;
  },
): Promise<Uint8Array> {
  async function* content() {
    yield typeof body === "string" ? new TextEncoder().encode(body) : body;
  }
  const http = head.split("\n").filter((line) => line !== "");
  const made = WARCRecord.create({
    url,
    date: DATE,
    type,
    warcVersion: "WARC/1.0",
    ...(contentType ? { warcHeaders: { "Content-Type": contentType } } : {}),
    ...(http.length > 0
      ? {
        statusline: http[0] ?? "",
        httpHeaders: Object.fromEntries(http.slice(1).map((line) => line.split(": "))),
      }
      : {}),
  }, content());
  return await WARCSerializer.serialize(made, { gzip });
}

const OK = "HTTP/1.1 200 OK\n";

Deno.test("what the crawl archives is read with its address, time and place", async () => {
  const path = `${await scratchDir()}/crawl.warc.gz`;
  const page = (n: number): Page => ({
    url: `https://example.org/${n}`,
    contentType: "text/html; charset=utf-8",
    body: new TextEncoder().encode(`<p>page ${n} é</p>`.repeat(n)),
    fetchedAt: DATE,
    response: { status: 200, headers: [["Content-Type", "text/html; charset=utf-8"]] },
  });
  const pages = Array.from({ length: 40 }, (_, n) => page(n + 1));
  const info = warcInfo({ file: "crawl.warc.gz", date: DATE, fields: { software: "x" } });
  await Deno.writeFile(path, Buffer.concat([info, ...pages.map(warcResponse)]));
  const got = await readAll(path);
  assertEquals(got.dropped, []);
  const places = await placesByWarcio(path);
  assertEquals(
    got.pages,
    pages.map(({ response: _, ...rest }, n) => ({
      ...rest,
      warc: { file: "crawl.warc.gz", offset: places[n]?.[1] ?? -1 },
    })),
  );
});

Deno.test("records that warcio writes: plain, gzip and zstd, in the ways that archives keep bodies", async () => {
  const dir = await scratchDir();
  const html = "<p>the text of a page</p>";
  const chunked = `9\r\n${html.slice(0, 9)}\r\n10;x=y\r\n${html.slice(9)}\r\n0\r\n\r\n`;
  const make = async (gzip: boolean) => [
    await record("request", { url: "http://a.test/", head: "GET / HTTP/1.1\n", body: "", gzip }),
    await record("response", {
      url: "http://a.test/plain",
      head: `${OK}Content-Type: text/html; charset=koi8-r\n`,
      body: html,
      gzip,
    }),
    await record("response", {
      url: "http://a.test/coded",
      head: `${OK}Content-Type: text/html\nContent-Encoding: gzip\nTransfer-Encoding: chunked\n`,
      body: Buffer.concat([
        Buffer.from(`${gzipSync(html).byteLength.toString(16)}\r\n`),
        gzipSync(html),
        Buffer.from("\r\n0\r\n\r\n"),
      ]),
      gzip,
    }),
    await record("response", {
      url: "http://a.test/chunked",
      head: `${OK}Content-Type: text/html\nTransfer-Encoding: chunked\n`,
      body: chunked,
      gzip,
    }),
    await record("response", {
      url: "http://a.test/decoded",
      head: `${OK}Content-Type: text/html\nContent-Encoding: gzip\nTransfer-Encoding: chunked\n`,
      body: html,
      gzip,
    }),
    await record("response", {
      url: "http://a.test/gone",
      head: "HTTP/1.1 404 Not Found\nContent-Type: text/html\n",
      body: html,
      gzip,
    }),
    await record("revisit", { url: "http://a.test/plain", head: OK, body: "", gzip }),
    await record("conversion", {
      url: "http://a.test/wet",
      contentType: "text/plain",
      body: "Text of Common Crawl's WET kind.",
      gzip,
    }),
  ];
  const plain = Buffer.concat(await make(false));
  const expected = ["plain", "coded", "chunked", "decoded", "wet"];
  for (
    const [name, bytes] of [
      ["plain.warc", plain],
      ["plain.renamed", plain],
      ["members.warc.gz", Buffer.concat(await make(true))],
      ["members.gz", Buffer.concat(await make(true))],
      ["one.warc.gz", gzipSync(plain)],
      [
        "frames.warc.zst",
        Buffer.concat((await make(false)).map((bytes) => zstdCompressSync(bytes))),
      ],
    ] as const
  ) {
    const path = `${dir}/${name}`;
    await Deno.writeFile(path, bytes);
    const { pages, dropped } = await readAll(path);
    assertEquals(pages.map(({ url }) => url.split("/").at(-1)), expected, name);
    assertEquals(pages.slice(0, 4).map(text), Array(4).fill(html), name);
    assertEquals(text(pages[4]), "Text of Common Crawl's WET kind.");
    assertEquals(pages.map(({ contentType }) => contentType), [
      "text/html; charset=koi8-r",
      ...Array(3).fill("text/html"),
      "text/plain",
    ]);
    assertEquals(dropped.map((drop) => drop.split(": ")[1]), ["http-error", "unchanged"], name);
    const offsets = pages.map(({ warc }) => warc?.offset);
    if (name === "one.warc.gz") assertEquals(offsets, [0, 0, 0, 0, 0]);
    else if (name !== "frames.warc.zst") {
      const places = (await placesByWarcio(path)).filter(([url]) => /plain|ed|wet/.test(url));
      assertEquals(offsets, places.filter((_, at) => at !== 4).map(([, offset]) => offset), name);
    } else {
      // Each frame is found by cutting the file there.
      for (const { url, warc } of pages) {
        const cut = `${dir}/cut`;
        await Deno.writeFile(cut, bytes.subarray(warc?.offset));
        assertEquals((await readAll(cut)).pages[0]?.url, url);
      }
    }
  }
});

Deno.test("a broken record is named by its place, and the records behind it are read", async () => {
  const dir = await scratchDir();
  const at = (n: number, gzip: boolean) =>
    record("response", {
      url: `http://a.test/${n}`,
      head: `${OK}Content-Type: text/plain\n`,
      body: `number ${n} `.repeat(400),
      gzip,
    });
  const packed = await Promise.all([1, 2, 3, 4].map((n) => at(n, true)));
  const plain = await Promise.all([1, 2, 3, 4].map((n) => at(n, false)));
  const second = packed[0]?.byteLength ?? 0;
  const urls = ({ pages }: { pages: Page[] }) => pages.map(({ url }) => url.at(-1)).join("");

  const broken = Buffer.concat(packed);
  broken.fill(0xff, second + 30, second + 60);
  await Deno.writeFile(`${dir}/a.warc.gz`, broken);
  const gz = await readAll(`${dir}/a.warc.gz`);
  assertEquals([urls(gz), gz.dropped], ["134", [`a.warc.gz#offset=${second}: malformed`]]);

  broken.fill(0xff, 20, 40);
  await Deno.writeFile(`${dir}/b.warc.gz`, broken);
  const both = await readAll(`${dir}/b.warc.gz`);
  assertEquals(both.dropped.length, 2);
  assertEquals(urls(both), "34");

  const text = Buffer.concat(plain).toString().replace(
    /Content-Length: \d+(?=[^]*a\.test\/3)/,
    (l) => `${l}x`,
  );
  await Deno.writeFile(`${dir}/c.warc`, new TextEncoder().encode(text));
  const headless = await readAll(`${dir}/c.warc`);
  assertEquals(headless.dropped, ["c.warc#offset=0: malformed"]);
  assertEquals(urls(headless), "234");

  await Deno.writeFile(`${dir}/d.warc`, Buffer.concat(plain).subarray(0, -1000));
  const cut = await readAll(`${dir}/d.warc`);
  assertEquals(urls(cut), "123");
  assertEquals(cut.drops.map(({ reason }) => reason), ["malformed"]);
  assert(cut.drops[0]?.detail.includes("bytes early"), cut.drops[0]?.detail);
});

Deno.test("a body that decodes past the cap, and one in no coding, are dropped", async () => {
  const path = `${await scratchDir()}/bomb.warc.gz`;
  const coded = (url: string, body: Uint8Array) =>
    record("response", {
      url,
      head: `${OK}Content-Type: text/html\nContent-Encoding: gzip\n`,
      body,
    });
  const bomb = gzipSync(new Uint8Array(64 * 2 ** 20));
  await Deno.writeFile(
    path,
    Buffer.concat([
      await coded("http://a.test/bomb", bomb),
      await coded("http://a.test/torn", gzipSync("<p>text</p>").subarray(0, 15)),
      await record("response", { url: "http://a.test/large", head: OK, body: new Uint8Array(9e6) }),
      await coded("http://a.test/good", gzipSync("<p>text</p>")),
    ]),
  );
  const { pages, drops } = await readAll(path);
  assertEquals(pages.map(text), ["<p>text</p>"]);
  assertEquals(drops.map(({ reason }) => reason), ["too-large", "malformed", "too-large"]);
});

Deno.test("a body in gzip ends with its last whole member, whatever servers write behind it", async () => {
  const path = `${await scratchDir()}/a.warc`;
  const html = "<p>The mill stands where two brooks meet.</p>";
  const [first, second] = [gzipSync(html.slice(0, 20)), gzipSync(html.slice(20))];
  const damaged = gzipSync(html);
  damaged[damaged.length - 5] = (damaged[damaged.length - 5] ?? 0) ^ 1;
  const named = Buffer.concat([
    gzipSync(html).subarray(0, 3),
    Buffer.from([8]),
    gzipSync(html).subarray(4, 10),
    Buffer.from("a.html\0"),
    gzipSync(html).subarray(10),
  ]);
  const bodies = {
    line: Buffer.concat([gzipSync(html), Buffer.from("\r\n")]),
    members: Buffer.concat([first, second, Buffer.from("<!-- cached -->")]),
    begun: Buffer.concat([gzipSync(html), first.subarray(0, 12)]),
    named: Buffer.concat([named, Buffer.from("junk")]),
    damaged: Buffer.concat([damaged, Buffer.from("junk")]),
  };
  const head = `${OK}Content-Type: text/html\nContent-Encoding: gzip\n`;
  const records = await Promise.all(
    Object.entries(bodies).map(([name, body]) =>
      record("response", { url: `http://a.test/${name}`, head, body, gzip: false })
    ),
  );
  await Deno.writeFile(path, Buffer.concat(records));
  const { pages, dropped } = await readAll(path);
  assertEquals(pages.map(text), Array(4).fill(html));
  assertEquals(dropped.map((drop) => drop.split(": ")[1]), ["malformed"]);
});
