import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { isNestedDeeper } from "../../serve/json_body.ts";

/** Counted on what the parser made of it. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

Deno.test("nesting is counted as a parser would, whatever the strings hold", () => {
  const text = fc.string({ unit: fc.constantFrom(...'[]{}\\"a, :') });
  const json = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: "large" }, text, tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    object: fc.dictionary(text, tie("value"), { maxKeys: 3 }),
  })).value;
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1), (value, indent) => {
      const depth = depthOf(value);
      const written = JSON.stringify(value, null, indent);
      assertEquals(isNestedDeeper(written, depth), false, written);
      if (depth > 0) assertEquals(isNestedDeeper(written, depth - 1), true, written);
    }),
    { numRuns: 1000, seed: 1 },
  );
});
