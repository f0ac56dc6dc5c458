import { assertEquals, assertThrows } from "@std/assert";
import { headerOf } from "../../commands/tokens/export.ts";

Deno.test("llm.c's header says how many tokens follow, or is refused", () => {
  const words = (tokens: number) => [...new Int32Array(headerOf(tokens).slice(0, 12).buffer)];
  assertEquals(words(5), [20240520, 1, 5]);
  assertEquals(words(2 ** 31 - 1), [20240520, 1, 2 ** 31 - 1]);
  for (const tokens of [2 ** 31, 2 ** 32, 2 ** 32 + 5]) {
    assertThrows(() => headerOf(tokens), Error, `${tokens} are more than its header can say`);
  }
});
