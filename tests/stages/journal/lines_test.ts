import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineBuffer, linesOf } from "../../../stages/journal/lines.ts";

Deno.test("lines come back, whatever their text, from a buffer that is used again", () => {
  const lines = new LineBuffer();
  const text = fc.string({ unit: "binary", maxLength: 50 }).map((text) => JSON.stringify(text));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
      lines.clear();
      for (const text of texts) lines.add(text);
      assertEquals([...linesOf(lines.bytes)], texts);
      const expected = new TextEncoder().encode(texts.map((text) => `${text}\n`).join(""));
      assertEquals(lines.bytes, expected);
    }),
  );
  lines.clear();
  const long = "€".repeat(100_000);
  lines.add(long);
  lines.add("");
  assertEquals([...linesOf(lines.bytes)], [long, ""]);
});
