import { AssertionError, suffix } from "./assertion_error.ts";

// Parameters of type never: every constructor is assignable, and none can be called by mistake.
type Constructor<T> = new (...args: never[]) => T;
type AbstractConstructor = abstract new (...args: never[]) => unknown;

/** Fails unless `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T extends AbstractConstructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was ` +
      `"${describe(actual)}"${suffix(msg)}`,
  );
}

/** Fails when `actual` is an instance of `unexpectedType`. */
export function assertNotInstanceOf<A, T>(
  actual: A,
  unexpectedType: abstract new (...args: never[]) => T,
  msg?: string,
): asserts actual is Exclude<A, T> {
  if (!(actual instanceof unexpectedType)) return;
  throw new AssertionError(
    `Expected object to not be an instance of "${unexpectedType.name}"${suffix(msg)}`,
  );
}

/** Fails unless `error` is an Error, of that class, whose message includes or matches. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: Constructor<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) {
    throw new AssertionError(
      `Expected "error" to be an Error object${suffix(msg)}`,
    );
  }
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was ` +
        `"${describe(error)}"${suffix(msg)}: ${error.message}`,
      { cause: error },
    );
  }
  const found = msgMatches instanceof RegExp
    ? msgMatches.test(error.message)
    : error.message.includes(msgMatches ?? "");
  if (!found) {
    throw new AssertionError(
      `Expected error message to include ${
        msgMatches instanceof RegExp ? msgMatches : JSON.stringify(msgMatches)
      }, but got ${JSON.stringify(error.message)}${suffix(msg)}`,
      { cause: error },
    );
  }
}

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
  assertIsError(value, ErrorClass, msgIncludes, msg);
}

/** The class of an object, else the kind of value. */
function describe(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : typeof value;
}
