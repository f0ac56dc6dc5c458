import { assert, assertEquals } from "@std/assert";
import { beginningsOf, MAX_PROMPT_CHARS } from "../../run/beginning.ts";

const PROSE = "The lighthouse stands on a rock, two miles from the shore of the island.";
const BEGUN = "The lighthouse stands on a rock, two miles from";

Deno.test("a document begins with its first prose", async (t) => {
  const before: Record<string, string> = {
    "nothing": "",
    "its title": "A long title, of words. With an end",
    "a number": "1. The first chapter of the whole book, which is a long one.",
    "a year": "1994",
    "a menu": "Home | Documents | Downloads | About us | How to reach us, and when",
    "a trail of pages": "Start › Documents › Guides › For those who are new here, or not",
    "a short heading": "What this page is about",
    "a row of names":
      "Home Downloads Documents Forum Support Search Login Account Cart Help Language Privacy, Terms",
    "a table": "Width 128, 256, 384, 512, 768; depth 4, 4, 6, 8, 12; heads 4, 4, 6, 8, 12.",
    "an address": "See https://example.org/a/b/c for the whole of this document, and more.",
    "code": "for (const line of lines) { console.log(line); total += line.length; }",
    "a rule": "------------------------------------------------------------------------",
    "shouting": "ALL RIGHTS RESERVED BY THE OWNERS OF THIS SITE AND OF ITS PAGES, 1994.",
    "a bell": "This line rings a bell\u0007 on the terminal of those who read it there.",
    "text turned around": "This line is \u202eshown from right to left where it is shown at all.",
    "what was no text":
      "This line had a byte that was no part of a character: \ufffd, as one sees.",
  };
  for (const [what, line] of Object.entries(before)) {
    await t.step(what, () => {
      const title = "A long title, of words. With an end";
      assertEquals(beginningsOf(`${line}\n\n${PROSE}`, { title }), [BEGUN]);
    });
  }
});

Deno.test("a beginning is cut between words, at a clause where one is near", () => {
  const cases: [line: string, begun: string[]][] = [
    [
      "Fellow-Citizens of the Senate and House of Representatives: It is a pleasure to say so.",
      ["Fellow-Citizens of the Senate and House of Representatives"],
    ],
    // A compound is one word.
    [
      "We went to see the old and well-known harbour-side of the town.",
      ["We went to see the old and well-known harbour-side"],
    ],
    ["It is the king's ship that we saw from here yesterday.", [
      "It is the king's ship that we saw from",
    ]],
    // Something must be left to go on with.
    ["They sailed home at last.", []],
    ["They all sailed home at last.", ["They all sailed home at"]],
    ["昔々、あるところに、おじいさんとおばあさんが住んでいました。", [
      "昔々、あるところに、おじいさんとおばあさんが",
    ]],
    ["Früher lebte am Rand des Waldes ein alter Mann mit seiner Katze.", [
      "Früher lebte am Rand des Waldes ein alter Mann",
    ]],
    ["Однажды весною, в час небывало жаркого заката, в Москве появились двое.", [
      "Однажды весною, в час небывало жаркого заката, в Москве",
    ]],
  ];
  for (const [line, begun] of cases) assertEquals(beginningsOf(line), begun);
});

Deno.test("a beginning is bounded, however long the words or the document", () => {
  const long = "Donaudampfschifffahrtsgesellschaft".repeat(2);
  const text = `Es war ${long}, die es ${long} so und ${long} so gab.\n${"word ".repeat(50_000)}.`;
  const begun = beginningsOf(text);
  assertEquals(begun[0], `Es war ${long}, die es`);
  assert(begun.every(({ length }) => length <= MAX_PROMPT_CHARS));
});

Deno.test("any text will do where it is asked for", () => {
  const code = "}\n\nexport function add(a: number, b: number) {\n  return a + b;\n}";
  assertEquals(beginningsOf(code), []);
  assertEquals(beginningsOf(code, { anyText: true })[0], "export function add(a");
  assertEquals(beginningsOf("1 2\n\u0007 a bell in a line\n", { anyText: true }), []);
});
