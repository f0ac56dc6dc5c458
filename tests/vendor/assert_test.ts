// Expected values: the documented behaviour of @std/assert 1.x (jsr.io/@std/assert).
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  AssertionError,
  assertLess,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
} from "@std/assert";

/** The message with which `fn` fails. Does without assertThrows, which is itself under test. */
function failure(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
    throw error;
  }
  throw new Error("the assertion passed");
}

const circular = () => {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
};

const EQUAL: [string, unknown, unknown][] = [
  ["NaN", NaN, NaN],
  ["negative zero", 0, -0],
  ["negative zero inside", [0, { a: -0 }], [-0, { a: 0 }]],
  ["key order", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["shared symbol keys", { [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 1 }],
  ["no prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["dates", new Date(5), new Date(5)],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["patterns", /a/g, /a/g],
  ["addresses", new URL("http://a.test"), new URL("http://a.test/")],
  ["typed arrays", new Float32Array([1, NaN]), new Float32Array([1, NaN])],
  ["views of other buffers", new Uint8Array([9, 1, 2]).subarray(1), new Uint8Array([1, 2])],
  ["big integers", new BigUint64Array([1n]), new BigUint64Array([1n])],
  ["sets in any order", new Set([1, { a: 1 }]), new Set([{ a: 1 }, 1])],
  ["maps in any order", new Map([["a", 1], ["b", 2]]), new Map([["b", 2], ["a", 1]])],
  ["maps by deep key", new Map([[{ k: 1 }, [1]]]), new Map([[{ k: 1 }, [1]]])],
  ["circular values", circular(), circular()],
];

const DIFFERENT: [string, unknown, unknown][] = [
  ["values", 1, 2],
  ["types", 1, "1"],
  ["number and big integer", 1, 1n],
  ["null and undefined", null, undefined],
  ["null and object", null, {}],
  ["absent and undefined properties", { a: undefined }, {}],
  ["other undefined properties", { a: undefined }, { b: undefined }],
  ["lengths", [1, 2], [1]],
  ["array and object", [], {}],
  ["classes", new (class A {})(), new (class B {})()],
  ["typed array classes", new Uint8Array([1]), new Int8Array([1])],
  ["typed array and array", new Uint8Array([1]), [1]],
  ["typed array lengths", new Uint8Array([1]), new Uint8Array([1, 0])],
  ["dates", new Date(5), new Date(6)],
  ["pattern flags", /a/g, /a/],
  ["set members", new Set([1, 2]), new Set([1, 3])],
  ["set sizes", new Set([1]), new Set([1, 2])],
  ["map values", new Map([["a", 1]]), new Map([["a", 2]])],
  ["map keys", new Map([["a", undefined]]), new Map([["b", undefined]])],
  ["own symbols", { [Symbol("s")]: 1 }, { [Symbol("s")]: 1 }],
  ["error messages", { e: "x" }, { e: "y" }],
];

for (const [name, a, b] of EQUAL) {
  Deno.test(`equal: ${name}`, () => {
    assert(equal(a, b) && equal(b, a));
    assertEquals(a, b);
    failure(() => assertNotEquals(a, b));
  });
}

for (const [name, a, b] of DIFFERENT) {
  Deno.test(`equal: not ${name}`, () => {
    assertFalse(equal(a, b) || equal(b, a));
    assertNotEquals(a, b);
    failure(() => assertEquals(a, b));
  });
}

Deno.test("equal: weak collections cannot be compared", () => {
  assertThrows(() => equal(new WeakMap(), new WeakMap()), TypeError, "WeakMap");
  assertThrows(() => equal(new WeakSet(), new WeakSet()), TypeError, "WeakSet");
});

Deno.test("assertEquals: the message shows both sides and the caller's words", () => {
  const message = failure(() => assertEquals({ a: 1, b: "same" }, { a: 2, b: "same" }, "two maps"));
  assertStringIncludes(message, "two maps");
  assertMatch(message, /\+ +a: 1/);
  assertMatch(message, /- +a: 2/);
});

Deno.test("assertEquals: long typed arrays show the first difference only", () => {
  const wanted = new Float32Array(1000);
  const got = wanted.slice();
  got[700] = 0.5;
  assertStringIncludes(failure(() => assertEquals(got, wanted)), "[700]: 0.5 and 0");
});

Deno.test("assertStrictEquals tells zeros and equal objects apart", () => {
  assertStrictEquals(NaN, NaN);
  failure(() => assertStrictEquals(0, -0));
  failure(() => assertStrictEquals({ a: 1 }, { a: 1 }));
});

Deno.test("assertAlmostEquals: default tolerance is a ten-millionth of the expected value", () => {
  assertAlmostEquals(0.1, 0.10000000000000002);
  assertAlmostEquals(1e10 + 999, 1e10);
  assertAlmostEquals(0.1, 0.2, 0.15);
  assertAlmostEquals(NaN, NaN);
  assertAlmostEquals(Infinity, Infinity);
  failure(() => assertAlmostEquals(1e10 + 1001, 1e10));
  failure(() => assertAlmostEquals(0.1, 0.2));
  failure(() => assertAlmostEquals(NaN, 0, 1));
  failure(() => assertAlmostEquals(-Infinity, Infinity));
});

Deno.test("conditions", () => {
  assert(1);
  assertFalse("");
  assertStrictEquals(failure(() => assert(0, "why")), "why");
  failure(() => assertFalse("x"));
});

Deno.test("order", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(2, 2);
  assertLess("a", "b");
  assertStrictEquals(failure(() => assertGreater(1, 1)), "Expect 1 > 1");
  failure(() => assertGreaterOrEqual(1, 2));
  failure(() => assertLess(NaN, 1));
});

Deno.test("inclusion", () => {
  assertStringIncludes("house", "us");
  assertMatch("house", /^h/);
  failure(() => assertStringIncludes("house", "mouse"));
  failure(() => assertMatch("house", /x/));
});

Deno.test("assertThrows returns the error, typed by its class", () => {
  class CodeError extends Error {
    code = 7;
  }
  const boom = () => {
    throw new CodeError("it broke");
  };
  assertStrictEquals(assertThrows(boom, CodeError, "broke").code, 7);
  assert(assertThrows(boom) instanceof CodeError);
  assertThrows(boom, Error);
  assertStringIncludes(failure(() => assertThrows(boom, TypeError)), '"TypeError"');
  assertStringIncludes(failure(() => assertThrows(boom, Error, "melted")), '"melted"');
  assertStrictEquals(
    failure(() => assertThrows(() => 1, "never")),
    "Expected function to throw: never",
  );
  const throwText = () => {
    throw "text";
  };
  assertStrictEquals(assertThrows(throwText), "text");
  failure(() => assertThrows(throwText, Error));
});

Deno.test("assertRejects resolves to the reason, and does not take a throw for a rejection", async () => {
  const reject = () => Promise.reject(new RangeError("too far"));
  assertStrictEquals((await assertRejects(reject, RangeError, "far")).message, "too far");
  assert(await assertRejects(reject) instanceof RangeError);
  const throws = () => {
    throw new RangeError("at once");
  };
  for (
    const wrong of [
      () => assertRejects(() => Promise.resolve(1)),
      () => assertRejects(reject, TypeError),
      () => assertRejects(reject, RangeError, "near"),
      () => assertRejects(throws),
      () => assertRejects(() => Promise.reject("text"), Error),
    ]
  ) {
    await wrong().then(
      () => {
        throw new Error("the assertion passed");
      },
      (error) => assert(error instanceof AssertionError),
    );
  }
});
