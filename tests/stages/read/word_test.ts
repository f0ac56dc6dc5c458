import { assertEquals } from "@std/assert";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import { extractDocument } from "../../../stages/extract/mod.ts";
import { read } from "../../../stages/read/mod.ts";
import { archive, NAMESPACES, naming, relations } from "./office_parts.ts";
import { scratchDir } from "../scratch.ts";

const WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";

/** The text of a document with this body, and its further parts. */
async function textOf(body: string, parts: Record<string, string> = {}): Promise<string> {
  const path = `${await scratchDir()}/a`;
  const all = {
    ...naming("word/document.xml", WORD),
    "word/document.xml": `<w:document ${NAMESPACES}><w:body>${body}</w:body></w:document>`,
    ...parts,
  };
  await Deno.writeFile(path, archive(all));
  const [page] = await Array.fromAsync(read({ paths: [path] }));
  const found = page && extractDocument(page);
  return found !== undefined && "text" in found ? found.text : "";
}

const run = (text: string, properties = "") =>
  `<w:r><w:rPr>${properties}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`;
const paragraph = (...content: string[]) => `<w:p>${content.join("")}</w:p>`;
const formula = (content: string) => `<m:oMath>${content}</m:oMath>`;
const sign = (text: string) => `<m:r><m:t>${text}</m:t></m:r>`;

Deno.test("formulas are part of their sentence", async () => {
  // ECMA-376, part 1, 22.1.2; the linear format of Unicode Technical Note 28, section 2.
  const e = (name: string, text: string) => `<m:${name}>${sign(text)}</m:${name}>`;
  const cases: [omml: string, text: string][] = [
    [sign("πr"), "πr"],
    [`${sign("a")}${sign("=")}${sign("b &lt; c")}`, "a=b < c"],
    [`<m:sSup>${e("e", "r")}${e("sup", "2")}</m:sSup>`, "r^2"],
    [`<m:sSub>${e("e", "x")}${e("sub", "i+1")}</m:sSub>`, "x_(i+1)"],
    [`<m:f>${e("num", "a+b")}${e("den", "c")}</m:f>`, "(a+b)/c"],
    [`<m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/>${e("e", "x+1")}</m:rad>`, "√(x+1)"],
    [`<m:d>${e("e", "x")}${e("e", "y")}</m:d>`, "(x,y)"],
    [`<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr>${e("e", "x")}</m:d>`, "[x]"],
    [
      `<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>${e("sub", "i=1")}${e("sup", "n")}${
        e("e", "i")
      }</m:nary>`,
      "∑_(i=1)^n i",
    ],
    [
      `<m:f><m:num><m:sSup>${e("e", "r")}${e("sup", "2")}</m:sSup></m:num>${e("den", "2")}</m:f>`,
      "(r^2)/2",
    ],
  ];
  for (const [omml, text] of cases) {
    const inline = paragraph(run("Area is "), formula(omml), run(" here."));
    assertEquals(await textOf(inline), `Area is ${text} here.`, omml);
    const alone = paragraph(`<m:oMathPara>${formula(omml)}</m:oMathPara>`);
    assertEquals(await textOf(alone), text, omml);
  }
});

const STYLES = {
  "word/styles.xml": `<w:styles ${NAMESPACES}>` +
    '<w:style w:type="character" w:styleId="Off"><w:rPr><w:vanish/></w:rPr></w:style>' +
    '<w:style w:type="character" w:styleId="Off2"><w:basedOn w:val="Off"/></w:style>' +
    '<w:style w:type="character" w:styleId="On"><w:basedOn w:val="Off"/><w:rPr>' +
    '<w:vanish w:val="0"/></w:rPr></w:style>' +
    '<w:style w:type="paragraph" w:styleId="OffP"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>',
  "word/_rels/document.xml.rels": relations("r1 styles styles.xml"),
};

