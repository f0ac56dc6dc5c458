// Expected values: the documented behaviour of @std/text 1.x (jsr.io/@std/text), and distances that
// Wagner and Fischer's paper and textbooks work out.
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { closestString, levenshteinDistance } from "@std/text";
import { closestString as closestOfSubpath } from "@std/text/closest-string";
import { levenshteinDistance as distanceOfSubpath } from "@std/text/levenshtein-distance";

Deno.test("levenshteinDistance: textbook pairs, the same both ways", () => {
  const pairs: [string, string, number][] = [
    ["kitten", "sitting", 3],
    ["saturday", "sunday", 3],
    ["rosettacode", "raisethysword", 8],
    ["intention", "execution", 5],
    ["flaw", "lawn", 2],
    ["aa", "bb", 2],
    ["", "abc", 3],
    ["", "", 0],
    ["same", "same", 0],
    ["👍 smile", "👎 smile", 1],
  ];
  for (const [one, other, distance] of pairs) {
    assertEquals(levenshteinDistance(one, other), distance, `${one} ${other}`);
    assertEquals(levenshteinDistance(other, one), distance, `${other} ${one}`);
  }
  assertStrictEquals(distanceOfSubpath, levenshteinDistance);
});

Deno.test("closestString: the nearest, the first of equals, case only where it counts", () => {
  const words = ["length", "size", "blah", "help", ""];
  assertEquals(closestString("hep", words), "help");
  assertEquals(closestString("HEP", words), "help");
  assertEquals(closestString("ab", ["ax", "ay"]), "ax");
  assertEquals(closestString("HELP", ["help", "HELM"], { caseSensitive: true }), "HELM");
  const byLength = (a: string, b: string) => Math.abs(a.length - b.length);
  assertEquals(closestString("xxxxxx", words, { compareFn: byLength }), "length");
  assertThrows(() => closestString("a", []), TypeError);
  assertStrictEquals(closestOfSubpath, closestString);
});
