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
export { assert, assertExists, assertFalse, fail, unreachable } from "./condition.ts";
export { equal } from "./equal.ts";
export {
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertNotStrictEquals,
  assertStrictEquals,
} from "./equality.ts";
export { assertGreater, assertGreaterOrEqual, assertLess, assertLessOrEqual } from "./order.ts";
export {
  assertArrayIncludes,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "./inclusion.ts";
export {
  assertInstanceOf,
  assertIsError,
  assertNotInstanceOf,
  assertRejects,
  assertThrows,
} from "./failure.ts";