Deno.test("what Word does not show is no text, what it shows is", async () => {
  // ECMA-376, part 1: 17.3.2.41 (vanish), 17.13.5 (revisions), 17.3.3 (run content).
  const box = `<w:txbxContent>${paragraph(run("boxed"))}</w:txbxContent>`;
  const cases: [body: string, text: string][] = [
    [paragraph(run("a "), run("no", "<w:vanish/>"), run("b")), "a b"],
    [paragraph(run("a "), run("yes", '<w:vanish w:val="false"/>')), "a yes"],
    [paragraph(run("a"), run("no", '<w:rStyle w:val="Off"/>')), "a"],
    [paragraph(run("a"), run("no", '<w:rStyle w:val="Off2"/>')), "a"],
    [paragraph(run("a"), run(" yes", '<w:rStyle w:val="On"/>')), "a yes"],
    [paragraph('<w:pPr><w:pStyle w:val="OffP"/></w:pPr>', run("no")) + paragraph(run("a")), "a"],
    [paragraph("<w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>", run("yes")), "yes"],
    [paragraph(run("a"), "<w:del><w:r><w:delText>no</w:delText></w:r></w:del>"), "a"],
    [paragraph(run("a"), `<w:del>${run("no")}</w:del>`, `<w:ins>${run(" in")}</w:ins>`), "a in"],
    [
      paragraph(`<w:moveFrom>${run("no")}</w:moveFrom>`, `<w:moveTo>${run("yes")}</w:moveTo>`),
      "yes",
    ],
    [
      paragraph("<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>", run("one ")) + paragraph(run("two")),
      "one two",
    ],
    [paragraph("<w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:cr/><w:t>c</w:t></w:r>"), "a\n\nb\n\nc"],
    [paragraph('<w:r><w:t>a</w:t><w:br w:type="page"/><w:t>b</w:t></w:r>'), "a\n\nb"],
    [paragraph("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:ptab/><w:t>c</w:t></w:r>"), "a b c"],
    [paragraph("<w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>", run("a")), "a"],
    [paragraph("<w:r><w:t>well</w:t><w:noBreakHyphen/><w:t>known</w:t></w:r>"), "well‑known"],
    [paragraph("<w:r><w:t>har</w:t><w:softHyphen/><w:t>bour</w:t></w:r>"), "harbour"],
    [
      paragraph(
        `<w:r><w:ruby><w:rt>${run("カン")}</w:rt><w:rubyBase>${
          run("漢")
        }</w:rubyBase></w:ruby></w:r>`,
      ),
      "漢",
    ],
    [paragraph(`<w:bdo>${run("a")}</w:bdo><w:dir>${run("b")}</w:dir>`), "ab"],
    [
      paragraph(
        "<w:sdt><w:sdtPr><w:t>no</w:t></w:sdtPr><w:sdtContent>",
        run("yes"),
        "</w:sdtContent></w:sdt>",
      ),
      "yes",
    ],
    [
      paragraph(
        '<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>no</w:instrText></w:r>',
        run("yes"),
      ),
      "yes",
    ],
    [
      paragraph(
        run("a"),
        `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><wps:txbx>${box}</wps:txbx></mc:Choice>` +
          `<mc:Fallback><w:pict><v:textbox>${box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>`,
        run("b"),
      ),
      "ab\n\nboxed",
    ],
    [
      paragraph(`<w:r><wps:wsp><wps:txbx>${box}</wps:txbx></wps:wsp></w:r>`, run("a")),
      "a\n\nboxed",
    ],
    [
      paragraph(`<w:r><w:pict><v:oval><v:textbox>${box}</v:textbox></v:oval></w:pict></w:r>`),
      "boxed",
    ],
    [
      `<w:tbl><w:tr><w:tc>${paragraph(run("a"))}</w:tc></w:tr>` +
      `<w:tr><w:trPr><w:del/></w:trPr><w:tc>${paragraph(run("no"))}</w:tc></w:tr></w:tbl>`,
      "a",
    ],
    [paragraph(run("<![CDATA[a & b]]>")), "a & b"],
  ];
  for (const [body, text] of cases) {
    assertEquals((await textOf(body, STYLES)).replace(/\s*\n\s*/g, "\n\n"), text, body);
  }
});

Deno.test("notes are text, what heads and ends pages is none", async () => {
  const text = await textOf(paragraph(run("Body"), '<w:r><w:footnoteReference w:id="2"/></w:r>'), {
    "word/_rels/document.xml.rels": relations(
      "r1 footnotes footnotes.xml",
      "r2 header header1.xml",
      "r3 footer footer1.xml",
    ),
    "word/footnotes.xml": `<w:footnotes ${NAMESPACES}><w:footnote w:id="0" w:type="separator">` +
      `${paragraph(run("no"))}</w:footnote><w:footnote w:id="2">` +
      `${
        paragraph(run("A note of "), formula(sign("E=mc")), run("no", "<w:vanish/>"))
      }</w:footnote></w:footnotes>`,
    "word/header1.xml": `<w:hdr ${NAMESPACES}>${paragraph(run("Head"))}</w:hdr>`,
    "word/footer1.xml": `<w:ftr ${NAMESPACES}>${paragraph(run("Foot"))}</w:ftr>`,
  });
  assertEquals([text.includes("A note of E=mc"), text.includes("↑")], [true, false], text);
  assertEquals(/no\b(?<!note)|Head|Foot/.test(text.replace("note", "")), false, text);
});

Deno.test("the reading of a character is no text of an OpenDocument text", async () => {
  // OpenDocument 1.3, part 3, section 6.4.
  const path = `${await scratchDir()}/a`;
  const ruby = "<text:ruby><text:ruby-base>漢字</text:ruby-base>" +
    "<text:ruby-text>カンジ</text:ruby-text></text:ruby>";
  await Deno.writeFile(
    path,
    archive({
      mimetype: "application/vnd.oasis.opendocument.text",
      "content.xml": "<office:document-content><office:body><office:text>" +
        `<text:p>One ${ruby} two</text:p></office:text></office:body></office:document-content>`,
    }),
  );
  const [page] = await Array.fromAsync(read({ paths: [path] }));
  const found = page && extractDocument(page);
  assertEquals(found && "text" in found && found.text, "One 漢字 two");
});

Deno.test("a part that is imported as HTML is read, and one in another format is dropped by name", async () => {
  const path = `${await scratchDir()}/a`;
  const imported = '<w:altChunk r:id="c1"/><w:altChunk r:id="c2"/>';
  await Deno.writeFile(
    path,
    archive({
      ...naming("word/document.xml", WORD),
      "word/document.xml": `<w:document ${NAMESPACES}><w:body>${
        paragraph(run("Its own text."))
      }${imported}</w:body></w:document>`,
      "word/_rels/document.xml.rels": relations(
        "c1 aFChunk afchunk1.htm",
        "c2 aFChunk afchunk2.rtf",
      ),
      "word/afchunk1.htm": "<p>The mill stands where two brooks meet.</p>",
      "word/afchunk2.rtf": "{\\rtf1 Text.}",
    }),
  );
  const drops: Drop[] = [];
  const meter = new StageMeter("read", (drop) => drops.push(drop));
  const pages = await Array.fromAsync(read({ paths: [path], meter }));
  const texts = pages.map((page) => {
    const found = extractDocument(page);
    return "text" in found ? found.text : "";
  });
  assertEquals(texts, ["Its own text.", "The mill stands where two brooks meet."]);
  assertEquals(drops.map(({ reason }) => reason), ["unsupported-type"]);
  assertEquals(drops[0]?.item.endsWith("word/afchunk2.rtf"), true, drops[0]?.item);
});
