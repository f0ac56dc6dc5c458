import { assertEquals } from "@std/assert";
import { read } from "../../../stages/read/mod.ts";
import { archive, NAMESPACES, naming, relations } from "./office_parts.ts";
import { scratchDir } from "../scratch.ts";

const PRESENTATION =
  "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml";
const SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";

/** The texts in an archive. */
async function textsOf(parts: Record<string, string>): Promise<string[]> {
  const path = `${await scratchDir()}/a`;
  await Deno.writeFile(path, archive(parts));
  const pages = await Array.fromAsync(read({ paths: [path] }));
  return pages.map(({ body }) => new TextDecoder().decode(body).trim());
}

const shape = (...texts: string[]) =>
  `<p:sp><p:txBody>${
    texts.map((text) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`).join("")
  }</p:txBody></p:sp>`;

/** A presentation of one slide, and further parts. */
const slideOf = (content: string, more: Record<string, string> = {}) => ({
  ...naming("ppt/presentation.xml", PRESENTATION),
  "ppt/presentation.xml":
    `<p:presentation ${NAMESPACES}><p:sldIdLst><p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>`,
  "ppt/_rels/presentation.xml.rels": relations("r1 slide slides/slide1.xml"),
  "ppt/slides/slide1.xml": `<p:sld ${NAMESPACES}>${content}</p:sld>`,
  ...more,
});

const either = (requires: string, choice: string, fallback: string) =>
  `<mc:AlternateContent><mc:Choice Requires="${requires}">${choice}</mc:Choice>` +
  `<mc:Fallback>${fallback}</mc:Fallback></mc:AlternateContent>`;

Deno.test("of alternative content the first branch that Office knows is read", async () => {
  // ECMA-376, part 3, 7.5 to 7.7.
  const [one, two, three] = [shape("one"), shape("two"), shape("three")];
  const cases: [content: string, text: string][] = [
    [either("a14", one, two), "one"],
    [either("own", one, two), "two"],
    [either("a14 own", one, two), "two"],
    [either("a14", either("a14", one, two), three), "one"],
    [either("own", one, either("own", two, three)), "three"],
    [either("a14", "", two), ""],
    [`${either("a14", one, two)}${three}`, "one\nthree"],
    [
      `<mc:AlternateContent><mc:Choice Requires="own">${one}</mc:Choice><mc:Choice Requires="a14">${two}` +
      `</mc:Choice><mc:Choice Requires="a14">${three}</mc:Choice></mc:AlternateContent>`,
      "two",
    ],
  ];
  for (const [content, text] of cases) {
    const found = await textsOf(slideOf(`${content}<p:cNvPr name="Choice"/>`));
    assertEquals(found, text === "" ? [] : [text], content);
  }
});

Deno.test("notes and diagrams of a slide are its text, slide numbers are not", async () => {
  const placeholder = (type: string, text: string) =>
    `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${type}"/></p:nvPr></p:nvSpPr>` +
    `<p:txBody><a:p><a:fld type="x"><a:t>${text}</a:t></a:fld></a:p></p:txBody></p:sp>`;
  const found = await textsOf(slideOf(
    `${shape("Title")}${placeholder("sldNum", "7")}<dgm:relIds r:dm="r2"/>${shape("a_x000B_b")}`,
    {
      "ppt/slides/_rels/slide1.xml.rels": relations(
        "r1 notesSlide ../notesSlides/notes1.xml",
        "r2 diagramData ../diagrams/data%201.xml",
      ),
      "ppt/diagrams/data 1.xml": `<dgm:dataModel ${NAMESPACES}>${
        shape("Step", "Next")
      }</dgm:dataModel>`,
      "ppt/notesSlides/notes1.xml": `<p:notes ${NAMESPACES}>${placeholder("hdr", "Head")}` +
        `${placeholder("body", "Say this.")}${placeholder("sldNum", "7")}</p:notes>`,
    },
  ));
  assertEquals(found, ["Title\nStep\nNext\na\nb\nSay this."]);
});

/** A workbook of one sheet with a row a cell. */
const sheetOf = (cells: string[], strings: string[] = [], path = "xl/sharedStrings.xml") => ({
  ...naming("xl/workbook.xml", SHEETS),
  "xl/workbook.xml":
    `<workbook ${NAMESPACES}><sheets><sheet name="S" r:id="r1"/></sheets></workbook>`,
  "xl/_rels/workbook.xml.rels": relations(
    "r1 worksheet worksheets/sheet1.xml",
    `r2 sharedStrings ${path.slice(3)}`,
  ),
  "xl/worksheets/sheet1.xml": `<worksheet ${NAMESPACES}><sheetData>${
    cells.map((cell) => `<row>${cell}</row>`).join("")
  }</sheetData></worksheet>`,
  [path]: `<sst ${NAMESPACES}>${strings.join("")}</sst>`,
});

Deno.test("strings of a sheet: readings left out, escapes undone, wherever they are kept", async () => {
  // ECMA-376, part 1, 18.4.6 (rPh) and 22.9.2.19 (ST_Xstring); openpyxl and Excel read them so.
  const ruby =
    '<r><t>漢</t></r><r><t>字</t></r><rPh sb="0" eb="2"><t>カンジ</t></rPh><phoneticPr/>';
  const texts: [xml: string, text: string][] = [
    [ruby, "漢字"],
    [`<t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh>`, "東京"],
    ["<t>one_x000D__x000A_two</t>", "one two"],
    ["<t>_x005F_x000D_ stays</t>", "_x000D_ stays"],
    ["<t>caf_x00E9_ a_x_b _x12_ </t>", "café a_x_b _x12_"],
  ];
  const expected = [texts.map(([, text]) => text).join("\n")];
  const inline = texts.map(([xml]) => `<c t="inlineStr"><is>${xml}</is></c>`);
  assertEquals(await textsOf(sheetOf(inline)), expected);
  const shared = texts.map((_, at) => `<c t="s"><v>${at}</v></c>`);
  const strings = texts.map(([xml]) => `<si>${xml}</si>`);
  for (const path of ["xl/sharedStrings.xml", "xl/strings/all.xml", "xl/SharedStrings.XML"]) {
    assertEquals(await textsOf(sheetOf(shared, strings, path)), expected, path);
  }
  const formula = `<c t="str"><f>A1</f><v>a_x0009_b</v></c>`;
  assertEquals(await textsOf(sheetOf([formula])), ["a b"]);
});

Deno.test("parts are found by their relations, whatever they are called", async () => {
  const sheet = sheetOf(['<c t="inlineStr"><is><t>found</t></is></c>']);
  const renamed = (change: (path: string) => string) =>
    Object.fromEntries(Object.entries(sheet).map(([path, xml]) => [change(path), xml]));
  assertEquals(await textsOf(renamed((path) => path.replaceAll("/", "\\"))), ["found"]);
  assertEquals(await textsOf(renamed((path) => path.toLowerCase())), ["found"]);
  const { "xl/workbook.xml": book = "", "xl/_rels/workbook.xml.rels": list = "", ...rest } = sheet;
  for (const type of [SHEETS, "application/vnd.ms-excel.sheet.macroEnabled.main+xml"]) {
    const moved = { ...rest, ...naming("xl/book2.xml", type), "xl/book2.xml": book };
    assertEquals(await textsOf({ ...moved, "xl/_rels/book2.xml.rels": list }), ["found"]);
  }
});
