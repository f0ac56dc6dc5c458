/**
 * How long does it take to refuse a tokenizer.json that is made to be costly?
 *
 * @module
 */
import { join } from "node:path";
import { readTokenizer } from "../stages/tokenize/mod.ts";
import { median } from "./median.ts";

const MIB = 2 ** 20;

/** Files of up to 64 MiB; none is a tokenizer. */
const BOMBS: Record<string, () => string> = {
  nested: () => "[".repeat(60 * MIB),
  nestedObjects: () => '{"a":'.repeat(12 * MIB),
  longString: () => `{"a": "${"x".repeat(60 * MIB)}"}`,
  manyValues: () => `[${"[0,0,0,0,0,0,0,0,0,0],".repeat(25e5)}0]`,
  manyTokens: () =>
    `{"model": {"vocab": {${Array.from({ length: 3e6 }, (_, i) => `"${i.toString(36)}":${i}`)}}}}`,
  largeIds: () => '{"model": {"merges": [], "vocab": {"a": 4294967295}}}',
  proto: () => '{"__proto__": {"model": {"vocab": {"a": 4294967295}, "merges": []}}}',
  whiteSpace: () => `${" ".repeat(60 * MIB)}{`,
  tooLarge: () => " ".repeat(65 * MIB),
};

/** Median milliseconds until each is refused, and how much the process grew at most, in MiB. */
export async function refuseBombs(
  { dir, rounds }: { dir: string; rounds: number },
): Promise<Record<string, { ms: number; grownMiB: number }>> {
  const refused: Record<string, { ms: number; grownMiB: number }> = {};
  for (const [name, text] of Object.entries(BOMBS)) {
    const path = join(dir, "bomb.json");
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
