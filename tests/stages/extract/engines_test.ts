import { assert, assertEquals } from "@std/assert";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";
import type { Page } from "../../../stages/types.ts";

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

Deno.test("both engines give the same text where markup is out of place", () => {
  const cases: [html: string, text: string][] = [
    ["<td>A cell without a table.</td>", "A cell without a table."],
    ["<b>Bold</b> and plain", "Bold and plain"],
    ["<title>T</title>text at once", "text at once"],
    [
      "<p>before <span class=ad>bought<div>and paid</div> for</span> after</p>",
      "before after",
    ],
    ["<p>one<svg><path/><title/><text>drawn</text></svg> two</p>", "one two"],
    ["<p>a<!-- <p>b --> c <!--> d</p>", "a c d"],
    ["<p>x<script>'<p>' + '</p>'</script>y</p><style>p > a {}</style>", "xy"],
    ["<pre>a\r\n  b\rc</pre>", "a\n  b\nc"],
    ["<p>1 < 2 &amp; 3 &gt; 2 &lt;b&gt;</p>", "1 < 2 & 3 > 2 <b>"],
    ["<P TITLE='a > b' class=\"x\">Quoted.</P>", "Quoted."],
    ["<ol><li>one<li>two</ol><dl><dt>a<dd>b</dl>", "one\n\ntwo\n\na\n\nb"],
  ];
  for (const [html, text] of cases) {
    for (const engine of ENGINES) {
      const result = extractDocument(htmlPage(html), { engine });
      assertEquals("text" in result ? result.text : result.reason, text, `${engine}: ${html}`);
    }
  }
});
