import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { JsonLimitError, readJson } from "../../serve/json_reader.ts";
import { atOnce } from "../../engine/turns.ts";

const LIMITS = { maxDepth: 64, maxValues: 1e9, idLists: new Set(["ids"]) };

function read(text: string, limits = LIMITS): unknown {
  return atOnce(readJson(text, limits));
}

/** What JSON.parse makes of a text, and nothing where it is no JSON. */
function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isRead(text: string): { value: unknown } | undefined {
  try {
    return { value: read(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

Deno.test("what JSON.parse reads is read, and what it refuses is refused", () => {
  const json = fc.tuple(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, "\t\n"))
    .map(([value, indent]) => JSON.stringify(value, null, indent));
  const broken = fc.tuple(json, fc.nat(), fc.constantFrom(...'[]{},:"\\01-.e tn\u0000'.split("")))
    .map(([text, at, put]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + at % 2);
    });
  const known = fc.constantFrom(
    ...["", " ", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "{}x", '{"__proto__":1}', "01", "1."],
    ...["+1", "-", '"\\u12"', '"a\nb"', "[1,2", "nul", "[true,false,null,-0]", '{"a":1,"a":2}'],
    ...['["a",1,"b",2]', "[1,2,[3,4],5]", '[1,{"a":[1,2]},3]', "\ufeff1"],
  );
  fc.assert(
    fc.property(fc.oneof(json, broken, known), (text) => {
      assertEquals(isRead(text), parsed(text), text);
    }),
    { numRuns: 5000, seed: 1 },
  );
});

Deno.test("lists longer than a stretch are read whole, whatever stands among their numbers", () => {
  const numbers = Array.from({ length: 5000 }, (_, i) => (i % 7) * i - 3);
  for (
    const value of [numbers, [numbers, "a", numbers], { ids: numbers, more: [...numbers, "a"] }, [
      ...numbers,
      "a,b",
      ...numbers,
      null,
      { a: 1 },
    ]]
  ) {
    for (const indent of [undefined, 3]) {
      assertEquals(read(JSON.stringify(value, null, indent)), value);
    }
  }
});

Deno.test("a long string is read in pieces, and no escape is torn", () => {
  const random = ["a", "\\n", '\\"', "\\\\", "\\u0041", "\\ud83d\\ude00", "é", "😀", "\\/"];
  for (const part of [...random, random.join(""), "x".repeat(1023) + "\\u00e9"]) {
    const json = `{"k":"${part.repeat(2 ** 18 / part.length)}"}`;
    const work = readJson(json, LIMITS);
    let steps = 0;
    for (;; steps++) {
      const { done, value } = work.next();
      if (!done) continue;
      assertEquals(value, JSON.parse(json));
      break;
    }
    assert(steps >= 3, `${part.slice(0, 9)}: ${steps} steps`);
  }
  const long = "a".repeat(5000);
  for (const end of ["", "\\", "\\u00", "\n", '\\x"', '\\u00g0"', "\\ud83d"]) {
    assertEquals(isRead(`"${long}${end}`), undefined, end);
  }
});

Deno.test("a text past a limit is refused, ids of tokens apart", () => {
  const limits = { ...LIMITS, maxDepth: 2, maxValues: 5 };
  const refused = (text: string) => assertThrows(() => read(text, limits), JsonLimitError).message;
  assertEquals(read("[[1]]", limits), [[1]]);
  assertEquals(refused("[[[1]]]"), "is nested more than 2 deep");
  assertEquals(refused("[1,2,3,4,5]"), "holds more than 5 values");
  assertEquals(read('{"ids":[1,2,3,4,5,6,7]}', limits), { ids: [1, 2, 3, 4, 5, 6, 7] });
  assertEquals(refused('{"ids":[null,null,null,null,null,null]}'), "holds more than 5 values");
  assertEquals(refused('{"other":[1,2,3,4,5,6,7]}'), "holds more than 5 values");
});
