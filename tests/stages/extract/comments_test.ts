/** What readers wrote under a page: no part of its text, or one on request, in four programs' markup. */
import { assertEquals } from "@std/assert";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";

const PROSE = [
  "The weir was rebuilt in oak last summer, and the water runs over it in one even sheet again.",
  "Three carpenters worked on it for six weeks, two of them standing in the brook all day.",
  "Old boards were kept for the roof of the shed, where they will stay dry for another century.",
];
const article = `<header><nav><ul><li><a href="/">Valley paper</a></li></ul></nav></header>
<main><article><h1>A new weir</h1>${PROSE.map((text) => `<p>${text}</p>`).join("")}</article>`;
const around = (comments: string) =>
  `<!doctype html><html lang="en"><head><title>A new weir</title></head>
<body class="single comments-open">${article}${comments}</main>
<footer><p>Printed in the valley since 1871.</p></footer></body></html>`;

/** Comments, and what of them nobody wrote. */
const PAGES: readonly { name: string; html: string; must: string[]; mustNot: string[] }[] = [
  {
    name: "WordPress",
    html: around(
      `<div id="comments" class="comments-area"><h2 class="comments-title">2 thoughts on “A new weir”</h2><ol class="comment-list">
<li id="comment-7" class="comment even"><article id="div-comment-7" class="comment-body"><footer class="comment-meta"><div class="comment-author vcard"><b class="fn">Nina</b> <span class="says">says:</span></div><div class="comment-metadata"><a href="#c7"><time>March 4, 2020 at 8:11 am</time></a></div></footer><div class="comment-content"><p>Oak was right, the larch one lasted nine years only.</p></div><div class="reply"><a class="comment-reply-link" href="#">Reply</a></div></article>
<ol class="children"><li class="comment odd"><article class="comment-body"><footer class="comment-meta"><b class="fn">Otto</b> says:</footer><div class="comment-content"><p>Nine years and four floods!</p></div></article></li></ol></li></ol>
<div id="respond" class="comment-respond"><h3>Leave a Reply</h3><form class="comment-form"><p class="comment-notes">Your email address will not be published.</p></form></div></div>`,
    ),
    must: ["Oak was right, the larch one lasted nine years only.", "Nine years and four floods!"],
    mustNot: ["2 thoughts", "Nina", "March 4", "Otto", "Reply", "email address"],
  },
  {
    name: "Drupal",
    html: around(
      `<section id="comments" class="comments title comment-wrapper"><h2 class="title">Comments</h2><div class="comment user-comment"><div class="submitted comment-meta">Submitted by pia on Sun, 2020-03-08.</div><div class="content"><p>I saw the boards being carried up the hill in the snow.</p></div><ul class="links inline"><li><a href="#r">reply to this</a></li></ul></div></section>`,
    ),
    must: ["I saw the boards being carried up the hill in the snow."],
    mustNot: ["Submitted by", "reply to this"],
  },
  {
    name: "Blogger",
    html: around(
      `<div class="comments" id="comments"><h4>1 comment:</h4><div id="comments-block"><dl><dt class="comment-author">ruth said...</dt><dd class="comment-body"><p>Whoever rebuilt it knew the old drawings, it looks just like them.</p></dd><dd class="comment-footer"><span class="comment-timestamp">10 March 2020 at 07:30</span></dd></dl></div><p class="comment-footer"><a href="p">Post a Comment</a></p></div>`,
    ),
    must: ["Whoever rebuilt it knew the old drawings, it looks just like them."],
    mustNot: ["1 comment:", "ruth said", "10 March", "Post a Comment"],
  },
  {
    name: "microdata",
    html: around(
      `<aside class="discussion"><div itemprop="comment" itemscope><span class="author-name" itemprop="author">Sven</span><div itemprop="text">Is the fish ladder still there? I could not see it from the road.</div><button>Report</button></div></aside>`,
    ),
    must: ["Is the fish ladder still there? I could not see it from the road."],
    mustNot: ["Sven", "Report"],
  },
];

for (const { name, html, must, mustNot } of PAGES) {
  for (const engine of ENGINES) {
    Deno.test(`${engine}: comments of ${name} only where they are asked for`, () => {
      const textWith = (comments: boolean) => {
        const result = extractDocument({
          url: "https://valley.example/weir",
          contentType: "text/html",
          body: new TextEncoder().encode(html),
          fetchedAt: "",
        }, { engine, comments });
        return "text" in result ? result.text ?? "" : "";
      };
      const found = (text: string, parts: readonly string[]) =>
        parts.filter((part) => text.includes(part));
      const [off, on] = [textWith(false), textWith(true)];
      assertEquals(found(off, [...PROSE, ...must, ...mustNot]), PROSE);
      assertEquals(found(on, [...PROSE, ...must, ...mustNot, "Printed in"]), [...PROSE, ...must]);
    });
  }
}
