import { assert, assertEquals } from "@std/assert";
import { ENGINES, extractDocument } from "../../stages/extract/mod.ts";
import type { Page } from "../../stages/types.ts";

const htmlPage = (html: string | Uint8Array<ArrayBuffer>): Page => ({
  url: "https://example.org/",
  contentType: "text/html",
  body: typeof html === "string" ? new TextEncoder().encode(html) : html,
  fetchedAt: "2024-01-01T00:00:00.000Z",
});

/** Pages as Debian packages install them: what a reader would quote, and what stands around it. */
const REAL = [
  {
    path: "/usr/share/doc/sqlite3/about.html",
    package: "sqlite3-doc",
    title: "About SQLite",
    must: [
      "SQLite is an in-process library that implements a self-contained, serverless, " +
      "zero-configuration, transactional SQL database engine.",
      "SQLite is a compact library.",
    ],
    mustNot: ["Purchase", "toggle_search", "Search Documentation"],
  },
  {
    path: "/usr/share/doc/debian/FAQ/ja/kernel.ja.html",
    package: "debian-faq-ja",
    title: "第10章 Debian とカーネル",
    must: ["dpkg --purge linux-image-NNN", "を使ってカーネルイメージのパッケージを削除できます"],
    mustNot: ["第11章 Debian GNU/Linux システムの調整", "background-repeat"],
  },
];

for (const { path, package: name, title, must, mustNot } of REAL) {
  const present = await Deno.stat(path).then(() => true, () => false);
  Deno.test({
    name: `a page of ${name}${
      present ? "" : " (skipped: not installed)"
    } without what surrounds it`,
    ignore: !present,
    async fn() {
      const page = htmlPage(await Deno.readFile(path));
      for (const engine of ENGINES) {
        const result = extractDocument(page, { engine });
        assert(!("reason" in result), JSON.stringify(result));
        assertEquals(result.title, title, engine);
        const text = result.text.replace(/\s+/g, " ");
        for (const sentence of must) assert(text.includes(sentence), `${engine}: no ${sentence}`);
        for (const sentence of mustNot) assert(!text.includes(sentence), `${engine}: ${sentence}`);
      }
    },
  });
}

Deno.test("both engines read title, author, date, language and description", () => {
  const page = htmlPage(`<html lang="de"><head><title>Brot</title>
    <meta name="author" content="A. Meier"><meta name="description" content="Wie man backt.">
    <meta property="article:published_time" content="2024-03-05T10:00:00Z"></head>
    <body><p>Mehl und Wasser.</p></body></html>`);
  for (const engine of ENGINES) {
    const result = extractDocument(page, { engine });
    assert(!("reason" in result), JSON.stringify(result));
    const { title, author, date, lang, description, text } = result;
    assertEquals(
      { title, author, date: date?.slice(0, 10), lang, description, text },
      {
        title: "Brot",
        author: "A. Meier",
        date: "2024-03-05",
        lang: "de",
        description: "Wie man backt.",
        text: "Mehl und Wasser.",
      },
      engine,
    );
  }
});
