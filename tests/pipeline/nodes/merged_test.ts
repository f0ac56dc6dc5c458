import { assertEquals, assertRejects } from "@std/assert";
import { merged } from "../../../pipeline/nodes/merged.ts";

const valuesOf = (...values: object[]) => () => Promise.resolve(values.shift());

Deno.test("values of several sources come until all have ended", async () => {
  const a = [{ a: 1 }, { a: 2 }], b = [{ b: 1 }];
  const got = await Array.fromAsync(merged([valuesOf(...a), undefined, valuesOf(...b)], 10_000));
  assertEquals(new Set(got), new Set([...a, ...b]));
});

Deno.test("a tick comes where no value does, and the failure of a source ends all", async () => {
  const late = Promise.withResolvers<object | undefined>();
  const values = merged([() => late.promise], 1);
  assertEquals(await values.next(), { done: false, value: undefined });
  late.reject(new Error("broken"));
  await assertRejects(
    async () => {
      for await (const value of values) assertEquals(value, undefined);
    },
    Error,
    "broken",
  );
});
