type TypedArray = Exclude<ReturnType<typeof asTypedArray>, undefined>;

/** `value` as a typed array, or undefined when it is something else. */
export function asTypedArray(value: unknown) {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? value as Float64Array | BigInt64Array
    : undefined;
}

/** Index of the first element that differs, or -1. NaN equals NaN; -0 equals 0. */
export function firstDifference(a: TypedArray, b: TypedArray): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i] && !(Number.isNaN(a[i]) && Number.isNaN(b[i]))) return i;
  }
  return -1;
}

/** An object without prototype counts as a plain object, as in the original. */
function constructorOf(value: object): unknown {
  return value.constructor ?? Object;
}

/** Every own enumerable property, symbols included. */
function ownKeys(value: object): PropertyKey[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}

/**
 * Whether two values are deeply equal: same constructors, same own enumerable properties (an absent
 * one is not an undefined one), sets and maps in any order with keys compared deeply, dates by
 * instant, NaN equal to NaN and -0 to 0. Circular values are followed.
 *
 * @throws {TypeError} for two WeakMaps or two WeakSets, which cannot be looked into
 */
export function equal(actual: unknown, expected: unknown): boolean {
  return compare(actual, expected, new Map());
}

function compare(a: unknown, b: unknown, seen: Map<object, object>): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return false;
  if (constructorOf(a) !== constructorOf(b)) return false;
  if (a instanceof Date && b instanceof Date) {
    return Object.is(a.getTime(), b.getTime());
  }
  if (
    (a instanceof RegExp && b instanceof RegExp) ||
    (a instanceof URL && b instanceof URL)
  ) {
    return String(a) === String(b);
  }
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`cannot compare ${a.constructor.name} instances`);
  }
  if (a instanceof WeakRef && b instanceof WeakRef) {
    return compare(a.deref(), b.deref(), seen);
  }
  const [x, y] = [asTypedArray(a), asTypedArray(b)];
  if (x && y) return x.length === y.length && firstDifference(x, y) < 0;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size &&
      matchEntries([...a].map((v) => [v, v]), b.entries(), seen);
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && matchEntries([...a], b.entries(), seen);
  }
  const keys = ownKeys(a);
  return keys.length === ownKeys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) &&
      compare(Reflect.get(a, key), Reflect.get(b, key), seen)
    );
}

type Entry = [key: unknown, value: unknown];

/** Whether each entry of `a` has its own equal in `b`, in any order. */
function matchEntries(
  a: Entry[],
  b: Iterable<Entry>,
  seen: Map<object, object>,
): boolean {
  const rest = new Map(b);
  return a.every(([key, value]) => {
    // A key that is found as it stands needs no search; only object keys have to be compared.
    const candidates = rest.has(key) ? [key] : rest.keys();
    for (const other of candidates) {
      if (compare(key, other, seen) && compare(value, rest.get(other), seen)) {
        return rest.delete(other);
      }
    }
    return false;
  });
}
