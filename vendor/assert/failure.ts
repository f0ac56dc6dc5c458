import { AssertionError, suffix } from "./assertion_error.ts";

// Parameters of type never: every constructor is assignable, and none can be called by mistake.
type Constructor<T> = new (...args: never[]) => T;

/** Runs `fn`, expecting it to throw, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Runs `fn`, expecting an error of that class whose message includes `msgIncludes`. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  classOrMsg?: Constructor<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const wanted = expectation(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    checkFailure({ value: error, verb: "thrown" }, wanted);
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(wanted.msg)}`);
}

/** Runs `fn`, expecting its promise to reject, and resolves to the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Runs `fn`, expecting a rejection of that class whose message includes `msgIncludes`. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: Constructor<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const wanted = expectation(classOrMsg, msgIncludes, msg);
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (cause) {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(wanted.msg)}`,
      {
        cause,
      },
    );
  }
  try {
    await promise;
  } catch (error) {
    checkFailure({ value: error, verb: "rejected" }, wanted);
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(wanted.msg)}`);
}

interface Expectation<E extends Error> {
  ErrorClass: Constructor<E> | undefined;
  msgIncludes: string | undefined;
  msg: string | undefined;
}

function expectation<E extends Error>(
  classOrMsg: Constructor<E> | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): Expectation<E> {
  return typeof classOrMsg === "string"
    ? { ErrorClass: undefined, msgIncludes: undefined, msg: classOrMsg }
    : { ErrorClass: classOrMsg, msgIncludes, msg };
}

function checkFailure<E extends Error>(
  { value, verb }: { value: unknown; verb: "thrown" | "rejected" },
  { ErrorClass, msgIncludes, msg }: Expectation<E>,
): void {
  if (!ErrorClass) return;
  if (!(value instanceof Error)) {
    throw new AssertionError(`A non-Error object was ${verb}${suffix(msg)}`);
  }
  if (!(value instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was ` +
        `"${value.constructor.name}"${suffix(msg)}: ${value.message}`,
      { cause: value },
    );
  }
  if (value.message.includes(msgIncludes ?? "")) return;
  throw new AssertionError(
    `Expected error message to include ${JSON.stringify(msgIncludes)}, but got ${
      JSON.stringify(value.message)
    }${suffix(msg)}`,
    { cause: value },
  );
}
