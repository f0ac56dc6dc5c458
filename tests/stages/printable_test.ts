import { assertEquals } from "@std/assert";
import { printable, printableLine } from "../../stages/printable.ts";

Deno.test("printable: no character steers the terminal, and other text is as it was", () => {
  // ECMA-48's control functions begin with C0 and C1; Unicode UAX 9 lists embeddings and isolates.
  const steering = [
    ...Array.from({ length: 32 }, (_, i) => i).filter((code) => code !== 9 && code !== 10),
    ...Array.from({ length: 33 }, (_, i) => 0x7f + i),
    ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
    ...[0x2028, 0x2029, 0xd800, 0xdbff, 0xdc00, 0xdfff],
  ];
  for (const code of steering) {
    const text = `a${String.fromCharCode(code)}b`;
    const shown = `a\\u${code.toString(16).padStart(4, "0")}b`;
    assertEquals(printable(text), shown);
    assertEquals(JSON.parse(`"${printable(text)}"`), text, "inside JSON it is the same text");
  }
  for (const text of ["é 漢字 👩‍👩‍👧 שלום مرحبا", "two\n\tlines", "\u{1f600}"]) {
    assertEquals(printable(text), text);
  }
  assertEquals(printableLine(" a\r\nb\u0085\u2028c\x1b[2J "), "a b c\\u001b[2J");
});
