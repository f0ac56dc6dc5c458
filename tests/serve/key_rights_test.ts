import { assertEquals, assertThrows } from "@std/assert";
import { ApiKeys, parseApiKeys, readKeyLines } from "../../serve/api_keys.ts";

const KEY = "a-key-of-the-test-0123456789==";

Deno.test("a line says after name and key what the key may do", () => {
  const words = "scopes=generate,models models=a,b/c requests-per-minute=60 " +
    "tokens-per-minute=9000 concurrent-requests=2 max-tokens=100";
  const keys = parseApiKeys(`laptop ${KEY}\t${words}\nplain ${KEY}2\n${KEY}3\n`);
  assertEquals(keys.find(KEY)?.rights, {
    scopes: ["generate", "models"],
    models: ["a", "b/c"],
    requests: 60,
    tokens: 9000,
    concurrent: 2,
    maxTokens: 100,
  });
  assertEquals([keys.find(`${KEY}2`)?.rights, keys.find(`${KEY}3`)?.name], [{}, "key-3"]);
  assertEquals(keys.find(`${KEY}4`), undefined);
});

Deno.test("what is no right is refused by its line, and no word is repeated", () => {
  const lists = "scopes must be a list: generate, embeddings, models, metrics, dashboard, with " +
    "commas and without spaces";
  for (
    const [words, message] of [
      ["scope=models", "after name and key it may have scopes=, models=, requests-per-minute="],
      ["secret-0123456789", "after name and key it may have scopes=, "],
      ["__proto__=1", "after name and key it may have scopes=, "],
      ["scopes=", lists],
      ["scopes=models,", lists],
      ["scopes=Models", lists],
      ["scopes=models, generate", lists],
      ["models=,a", "models must be a list, with commas and without spaces"],
      ["requests-per-minute=0", "requests-per-minute must be an integer from 1 on"],
      ["tokens-per-minute=1e3", "tokens-per-minute must be an integer from 1 on"],
      ["concurrent-requests=-1", "concurrent-requests must be an integer from 1 on"],
      ["max-tokens=many", "max-tokens must be an integer from 1 on"],
      ["max-tokens=1 max-tokens=2", "max-tokens is given twice"],
    ] as const
  ) {
    const error = assertThrows(() => parseApiKeys(`# first\nlaptop ${KEY} ${words}`), RangeError);
    assertEquals((error as Error).message.startsWith(`line 2: ${message}`), true, String(error));
    assertEquals(/secret|0123456789/.test(String(error)), false);
  }
});

Deno.test("keys of one name are one client's and have the same rights", () => {
  const lines = (second: string) => [
    ...readKeyLines(`a ${KEY} max-tokens=5`),
    ...readKeyLines(`a ${KEY}2 ${second}`),
  ];
  assertEquals(new ApiKeys(lines("max-tokens=5")).names, ["a", "a"]);
  for (const other of ["", "max-tokens=6", "max-tokens=5 scopes=models"]) {
    assertThrows(() => new ApiKeys(lines(other)), RangeError, "the keys of a must have the same");
  }
});
