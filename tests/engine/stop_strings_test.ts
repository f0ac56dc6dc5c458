import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createStopFilter } from "../../engine/stop_strings.ts";

/** All the text that a filter lets through. */
function filtered(pieces: readonly string[], stops: readonly string[]): string {
  const filter = createStopFilter(stops);
  let text = "";
  for (const piece of pieces) {
    const { text: more, stopped } = filter.push(piece);
    text += more;
    if (stopped) return text;
  }
  return text + filter.flush();
}

/** The definition: text is read one unit at a time until it ends with a stop string. */
function upToStop(text: string, stops: readonly string[]): string {
  for (let end = 1; end <= text.length; end++) {
    const found = stops.filter((stop) => text.slice(0, end).endsWith(stop))
      .sort((a, b) => b.length - a.length);
    if (found[0] !== undefined) return text.slice(0, end - found[0].length);
  }
  return text;
}

// Two letters, so that stops begin, overlap and repeat often.
const word = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom("a", "b"), minLength, maxLength });

Deno.test("text is cut at the first complete stop string, however it arrives", () => {
  fc.assert(
    fc.property(
      fc.array(word(0, 4), { maxLength: 12 }),
      fc.array(word(1, 4), { maxLength: 4 }),
      (pieces, stops) => {
        assertEquals(filtered(pieces, stops), upToStop(pieces.join(""), stops));
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("only what may become a stop string is held back", () => {
  const filter = createStopFilter(["\n\nEnd", "stop"]);
  assertEquals(filter.push("one\n"), { text: "one", stopped: undefined });
  assertEquals(filter.push("two\n\nEn"), { text: "\ntwo", stopped: undefined });
  assertEquals(filter.push("ough sto"), { text: "\n\nEnough ", stopped: undefined });
  assertEquals(filter.flush(), "sto");
  assertEquals(createStopFilter([]).push("sto"), { text: "sto", stopped: undefined });
});

Deno.test("characters outside the basic plane can be stop strings", () => {
  assertEquals(filtered(["a🐙", "b"], ["🐙"]), "a");
});
