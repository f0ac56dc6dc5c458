/** Numbers within bounds and multiples, first items and other members, against ajv and exact arithmetic. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { randomStream } from "../../../model/random.ts";
import { type CompiledSchema, compileSchema } from "../../../engine/constrained/schema.ts";
import { SchemaError } from "../../../engine/constrained/schema_error.ts";

interface Limits {
  readonly type: "number" | "integer";
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

/** Says whether the language of a schema has a text. */
function language(schema: unknown): (text: string) => boolean {
  let compiled: CompiledSchema;
  try {
    compiled = compileSchema(schema);
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    assertStringIncludes(error.message, "no finite text can satisfy it");
    return () => false;
  }
  const { languages, start } = compiled;
  return (text) => {
    languages.allowWork(1e6);
    const bytes = new TextEncoder().encode(text);
    return bytes.reduce((state, byte) => languages.after(state, byte), start).nullable;
  };
}

function accepts(schema: unknown, text: string): boolean {
  return language(schema)(text);
}

/** A text of a schema's language: one of the next bytes at random, ends and quotes more often. */
function textOf(schema: unknown, seed: number): string {
  const random = randomStream(seed, { name: "text" });
  const { languages, start } = compileSchema(schema);
  languages.allowWork(1e7);
  const bytes: number[] = [];
  let state = start;
  for (let i = 0;; i++) {
    const next = Array.from({ length: 256 }, (_, byte) => byte)
      .filter((byte) => languages.after(state, byte) !== languages.nothing);
    assert(state.nullable || next.length > 0, `nothing follows ${String.fromCharCode(...bytes)}`);
    const isSoon = random.word(2 * i) % 4 === 0;
    if (state.nullable && (next.length === 0 || isSoon)) break;
    const byte = isSoon && next.includes(0x22)
      ? 0x22
      : next[random.word(2 * i + 1) % next.length] ?? NaN;
    bytes.push(byte);
    state = languages.after(state, byte);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** Digits and places of a decimal's text, by an expression of its own. */
function exact(text: string): [digits: bigint, places: number] {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  return [BigInt(`${whole}${fraction}`) * (sign ? -1n : 1n), fraction.length - Number(exponent)];
}

/** Whether one decimal is a multiple of another. */
function isMultiple(text: string, divisor: string): boolean {
  const [a, b] = [exact(text), exact(divisor)];
  const places = Math.max(a[1], b[1]);
  const [one = 0n, other = 1n] = [a, b].map(([digits, own]) =>
    digits * 10n ** BigInt(places - own)
  );
  return one % other === 0n;
}

/** What the keywords say of a text, read as JavaScript reads it, and of its digits for multiples. */
function validity({ multipleOf, ...bounds }: Limits): (text: string) => boolean {
  const isWithin = new Ajv2020().compile(bounds);
  return (text) =>
    isWithin(JSON.parse(text)) &&
    (multipleOf === undefined || isMultiple(text, String(multipleOf)));
}

const bound = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    0.1,
    -0.1,
    1e-7,
    -1e-7,
    1e21,
    -1e21,
    1e-300,
    0.1 + 0.2,
    999.995,
    1e15,
    5e-324,
  ),
  fc.integer({ min: -1200, max: 1200 }),
  fc.tuple(fc.integer({ min: -99999, max: 99999 }), fc.integer({ min: 0, max: 9 }))
    .map(([digits, places]) => Number(`${digits}e-${places}`)),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const divisor = fc.oneof(
  fc.constantFrom(1, 2, 3, 7, 12, 999999937, 0.01, 0.5, 2.5, 0.07, 0.3, 1.25, 1e-15, 1e9),
  fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 0, max: 6 }))
    .map(([digits, places]) => Number(`${digits}e-${places}`)),
);
const limits: fc.Arbitrary<Limits> = fc.record({
  type: fc.constantFrom("number", "integer"),
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: divisor,
}, { requiredKeys: ["type"] }).map(({ type, ...rest }) => {
  // Mostly two bounds, in their order; else hardly anything would be between them.
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = rest;
  const [low, high] = [minimum ?? exclusiveMinimum, maximum ?? exclusiveMaximum];
  const swap = low !== undefined && high !== undefined && low > high;
  return {
    type,
    ...((swap ? high : low) !== undefined &&
      { [minimum === undefined ? "exclusiveMinimum" : "minimum"]: swap ? high : low }),
    ...((swap ? low : high) !== undefined &&
      { [maximum === undefined ? "exclusiveMaximum" : "maximum"]: swap ? low : high }),
    ...(multipleOf !== undefined && { multipleOf }),
  };
});
Deno.test("every number of a range's or a multiple's language is in it", () => {
  let walked = 0;
  fc.assert(
    fc.property(limits, fc.nat(), (schema, seed) => {
      let text: string;
      try {
        text = textOf(schema, seed);
      } catch (error) {
        assert(error instanceof SchemaError, String(error));
        assertStringIncludes(error.message, "no finite text can satisfy it");
        return;
      }
      walked++;
      assert(validity(schema)(text), text);
    }),
    { numRuns: 400 },
  );
  assert(walked > 200, `${walked} had a text`);
});

