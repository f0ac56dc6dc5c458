/**
 * Pages in forms that readers get wrong: each with the text that the HTML standard gives it, or that a
 * reader of the page would name as its own.
 */
import { assertEquals } from "@std/assert";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";

const PROSE = "The mill stands where two brooks meet, and its wheel has turned without a stop " +
  "since the old bridge was rebuilt.";
const TWICE = `<p>${PROSE}</p><p>${PROSE}</p>`;
const TWICE_TEXT = `${PROSE}\n\n${PROSE}`;

interface Case {
  readonly kind: string;
  readonly html: string;
  readonly text: string;
}

const CASES: readonly Case[] = [
  // HTML standard 4.5.27 and 3.2.7 (innerText): a br element is a line feed.
  {
    kind: "line breaks",
    html: "<p>Rain falls<br>on roofs<br/>and roads.</p>",
    text: "Rain falls\non roofs\nand roads.",
  },
  { kind: "two line breaks", html: "<p>Rain.<br>\n<br> Sun.</p>", text: "Rain.\n\nSun." },
  {
    kind: "many line breaks",
    html: "<p><br>Rain.<br><br><br><br>Sun.<br></p>",
    text: "Rain.\n\nSun.",
  },
  { kind: "an end tag br", html: "<p>Rain</br>falls.</p>", text: "Rain\nfalls." },
  {
    kind: "a line break in an item",
    html: "<ul><li>flour<br>and water</li></ul>",
    text: "flour\nand water",
  },
  {
    kind: "a line break in a cell",
    html: "<table><tr><td>a<br>b</td><td>c</td></tr></table>",
    text: "a b c",
  },
  {
    kind: "a line break in a heading",
    html: `<h2>Mills<br>of old</h2><p>${PROSE}</p>`,
    text: `Mills of old\n\n${PROSE}`,
  },
  {
    kind: "links beside headings",
    html: `<h2>Mills<a class="headerlink" href="#m">¶</a></h2><p>${PROSE}</p>` +
      `<h3>Of old<span class="mw-editsection">[<a href="e">edit</a>]</span></h3><p>${PROSE}</p>`,
    text: `Mills\n\n${PROSE}\n\nOf old\n\n${PROSE}`,
  },
  { kind: "a line break in code", html: "<pre>if x:<br>  y()</pre>", text: "if x:\n  y()" },
  // MathML Core 2.2.1: annotations are not rendered.
  {
    kind: "annotations of a formula",
    html: "<p>So <math><semantics><msup><mi>x</mi><mn>2</mn></msup>" +
      '<annotation encoding="application/x-tex">x^{2}</annotation>' +
      '<annotation-xml encoding="MathML-Content"><ci>x</ci></annotation-xml></semantics></math> grows.</p>',
    text: "So x2 grows.",
  },
  // HTML standard 4.5.10 to 4.5.12: rt is an annotation of the base text, rp nothing to be read.
  {
    kind: "ruby",
    html: "<p><ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp>京<rt>きょう</ruby>へ行く。</p>",
    text: "東京へ行く。",
  },
  {
    kind: "ruby of bases and containers",
    html: "<p><ruby><rb>東<rb>京<rtc><rt>とう<rt>きょう</rtc></ruby>へ。</p>",
    text: "東京へ。",
  },
  // HTML standard 13.2.5.41 to 13.2.5.52.
  { kind: "comments that end at once", html: "<p>a<!-->b<!--->c<!---->d</p>", text: "abcd" },
  { kind: "comments with a bang", html: "<p>a<!-- x --!>b<!-- y -- z -->c</p>", text: "abc" },
  { kind: "comments in comments", html: "<p>a<!-- <!-- x --> b</p>", text: "a b" },
  {
    kind: "bogus comments",
    html: "<p>a<!x>b<?php echo 1 ?>c</ d>e<![CDATA[f]]>g</p>",
    text: "abceg",
  },
  { kind: "a comment that never ends", html: "<p>a</p><!-- <p>b</p>", text: "a" },
  // HTML standard 13.2.5.17 to 13.2.5.31 and 4.12.1.3.
  {
    kind: "a script escaped twice",
    html: '<p>a</p><script><!-- <script> "</script>" --></script><p>b</p>',
    text: "a\n\nb",
  },
  {
    kind: "a script that never leaves its escape",
    html: '<p>a</p><script>s = "<!--<script>";</script><p>b</p></script><p>c</p>',
    text: "a\n\nc",
  },
  {
    kind: "a style sheet with a comment's begin",
    html: "<p>a</p><style><!-- p {}</style><p>b</p>",
    text: "a\n\nb",
  },
  // HTML standard 13.2.6.4.7: a NUL in the body is passed over.
  {
    kind: "one NUL",
    html: `<p>${PROSE}</p><p>A mill\0stone.</p>`,
    text: `${PROSE}\n\nA millstone.`,
  },
  { kind: "a NUL in a tag", html: `<p cl\0ass="a\0">${PROSE}</p>`, text: PROSE },
  // Where the text lies.
  {
    kind: "a page in a form",
    html: `<form id="f"><header>Top</header><div>${TWICE}</div><footer>End</footer></form>`,
    text: TWICE_TEXT,
  },
  { kind: "a page in a role of form", html: `<div role="form">${TWICE}</div>`, text: TWICE_TEXT },
  {
    kind: "a page in two forms",
    html: `<form><div class="x"><form>${TWICE}</form></div></form>`,
    text: TWICE_TEXT,
  },
  {
    kind: "a form in a page",
    html:
      `<div>${TWICE}</div><form class="reply"><p>Leave a reply. Fields with a star are required, and no address is shown.</p><textarea>x</textarea></form>`,
    text: TWICE_TEXT,
  },
  {
    kind: "a form in a main element",
    html:
      `<main>${TWICE}<form><p>Leave a reply. Fields with a star are required.</p></form></main>`,
    text: TWICE_TEXT,
  },
  {
    kind: "a name like comments",
    html: `<div id="comments-on-mills">${TWICE}</div>`,
    text: TWICE_TEXT,
  },
  {
    kind: "a name like social",
    html:
      `<div class="social-history"><h2>Mills</h2>${TWICE}</div><div class="sidebar"><p>More of the same, for who wants it.</p></div>`,
    text: `Mills\n\n${TWICE_TEXT}`,
  },
  {
    kind: "names in names",
    html: `<div id="banner-page"><div class="share-holders">${TWICE}</div></div>`,
    text: TWICE_TEXT,
  },
  {
    kind: "comments after a text",
    html: `<div>${TWICE}</div><div id="comments"><p>I have seen this mill, it is fine.</p></div>`,
    text: TWICE_TEXT,
  },
  // Links that are text.
  {
    kind: "links between paragraphs",
    html:
      `<article><p>${PROSE}</p><ol><li><a href="a">On wheels</a></li><li><a href="b">On dams</a></li></ol><p>${PROSE}</p></article>`,
    text: `${PROSE}\n\nOn wheels\n\nOn dams\n\n${PROSE}`,
  },
  {
    kind: "links after a colon",
    html:
      `<article><p>${PROSE}</p><p>Read:</p><ul><li><a href="a">On wheels</a></li></ul><h2>Tags</h2></article>`,
    text: `${PROSE}\n\nRead:\n\nOn wheels`,
  },
  {
    kind: "links in a table between paragraphs",
    html:
      `<article><p>${PROSE}</p><table><tr><td><a href="a">Wheels</a></td><td><a href="b">Dams</a></td></tr></table><p>${PROSE}</p></article>`,
    text: `${PROSE}\n\nWheels Dams\n\n${PROSE}`,
  },
  {
    kind: "links after the text",
    html: `<article>${TWICE}<ul><li><a href="a">On wheels</a></li></ul></article>`,
    text: TWICE_TEXT,
  },
  {
    kind: "links under a heading",
    html: `<article>${TWICE}<h2>More</h2><ul><li><a href="a">On wheels</a></li></ul></article>`,
    text: TWICE_TEXT,
  },
  {
    kind: "anchors that XHTML ends and HTML does not",
    html:
      `<article><p><a id="a"/>${PROSE}</p><p><a name="b" class="indexterm"/>${PROSE}</p></article>`,
    text: TWICE_TEXT,
  },
  {
    kind: "footnotes of docutils, and an aside",
    html: `<article><p>${PROSE}</p><aside class="footnote-list brackets"><aside class="footnote ` +
      `brackets" id="id2" role="note"><p>${PROSE}</p></aside></aside><aside>More</aside></article>`,
    text: TWICE_TEXT,
  },
];

