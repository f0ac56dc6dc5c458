/** Schemas of several parts and strings of a format, against ajv and zod. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { z } from "zod";
import { type Format, FORMAT_NAMES } from "../../../engine/constrained/formats.ts";
import { compileSchema } from "../../../engine/constrained/schema.ts";
import { SchemaError } from "../../../engine/constrained/schema_error.ts";
import { randomStream } from "../../../model/random.ts";

/** Texts of a schema's language, byte by byte at random; an end is taken where there is one. */
function textsOf(schema: unknown, count: number): string[] {
  const random = randomStream(5, { name: "texts" });
  let index = 0;
  const { languages, start } = compileSchema(schema);
  return Array.from({ length: count }, () => {
    const bytes: number[] = [];
    let state = start;
    while (!state.nullable) {
      languages.allowWork(1e6);
      const next = Array.from({ length: 256 }, (_, byte) => byte)
        .filter((byte) => languages.after(state, byte) !== languages.nothing);
      const byte = next[random.word(index++) % next.length] ?? NaN;
      bytes.push(byte);
      state = languages.after(state, byte);
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  });
}

function byAjv(format: "duration" | "hostname" | "ipv6"): z.ZodType {
  const expression = fullFormats[format];
  assert(expression instanceof RegExp);
  return z.string().regex(expression);
}

const ORACLES: Record<Format, z.ZodType> = {
  "date-time": z.iso.datetime({ offset: true }),
  date: z.iso.date(),
  time: z.string().refine((time) => !Number.isNaN(Date.parse(`2024-01-01T${time}`))),
  duration: z.iso.duration().and(byAjv("duration")),
  uuid: z.uuid(),
  email: z.email(),
  hostname: z.hostname().and(byAjv("hostname")),
  ipv4: z.ipv4(),
  ipv6: z.ipv6().and(byAjv("ipv6")),
};

for (const format of FORMAT_NAMES) {
  Deno.test(`strings of format ${format} are such, and differ`, () => {
    const texts = textsOf({ type: "string", format }, 100);
    for (const text of texts) {
      const { success } = ORACLES[format].safeParse(JSON.parse(text));
      assert(success, text);
    }
    assert(new Set(texts).size > 90);
  });
}

Deno.test("every day of a common year is a date, and no other is", () => {
  const { languages, start } = compileSchema({ format: "date" });
  languages.allowWork(1e7);
  const encoder = new TextEncoder();
  const isDate = (day: string) =>
    encoder.encode(`"${day}"`).reduce((state, byte) => languages.after(state, byte), start)
      .nullable;
  for (let month = 0; month <= 13; month++) {
    for (let day = 0; day <= 32; day++) {
      const text = `2023-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
      assertEquals(isDate(text), z.iso.date().safeParse(text).success, text);
    }
  }
});

const named = (kind: string, more: Record<string, unknown>) => ({
  type: "object",
  properties: { kind: { const: kind }, ...more },
  required: ["kind", ...Object.keys(more)],
  additionalProperties: false,
});
const short = { type: "string", maxLength: 3 };
const open = (more: Record<string, unknown>) => ({
  type: "object",
  properties: more,
  required: Object.keys(more),
});

const COMBINED: Record<string, unknown> = {
  "oneOf with a member that tells": {
    oneOf: [{ $ref: "#/$defs/cat" }, named("dog", { age: { type: "integer" } })],
    $defs: { cat: named("cat", { name: short }) },
  },
  "oneOf of types": { oneOf: [{ type: ["integer", "null"] }, short, { type: "boolean" }] },
  "oneOf of values": { oneOf: [{ enum: ["a", 1] }, { const: "b" }, { const: [1] }] },
  "allOf of one": {
    allOf: [{ $ref: "#/$defs/a" }],
    description: "as pydantic has it",
    $defs: { a: short },
  },
  "allOf of objects": {
    allOf: [open({ a: { type: "integer" } }), open({ b: short, a: { minimum: 3, maximum: 9 } })],
    properties: { c: { type: "null" } },
    type: "object",
  },
  "allOf of allOf and references": {
    allOf: [
      { allOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/b" }] },
      open({ d: { type: "null" } }),
    ],
    $defs: { a: open({ a: short }), b: open({ b: short, a: { minLength: 2 } }) },
  },
  "allOf of bounds": {
    type: "array",
    items: {
      allOf: [{ type: "number" }, { type: "integer", minimum: -4 }, {
        type: "integer",
        maximum: 4,
      }],
    },
    allOf: [{ type: "array", maxItems: 3 }, { type: "array", minItems: 1, maxItems: 5 }],
  },
  "allOf of multiples": {
    allOf: [{ type: "number", multipleOf: 0.75 }, { type: "integer", multipleOf: 2 }, {
      minimum: -40,
      exclusiveMaximum: 1000,
    }],
  },
  "allOf of tuples": {
    type: "array",
    minItems: 3,
    maxItems: 4,
    allOf: [
      { prefixItems: [short, { type: "integer" }, {}], items: { type: "null" } },
      { prefixItems: [{ type: "string", minLength: 2 }], items: { type: ["integer", "null"] } },
    ],
  },
  "allOf of named and other members": {
    type: "object",
    required: ["a", "b"],
    allOf: [
      { properties: { a: short }, additionalProperties: { type: "integer" } },
      { properties: { b: { minimum: 3 } }, additionalProperties: { type: ["string", "integer"] } },
    ],
  },
  "allOf of values": {
    allOf: [{ enum: ["a", "b", 1] }, { enum: ["b", 1, 2] }, { type: "string" }],
  },
  "allOf of a closed object": {
    allOf: [open({ a: short }), { ...open({ a: {} }), additionalProperties: false }],
    properties: { z: { type: "string" } },
  },
  "allOf that recurs": {
    $ref: "#/$defs/list",
    $defs: {
      node: open({ value: short }),
      list: {
        allOf: [{ $ref: "#/$defs/node" }],
        properties: { next: { anyOf: [{ type: "null" }, { $ref: "#/$defs/list" }] } },
        required: ["next"],
      },
    },
  },
};

for (const [name, schema] of Object.entries(COMBINED)) {
  Deno.test(`${name}: every text is valid by ajv`, () => {
    const ajv = new Ajv2020({ strict: false });
    const validate = ajv.compile(schema as object);
    for (const text of textsOf(schema, 40)) {
      assert(validate(JSON.parse(text)), `${text}: ${ajv.errorsText(validate.errors)}`);
    }
  });
}

const POOL: readonly (Record<string, unknown> | boolean)[] = [
  ...[true, false, { type: "integer", minimum: 2 }, { type: ["number", "null"] }, { const: 1 }],
  ...[{ const: { a: 1, b: 2 } }, { const: { b: 2, a: 1 } }, { enum: ["a", 1, null] }, short],
  ...[{ type: "string", minLength: 2 }, { pattern: "^[ab]{1,4}$" }, { type: "array", maxItems: 2 }],
  ...[{ type: "array", items: short }, { items: { type: "string", minLength: 1 } }],
  ...[open({ a: short }), open({ a: { const: "x" } }), open({ a: { const: "y" }, b: short })],
  ...[named("k", {}), { type: "object", additionalProperties: short }, { required: ["a"] }],
  ...[{ ...open({ a: true }), additionalProperties: false }, {
    properties: { a: { type: "null" } },
  }],
  ...[{ type: "object", additionalProperties: { type: "string", minLength: 1 } }, { maxLength: 1 }],
  ...[{ type: "number", minimum: -0.5, exclusiveMaximum: 7 }, { multipleOf: 0.5 }],
  ...[{ type: "integer", multipleOf: 6 }, { prefixItems: [short, { const: 1 }], minItems: 2 }],
  { ...open({ a: short }), additionalProperties: { type: "null" } },
];

Deno.test("whichever two schemas are combined, what is not refused is valid by ajv", () => {
  let combined = 0;
  for (const keyword of ["allOf", "oneOf"]) {
    for (const [i, one] of POOL.entries()) {
      for (const other of POOL.slice(i)) {
        const schema = { [keyword]: [one, other] };
        const validate = new Ajv2020({ strict: false }).compile(schema);
        try {
          compileSchema(schema);
        } catch (error) {
          assert(error instanceof SchemaError, String(error));
          continue;
        }
        combined++;
        for (const text of textsOf(schema, 2)) {
          assert(validate(JSON.parse(text)), `${text} by ${JSON.stringify(schema)}`);
        }
      }
    }
  }
  assert(combined > 100, `${combined} were combined`);
});

Deno.test("what cannot be combined is refused by name, whatever it refers to", () => {
  const doubling = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [
    `a${i}`,
    { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] },
  ]));
  const cases: [unknown, string][] = [
    [
      { oneOf: [{ type: "number" }, { type: "integer" }] },
      "branches 0 and 1 of oneOf may both hold",
    ],
    [{ oneOf: [open({ a: {} }), open({ b: {} })] }, "branches 0 and 1 of oneOf may both hold"],
    [{ oneOf: [{ properties: { a: { const: 1 } } }, { type: "string" }] }, "may both hold"],
    [{ oneOf: [{ const: 1 }, true] }, "may both hold"],
    [
      { oneOf: ["x", "y"].map((title) => ({ title, type: "object", required: ["toString"] })) },
      "branches 0 and 1 of oneOf may both hold",
    ],
    [{ allOf: [{ pattern: "a" }, { pattern: "b" }] }, "two of pattern in allOf are not supported"],
    [{ allOf: [{ multipleOf: 999999937 }, { multipleOf: 999999929 }] }, "no common multiple of 15"],
    [{ allOf: [{ type: "string" }, { type: "null" }] }, "no finite text can satisfy it"],
    [{ allOf: [{ const: 1 }, { const: 2 }] }, "no finite text can satisfy it"],
    [{ allOf: [{ $ref: "#" }, { type: "null" }] }, "refers to itself without end"],
    [{ allOf: [{ $ref: "#/$defs/a0" }, {}], $defs: { ...doubling, a30: {} } }, "too much work"],
    [{ oneOf: Array.from({ length: 900 }, (_, i) => ({ const: i })) }, "too much work"],
    [{
      allOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/b" }],
      $defs: {
        a: open({ n: { $ref: "#/$defs/a" } }),
        b: open({ n: { $ref: "#/$defs/b" } }),
      },
    }, "refers to itself without end"],
    [{
      oneOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/b" }],
      $defs: {
        a: open({ n: { $ref: "#/$defs/a" } }),
        b: open({ n: { $ref: "#/$defs/b" } }),
      },
    }, "refers to itself without end"],
  ];
  for (const [schema, message] of cases) {
    assertStringIncludes(assertThrows(() => compileSchema(schema), SchemaError).message, message);
  }
});