Deno.test("every number of 15 digits that is valid is in the language, near the bounds too", () => {
  let valid = 0;
  const drawn = fc.oneof(bound, fc.double({ min: -20, max: 20, noNaN: true }));
  fc.assert(
    fc.property(limits, drawn, fc.nat({ max: 14 }), (schema, value, places) => {
      const [isValid, isTaken] = [validity(schema), language(schema)];
      const nearby = [value, ...Object.values(schema).filter((each) => typeof each === "number")];
      for (const near of nearby) {
        const unit = 10 ** -places;
        for (const each of [near - unit, near, near + unit, -near]) {
          const text = each.toFixed(schema.type === "integer" ? 0 : places);
          const digits = text.replace(/^-?(0\.)?/, "").replace(".", "");
          if (!/^\d{1,15}$/.test(digits)) continue;
          const expected = isValid(text);
          if (expected) valid++;
          assertEquals(isTaken(text), expected, text);
        }
      }
    }),
    { numRuns: 300 },
  );
  assert(valid > 300, `${valid} were valid`);
});

Deno.test("ajv finds the multiples of fractions to be such, within its precision", () => {
  // It divides doubles, and 0.07 / 0.01 is 7.000000000000001; exact arithmetic has been asked above.
  const ajv = new Ajv2020({ multipleOfPrecision: 6 });
  fc.assert(fc.property(divisor, fc.nat(), (multipleOf, seed) => {
    const maximum = Math.min(multipleOf * 1e8, 1e14);
    const schema = { type: "number", multipleOf, minimum: -maximum, maximum };
    const text = textOf(schema, seed);
    assert(ajv.compile(schema)(JSON.parse(text)), text);
  }));
  const price = { type: "number", multipleOf: 0.01, minimum: 0, exclusiveMaximum: 1 };
  for (const text of ["0.07", "0.070", "0", "0.0", "-0", "0.99"]) {
    assert(accepts(price, text), text);
  }
  for (const text of ["0.071", "1", "0.", "00.1", ".5", "1e-2"]) {
    assert(!accepts(price, text), text);
  }
});

Deno.test("bounds that leave no number, or one, leave no text, or that one", () => {
  const none: Omit<Limits, "type">[] = [
    { minimum: 1, maximum: 0 },
    { exclusiveMinimum: 0, exclusiveMaximum: 0 },
    { minimum: 0.1, exclusiveMaximum: 0.1 },
    { exclusiveMinimum: 0, maximum: 1e-300 },
    { minimum: 1e21 },
    { minimum: 1, maximum: 6, multipleOf: 7 },
    { exclusiveMinimum: -0, maximum: 0 },
    { exclusiveMinimum: 0, maximum: 0.5, multipleOf: 999999937 },
  ];
  for (const each of none) {
    for (const type of ["number", "integer"]) {
      assertThrows(() => compileSchema({ type, ...each }), SchemaError, "no finite text");
    }
  }
  const one = { type: "number", minimum: -0.1, maximum: -0.1 };
  assertEquals(["-0.1", "-0.10", "0.1", "-0.2"].map((text) => accepts(one, text)), [
    ...[true, true, false, false],
  ]);
  assertEquals(
    accepts({ type: "integer", minimum: 999999937, multipleOf: 999999937 }, "999999937"),
    true,
  );
});

