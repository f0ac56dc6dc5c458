/**
 * Stand-in for `@std/assert`: the assertions this project's tests use, with the same names, types
 * and meaning as the original.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * assertEquals(new Map([["a", [1]]]), new Map([["a", [1]]]));
 * assertThrows(() => JSON.parse("{"), SyntaxError);
 * ```
 *
 * @module
 */
export { AssertionError } from "./assertion_error.ts";
export { assert, assertFalse } from "./condition.ts";
export { equal } from "./equal.ts";
export {
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
} from "./equality.ts";
export { assertGreater, assertGreaterOrEqual, assertLess } from "./order.ts";
export { assertMatch, assertStringIncludes } from "./inclusion.ts";
export { assertRejects, assertThrows } from "./failure.ts";
