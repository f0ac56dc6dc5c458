import { inspect } from "node:util";
import { AssertionError } from "./assertion_error.ts";

function requireOrder(
  holds: boolean,
  msg: string | undefined,
  values: readonly unknown[],
): void {
  if (holds) return;
  const [actual, sign, expected] = values;
  throw new AssertionError(
    msg ?? `Expect ${inspect(actual)} ${sign} ${inspect(expected)}`,
  );
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  requireOrder(actual > expected, msg, [actual, ">", expected]);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  requireOrder(actual >= expected, msg, [actual, ">=", expected]);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  requireOrder(actual < expected, msg, [actual, "<", expected]);
}