Deno.test("divisors that are none, or of too many digits, are refused", () => {
  const cases: [value: unknown, message: string][] = [
    [0, "#: multipleOf must be more than 0"],
    [-1, "#: multipleOf must be more than 0"],
    [JSON.parse("1e999"), "#: multipleOf must be a number"],
    [1e-300, "#: multipleOf must have at most 15 digits"],
    [1e16, "#: multipleOf must have at most 15 digits"],
    [0.1 + 0.2, "#: multipleOf must have at most 15 digits"],
    ["2", "#: multipleOf must be a number"],
  ];
  for (const [multipleOf, message] of cases) {
    assertThrows(() => compileSchema({ type: "number", multipleOf }), SchemaError, message);
  }
  const endless = { type: "number", minimum: JSON.parse("-1e999") };
  assertThrows(() => compileSchema(endless), SchemaError, "#: minimum must be a number");
});

Deno.test("many bounds of many digits stay within the limits of what is kept", () => {
  const bounds = Array.from({ length: 1000 }, (_, i) => ({ minimum: 123456.123456789 + i }));
  for (const schema of [{ prefixItems: bounds }, { anyOf: bounds }]) {
    const { languages } = compileSchema(schema);
    assert(languages.size < 100_000, `${languages.size} are kept`);
  }
  const numbers = compileSchema({ type: "number", multipleOf: 999999937 });
  assert(numbers.languages.size < 5000, `${numbers.languages.size} are kept`);
});

const short = { type: "string", maxLength: 2 };
const TUPLES: Record<string, { schema: object; valid: string[]; invalid: string[] }> = {
  "first items and others": {
    schema: { type: "array", prefixItems: [short, { type: "integer" }], items: { type: "null" } },
    valid: ["[]", '["a"]', '["a",1]', '["a", 1, null,null]'],
    invalid: ["[1]", '["a",null]', '["a",1,2]', '["a",]', "[,1]"],
  },
  "first items alone": {
    schema: { prefixItems: [short, { type: "integer" }], items: false, minItems: 1 },
    valid: ['["a"]', '["a",1]'],
    invalid: ["[]", '["a",1,1]'],
  },
  "fewer than the first items": {
    schema: { type: "array", prefixItems: [{ const: 1 }, { const: 2 }, { const: 3 }], maxItems: 2 },
    valid: ["[]", "[1]", "[1,2]"],
    invalid: ["[1,2,3]", "[2]"],
  },
  "more than the first items": {
    schema: { prefixItems: [{ const: 1 }], items: { const: 0 }, minItems: 3, maxItems: 4 },
    valid: ["[1,0,0]", "[1,0,0,0]"],
    invalid: ["[1,0]", "[1,0,0,0,0]", "[0,0,0]"],
  },
  "an item that cannot be": {
    schema: { type: "array", prefixItems: [{ const: 1 }, false] },
    valid: ["[]", "[1]"],
    invalid: ["[1,1]", "[1,"],
  },
  "other members": {
    schema: {
      type: "object",
      properties: { a: short, 'é"': { const: 1 }, ab: { type: "null" } },
      required: ["a"],
      additionalProperties: { type: "integer" },
    },
    valid: ['{"a":"x"}', '{"a":"x","b":1}', '{"a":"x","é\\"":1,"ab":null,"abc":7, "":0,"é":2}'],
    invalid: ['{"b":1}', '{"a":1}', '{"a":"x","b":"x"}', '{"a":"x","é\\"":2}', '{"a":"x","ab":7}'],
  },
};

for (const [name, { schema, valid, invalid }] of Object.entries(TUPLES)) {
  Deno.test(`${name}: what is taken is what ajv takes`, () => {
    const validate = new Ajv2020({ strict: false }).compile(schema);
    for (const text of valid) assert(accepts(schema, text) && validate(JSON.parse(text)), text);
    for (const text of invalid) assert(!accepts(schema, text), text);
    fc.assert(fc.property(fc.nat(), (seed) => {
      const text = textOf(schema, seed);
      assert(validate(JSON.parse(text)), text);
    }));
  });
}