for (const { kind, html, text } of CASES) {
  Deno.test(`both engines read ${kind}`, () => {
    for (const engine of ENGINES) {
      const body = new TextEncoder().encode(
        `<!doctype html><meta charset=utf-8><title>T</title>${html}`,
      );
      const result = extractDocument({
        url: "https://example.org/",
        contentType: "text/html",
        body,
        fetchedAt: "2024-01-01T00:00:00.000Z",
      }, { engine });
      assertEquals("text" in result ? result.text : result.detail, text, engine);
    }
  });
}

Deno.test("a heading broken into lines is a title with blanks", () => {
  const body = new TextEncoder().encode(`<h1>Mills<br>of old</h1><p>${PROSE}</p>`);
  for (const engine of ENGINES) {
    const page = { url: "https://example.org/", contentType: "text/html", body, fetchedAt: "" };
    const result = extractDocument(page, { engine });
    assertEquals("title" in result ? result.title : result.reason, "Mills of old", engine);
  }
});

Deno.test("plain text with one NUL is text, and with many is none", () => {
  const read = (text: string) =>
    extractDocument({
      url: "https://example.org/",
      contentType: "text/plain; charset=utf-8",
      body: new TextEncoder().encode(text),
      fetchedAt: "",
    });
  const kept = read(`${PROSE}\0 ${PROSE}`);
  assertEquals("text" in kept ? kept.text : kept.detail, `${PROSE} ${PROSE}`);
  const refused = read(Array.from(PROSE, (character) => `${character}\0`).join(""));
  assertEquals("reason" in refused && refused.reason, "malformed");
});

Deno.test("Markdown keeps the breaks of lines", () => {
  const html = "<p>Rain<br># falls</p><ul><li>flour<br>water</li></ul>";
  const page = {
    url: "https://example.org/",
    contentType: "text/html",
    body: new TextEncoder().encode(html),
    fetchedAt: "",
  };
  for (const engine of ENGINES) {
    const result = extractDocument(page, { engine, format: "markdown" });
    // CommonMark 6.7: a backslash before a line end is a hard line break.
    const expected = "Rain\\\n\\# falls\n\n- flour\\\n  water";
    assertEquals("text" in result ? result.text : result.reason, expected, engine);
  }
});
