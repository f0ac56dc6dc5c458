/**
 * How long does it take to refuse a tokenizer.json that is made to be costly?
 *
 * @module
 */
import { readTokenizer } from "../tokenizer/mod.ts";
import { median } from "./median.ts";

const MIB = 2 ** 20;

/** Files of up to 64 MiB; none is a tokenizer. */
const BOMBS: Record<string, () => string> = {
  nested: () => "[".repeat(60 * MIB),
  "nested objects": () => '{"a":'.repeat(12 * MIB),
  "a long string": () => `{"a": "${"x".repeat(60 * MIB)}"}`,
  "many values": () => `[${"[0,0,0,0,0,0,0,0,0,0],".repeat(25e5)}0]`,
  "many tokens": () =>
    `{"model": {"vocab": {${Array.from({ length: 3e6 }, (_, i) => `"${i.toString(36)}":${i}`)}}}}`,
  "large ids": () => '{"model": {"merges": [], "vocab": {"a": 4294967295}}}',
  proto: () => '{"__proto__": {"model": {"vocab": {"a": 4294967295}, "merges": []}}}',
  "white space": () => `${" ".repeat(60 * MIB)}{`,
  "too large": () => " ".repeat(65 * MIB),
};

/** Median milliseconds until each, written to `path`, is refused, and how much the process grew at most, in MiB. */
export async function refuseBombs(
  { path, rounds }: { path: string; rounds: number },
): Promise<Record<string, { ms: number; grownMiB: number }>> {
  const refused: Record<string, { ms: number; grownMiB: number }> = {};
  for (const [name, text] of Object.entries(BOMBS)) {
    await Deno.writeTextFile(path, text());
    const times: number[] = [];
    let grown = 0;
    for (let round = 0; round < rounds; round++) {
      const before = Deno.memoryUsage().rss, start = performance.now();
      const read = await readTokenizer(path).catch((error) => error);
      times.push(performance.now() - start);
      grown = Math.max(grown, Deno.memoryUsage().rss - before);
      if (!(read instanceof SyntaxError)) {
        throw new Error(`Cannot measure: ${name} was not refused`);
      }
    }
    refused[name] = { ms: median(times), grownMiB: grown / MIB };
  }
  return refused;
}
