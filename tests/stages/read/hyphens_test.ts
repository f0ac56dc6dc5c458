import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { Hyphens, jointOf } from "../../../stages/read/sandboxed/hyphens.ts";
import { read } from "../../../stages/read/mod.ts";
import { scratchDir } from "../scratch.ts";

/** A PDF of one page with these lines of ASCII text. */
function pdfOf(lines: readonly string[]): Uint8Array {
  const shown = lines.map((line) => `(${line.replace(/[()\\]/g, "\\$&")}) Tj T*`).join("\n");
  const content = `BT /F1 12 Tf 14 TL 40 780 Td\n${shown}\nET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R " +
    "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ];
  let file = "%PDF-1.4\n";
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${`${offset}`.padStart(10, "0")} 00000 n \n`;
  });
  const table = file.length;
  file += `xref\n0 5\n0000000000 65535 f \n${offsets.join("")}`;
  return Buffer.from(`${file}trailer << /Size 5 /Root 1 0 R >>\nstartxref\n${table}\n%%EOF`);
}

/** Lines as they are printed, and the words that must come of them (Chicago Manual of Style, 7.36
 * to 7.47: a break at a hyphen keeps it, a break within a word adds one). */
const CASES: readonly (readonly [lines: string[], text: string])[] = [
  [["They met to dis-", "cuss the walls."], "They met to discuss the walls."],
  [
    ["A well-known harbour is a well-", "known place."],
    "A well-known harbour is a well-known place.",
  ],
  [["The well-", "known house is well-known."], "The well-known house is well-known."],
  [["A Well-known house, a well-", "known one."], "A Well-known house, a well-known one."],
  [["To co-operate or cooperate: coop-", "erate"], "To co-operate or cooperate: cooperate"],
  [["email, e-mail, e-mail: e-", "mail"], "email, e-mail, e-mail: e-mail"],
  [
    ["The art of the state is state-of-the-", "art here."],
    "The art of the state is state-of-the-art here.",
  ],
  [["It is a well-estab-", "lished one."], "It is a well-established one."],
  [["both two-", "and threefold"], "both two-\nand threefold"],
  [["a thousand, a thous-", "and"], "a thousand, a thousand"],
  [["The range of A-", "b stays, 3-", "4 too"], "The range of A-\nb stays, 3-\n4 too"],
];

Deno.test("a divided word is joined, a compound keeps its hyphen, as the text shows it", async () => {
  const dir = await scratchDir();
  for (const [lines, text] of CASES) {
    await Deno.writeFile(`${dir}/a.pdf`, pdfOf(lines));
    const [page] = await Array.fromAsync(read({ paths: [`${dir}/a.pdf`] }));
    assertEquals(new TextDecoder().decode(page?.body).trim(), text);
  }
});

Deno.test("hyphens of Unicode are hyphens, soft ones are none", () => {
  const joined = (...lines: string[]) => {
    const text = lines.reduce((text, line) => text + jointOf(text, line) + line);
    const hyphens = new Hyphens();
    hyphens.learn(text);
    return hyphens.join(text);
  };
  assertEquals(joined("dis\u2010", "cuss"), "discuss");
  assertEquals(joined("well\u2010known, well\u2010", "known"), "well\u2010known, well\u2010known");
  assertEquals(joined("well-known, well\u2010", "known"), "well-known, well\u2010known");
  assertEquals(joined("HAR\u00ad", "BOUR and har\u00ad", "bour"), "HARBOUR and harbour");
  assertEquals(joined("über-", "\u00e4u\u00dferst"), "über\u00e4u\u00dferst");
});

Deno.test("a text of one long word, or of joints alone, takes no longer than others", () => {
  for (const text of ["a".repeat(2 ** 20), "a-\0".repeat(2 ** 18), "a".repeat(2 ** 20) + "-\0b"]) {
    const hyphens = new Hyphens();
    hyphens.learn(text);
    assertEquals(hyphens.join(text).includes("\0"), false);
  }
});
