// deno-lint-ignore-file
import nodeAssert from "node:assert/strict";
export class AssertionError extends Error { override name = "AssertionError"; }
export function assert(expr: unknown, msg = ""): asserts expr { if (!expr) throw new AssertionError(msg); }
export function fail(msg?: string): never { throw new AssertionError(msg ?? "failed"); }
export function assertEquals<T>(a: T, e: T, msg?: string): void { nodeAssert.deepStrictEqual(a, e, msg); }
export function assertNotEquals<T>(a: T, e: T, msg?: string): void { nodeAssert.notDeepStrictEqual(a, e, msg); }
export function assertStrictEquals<T>(a: unknown, e: T, msg?: string): asserts a is T { nodeAssert.strictEqual(a, e, msg); }
export function assertExists<T>(a: T, msg?: string): asserts a is NonNullable<T> { assert(a !== null && a !== undefined, msg ?? "missing"); }
export function assertAlmostEquals(a: number, e: number, tol?: number, msg?: string): void {
  const t = tol ?? (Number.isFinite(e) ? Math.abs(e * 1e-7) : 1e-7);
  if (!Object.is(a, e) && !(Math.abs(a - e) <= t)) throw new AssertionError(msg ?? `${a} is not within ${t} of ${e}`);
}
export function assertStringIncludes(a: string, e: string, msg?: string): void { assert(a.includes(e), msg ?? `${JSON.stringify(a)} does not include ${JSON.stringify(e)}`); }
export function assertMatch(a: string, e: RegExp, msg?: string): void { assert(e.test(a), msg ?? `${JSON.stringify(a)} does not match ${e}`); }
export function assertGreater<T>(a: T, b: T, msg?: string): void { assert(a > b, msg ?? `${a} is not > ${b}`); }
export function assertGreaterOrEqual<T>(a: T, b: T, msg?: string): void { assert(a >= b, msg ?? `${a} is not >= ${b}`); }
export function assertLess<T>(a: T, b: T, msg?: string): void { assert(a < b, msg ?? `${a} is not < ${b}`); }
export function assertLessOrEqual<T>(a: T, b: T, msg?: string): void { assert(a <= b, msg ?? `${a} is not <= ${b}`); }
export function assertInstanceOf<T extends abstract new (...args: any[]) => any>(a: unknown, c: T, msg?: string): asserts a is InstanceType<T> { assert(a instanceof c, msg ?? `not an instance of ${c.name}`); }
function check(e: unknown, C?: unknown, inc?: string) {
  if (typeof C === "function" && !(e instanceof (C as new () => Error))) throw new AssertionError(`expected ${C.name}, got ${e}`);
  if (inc && !(e instanceof Error && e.message.includes(inc))) throw new AssertionError(`expected message with ${JSON.stringify(inc)}, got ${e}`);
}
export function assertThrows(fn: () => unknown, C?: any, inc?: string, _m?: string): any { let r: unknown, t = false; try { fn(); } catch (e) { t = true; r = e; } if (!t) throw new AssertionError("did not throw"); check(r, C, inc); return r; }
export async function assertRejects(fn: () => PromiseLike<unknown>, C?: any, inc?: string, _m?: string): Promise<any> { let r: unknown, t = false; try { await fn(); } catch (e) { t = true; r = e; } if (!t) throw new AssertionError("did not reject"); check(r, C, inc); return r; }
