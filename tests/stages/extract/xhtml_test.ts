import { assertEquals } from "@std/assert";
import { ENGINES, extractDocument } from "../../../stages/extract/mod.ts";
import { read } from "../../../stages/read/mod.ts";
import type { Page } from "../../../stages/types.ts";
import { scratchDir } from "../scratch.ts";

const page = (body: string, contentType = "application/xhtml+xml"): Page => ({
  url: "http://a.test/",
  contentType,
  body: new TextEncoder().encode(body),
  fetchedAt: "2024-01-01T00:00:00.000Z",
});

const wrap = (body: string, head = "<title/>") =>
  `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr"><head>${head}</head>` +
  `<body>${body}</body></html>`;

Deno.test("XHTML is read as XML", () => {
  // XML 1.0, sections 2.7 (CDATA), 3.1 (empty elements), 4.2 (entities), 4.6; Namespaces in XML, 5.
  const empty = ["div", "span", "a", "p", "td", "textarea", "title", "script", "style", "iframe"];
  const cases: [xhtml: string, text: string][] = [
    ...[...empty, "select", "nav", "h1", "noscript", "plaintext", "xmp"].map((name) =>
      [wrap(`<p>ONE</p><${name} class="footer"/><p>TWO</p>`), "ONE\n\nTWO"] as [string, string]
    ),
    [wrap("<p>a<br/>b<br></br>c</p>"), "a\nb\nc"],
    [wrap("<p><![CDATA[x < y & z]]> after <![CDATA[<b>]]></p>"), "x < y & z after <b>"],
    [wrap("<p>caf&eacute; &amp; &#x2014; &lt;b&gt;&nbsp;!</p>"), "café & — <b> !"],
    [wrap("<p>a</p><script>if (a &lt; b) x('<p>no</p>');</script><p>b</p>"), "a\n\nb"],
    [wrap("<p>a</p><style><![CDATA[p > b {}]]></style><p>b</p>"), "a\n\nb"],
    [
      `<!DOCTYPE html [<!ENTITY co "Acme &amp; Sons"><!ENTITY x 'Y'>]>${
        wrap("<p>&co; &x; &no;</p>")
      }`,
      "Acme & Sons Y &no;",
    ],
    [
      '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:body><h:p>one<h:br/>two</h:p></h:body></h:html>',
      "one\ntwo",
    ],
    [
      wrap(
        '<p>a</p><epub:switch id="s"><epub:case required-namespace="m"><p>no</p></epub:case>' +
          "<epub:default><p>yes</p></epub:default></epub:switch>",
      ),
      "a\n\nyes",
    ],
    [wrap(`<p>${"x ".repeat(40_000)}&amp; end</p>`), `${"x ".repeat(40_000)}& end`],
  ];
  for (const engine of ENGINES) {
    for (const [xhtml, text] of cases) {
      const found = extractDocument(page(xhtml), { engine });
      assertEquals("text" in found && found.text, text, `${engine}: ${xhtml.slice(0, 200)}`);
    }
  }
  const titled = extractDocument(page(wrap("<p>a</p>", "<title><![CDATA[A & B]]></title>")));
  assertEquals("id" in titled && [titled.title, titled.lang], ["A & B", "fr"]);
  // The same bytes as HTML, where a slash closes nothing.
  const html = extractDocument(page(wrap("<p>ONE</p><textarea/><p>TWO</p>"), "text/html"), {
    engine: "dom",
  });
  assertEquals("text" in html && html.text, "ONE");
});

Deno.test("XHTML that nests or expands without end is refused, or read as it stands", () => {
  const deep = extractDocument(page(wrap(`${"<div>".repeat(100_000)}x`)), { engine: "dom" });
  assertEquals("reason" in deep && deep.reason, "malformed");
  const laughs = `<!DOCTYPE html [<!ENTITY a "${"ha".repeat(400)}">]>`;
  const found = extractDocument(page(laughs + wrap(`<p>${"&a;".repeat(5000)}</p>`)), {
    engine: "dom",
  });
  assertEquals("text" in found && found.text.length < 1.1 * 2 ** 20, true);
});

Deno.test("a file's name says that it is XHTML", async () => {
  const dir = await scratchDir();
  for (const [name, text] of [["a.xhtml", "ONE\n\nTWO"], ["a.xht", "ONE\n\nTWO"]] as const) {
    await Deno.writeTextFile(`${dir}/${name}`, wrap("<p>ONE</p><textarea/><p>TWO</p>"));
    const [only] = await Array.fromAsync(read({ paths: [`${dir}/${name}`] }));
    const found = only && extractDocument(only);
    assertEquals(found && "text" in found && found.text, text);
  }
});
