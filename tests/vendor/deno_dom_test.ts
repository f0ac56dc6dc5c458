// Expected trees: the HTML standard's tree construction, which deno_dom's html5ever follows.
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { DOMParser, Element, HTMLDocument, Node, NodeType } from "deno_dom";
import { parse as parseByStandard, serialize } from "parse5";

const parse = (html: string) => new DOMParser().parseFromString(html, "text/html");

const PAGES: [html: string, tree: string][] = [
  ["", "<html><head></head><body></body></html>"],
  ["...", "<html><head></head><body>...</body></html>"],
  ["plain text", "<html><head></head><body>plain text</body></html>"],
  ["<p>hi</p>", "<html><head></head><body><p>hi</p></body></html>"],
  [" <p>a<p>b", "<html><head></head><body><p>a</p><p>b</p></body></html>"],
  ["a<b>c</b>d", "<html><head></head><body>a<b>c</b>d</body></html>"],
  ["<html><body>x</body></html>", "<html><head></head><body>x</body></html>"],
  ['<body class="a">z', '<html><head></head><body class="a">z</body></html>'],
  [
    '<!doctype html><title>t</title><meta charset="utf-8"><p>a',
    '<html><head><title>t</title><meta charset="utf-8"></head><body><p>a</p></body></html>',
  ],
  [
    "<head><title>x</title></head><p>q",
    "<html><head><title>x</title></head><body><p>q</p></body></html>",
  ],
  [
    '<html lang="en">t<p>f</p></html>tail',
    '<html lang="en"><head></head><body>t<p>f</p>tail</body></html>',
  ],
  [
    "<html><head></head><body>x</body><p>late</p></html>",
    "<html><head></head><body>x<p>late</p></body></html>",
  ],
  [
    '<html lang="en"><body>a</body></html><html lang="fr"><body id="1">b</body></html>',
    '<html lang="en"><head></head><body id="1">ab</body></html>',
  ],
];

for (const [html, tree] of PAGES) {
  Deno.test(`DOMParser: ${JSON.stringify(html)} has html, head and body`, () => {
    const page = parse(html);
    assertEquals(page.documentElement?.outerHTML, tree);
    assertEquals([page.head.tagName, page.body.tagName], ["HEAD", "BODY"]);
    assertEquals(page.body.parentElement, page.documentElement);
  });
}

/** The engine behind `deno_dom`: the stand-in's where deno.json links it, the original's otherwise. */
const ENGINE = "links" in config && config.links.includes("vendor/deno_dom")
  ? "linkedom"
  : "html5ever";

/** html5ever mends badly nested markup by the HTML standard's rules, as parse5 does. */
const MISNESTED: [html: string, body: Record<"linkedom" | "html5ever", string>][] = [
  ["<p>1<b>2<i>3</b>4</i>5</p>", {
    linkedom: "<p>1<b>2<i>3</i></b>45</p>",
    html5ever: "<p>1<b>2<i>3</i></b><i>4</i>5</p>",
  }],
  ["<b>1<p>2</b>3</p>", {
    linkedom: "<b>1<p>2</p></b>3<p></p>",
    html5ever: "<b>1</b><p><b>2</b>3</p>",
  }],
  ["<table><b><tr><td>aaa</td></tr>bbb</table>ccc", {
    linkedom: "<table><b><tr><td>aaa</td></tr>bbb</b></table>ccc",
    html5ever: "<b></b><b>bbb</b><table><tbody><tr><td>aaa</td></tr></tbody></table><b>ccc</b>",
  }],
];

Deno.test(`DOMParser: badly nested markup comes out as ${ENGINE} has it`, () => {
  for (const [html, body] of MISNESTED) {
    assertEquals(parse(html).body.innerHTML, body[ENGINE]);
    assertEquals(
      serialize(parseByStandard(html)),
      `<html><head></head><body>${body.html5ever}</body></html>`,
    );
  }
});

Deno.test("DOMParser: doctype, comments and title of a whole page", () => {
  const page = parse(
    "<!doctype html><!-- c --><html><head>\n<title>Two words</title></head>\n<body>y</body>\n</html>\n",
  );
  assertEquals(page.title, "Two words");
  assertEquals(page.body.textContent.trim(), "y");
  const kinds = Array.from(page.childNodes, (node) => node.nodeType);
  assertEquals(kinds.slice(0, 3), [
    NodeType.DOCUMENT_TYPE_NODE,
    NodeType.COMMENT_NODE,
    NodeType.ELEMENT_NODE,
  ]);
});

Deno.test("DOMParser: entities are text, scripts and styles are not markup", () => {
  const page = parse("<p>a &amp; b &lt;i&gt; &#8212;&nbsp;é</p><script>if (a<b) x('<p>')</script>");
  assertEquals(page.querySelector("p")?.textContent, "a & b <i> \u2014\u00a0é");
  assertEquals(page.querySelectorAll("p").length, 1);
});

Deno.test("DOMParser: only text/html", () => {
  assertThrows(
    () => new DOMParser().parseFromString("<a/>", "text/xml"),
    Error,
    'DOMParser: "text/xml" unimplemented',
  );
});

Deno.test("Element: selectors, attributes and classes", () => {
  const page = parse(
    '<main id="m"><a class="x y" href="/1" rel="nofollow">1</a><a href="/2">2</a></main>',
  );
  const links = page.querySelectorAll("main > a[href]");
  assertEquals(Array.from(links, (link) => link.getAttribute("href")), ["/1", "/2"]);
  const link = page.querySelector("a.y");
  assert(link);
  assertEquals([link.tagName, link.localName, link.className], ["A", "a", "x y"]);
  assert(link.classList.contains("x"));
  assertEquals(link.getAttribute("absent"), null);
  assertEquals(link.closest("main")?.id, "m");
  assertEquals(link.nextElementSibling?.textContent, "2");
  assertEquals(page.getElementById("m")?.children.length, 2);
  link.remove();
  assertEquals(page.querySelectorAll("a").length, 1);
});

Deno.test("Node: kinds and instances", () => {
  const nodes = Array.from(parse("<p>a<b>c</b><!--d--></p>").querySelector("p")?.childNodes ?? []);
  assertEquals(nodes.map((node) => node.nodeType), [
    Node.TEXT_NODE,
    Node.ELEMENT_NODE,
    Node.COMMENT_NODE,
  ]);
  assertEquals(nodes.map((node) => node instanceof Element), [false, true, false]);
  assert(nodes.every((node) => node instanceof Node));
  assertEquals(nodes.map((node) => node.nodeName), ["#text", "B", "#comment"]);
  assert(parse("") instanceof HTMLDocument);
  assertFalse({} instanceof Node);
});

Deno.test("DOMParser: what is not the head's ends a head without an end tag", () => {
  const page = parse("<html><head><title>T</title>\n<meta charset=utf-8><div>a</div><p>b</html>");
  assertEquals(page.querySelector("head")?.children.length, 2);
  assertEquals(page.querySelector("body")?.textContent, "ab");
});
