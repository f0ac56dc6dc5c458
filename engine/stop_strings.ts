/**
 * Finds stop strings in text that arrives in pieces.
 *
 * @module
 */

/** Holds back what may yet turn out to be the beginning of a stop string. */
export interface StopFilter {
  /** Text that is certainly before any stop string, and the one that was found right after it. */
  push(text: string): { text: string; stopped: string | undefined };
  /** What was held back and turned out to be no stop string. */
  flush(): string;
}

/**
 * A filter for `stops`, non-empty strings. The text ends right before the one that is complete
 * first, and of those that end together the longest, however the text was cut into pieces.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createStopFilter } from "./stop_strings.ts";
 * const filter = createStopFilter(["END"]);
 * assertEquals(filter.push("the E").text, "the ");
 * assertEquals(filter.push("ND, not").stopped, "END");
 * ```
 */
export function createStopFilter(stops: readonly string[]): StopFilter {
  let held = "";
  return {
    push(text) {
      held += text;
      const [first] = stops
        .map((stop) => ({ stop, start: held.indexOf(stop), length: stop.length }))
        .filter(({ start }) => start >= 0)
        .sort((a, b) => a.start + a.length - b.start - b.length || a.start - b.start);
      if (first) {
        const before = held.slice(0, first.start);
        held = "";
        return { text: before, stopped: first.stop };
      }
      const ready = held.length - longestOpening(held, stops);
      const release = held.slice(0, ready);
      held = held.slice(ready);
      return { text: release, stopped: undefined };
    },
    flush() {
      const rest = held;
      held = "";
      return rest;
    },
  };
}

/** Length of the longest end of `text` with which a stop string begins. */
function longestOpening(text: string, stops: readonly string[]): number {
  const longest = Math.max(0, ...stops.map((stop) => stop.length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(-length);
    if (stops.some((stop) => stop.startsWith(end))) return length;
  }
  return 0;
}
