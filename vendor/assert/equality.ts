import { AssertionError as NodeAssertionError } from "node:assert";
import { inspect } from "node:util";
import { AssertionError, suffix } from "./assertion_error.ts";
import { asTypedArray, equal, firstDifference } from "./equal.ts";

/** Longest typed array that is still shown element by element. */
const SHOWN_ELEMENTS = 64;

/** The two values side by side, or, for long typed arrays, the first place where they part. */
function difference(
  actual: unknown,
  expected: unknown,
  operator: string,
): string {
  const [a, b] = [asTypedArray(actual), asTypedArray(expected)];
  if (a && b && Math.max(a.length, b.length) > SHOWN_ELEMENTS) {
    const i = firstDifference(a, b);
    return `lengths ${a.length} and ${b.length}, first difference at [${i}]: ${a[i]} and ${b[i]}`;
  }
  return new NodeAssertionError({ actual, expected, operator }).message;
}

/** Fails unless the two values are deeply {@linkcode equal}. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n${difference(actual, expected, "deepStrictEqual")}`,
  );
}

/** Fails when the two values are deeply {@linkcode equal}. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${suffix(msg)}`,
  );
}

/** Fails unless the two values are the same (`Object.is`: NaN is NaN, 0 is not -0). */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw new AssertionError(
    `Values are not strictly equal${suffix(msg)}\n${difference(actual, expected, "strictEqual")}`,
  );
}

/**
 * Fails unless `actual` is within `tolerance` (absolute; by default a ten-millionth of `expected`)
 * of `expected`.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const delta = Math.abs(expected - actual);
  if (delta <= tolerance) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": delta "${delta}" is greater than ` +
      `"${tolerance}"${suffix(msg)}`,
  );
}
