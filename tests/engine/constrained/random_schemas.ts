/**
 * Random JSON schemas, for tests that keep to them.
 *
 * @module
 */
import * as fc from "fast-check";

/** Schemas of the subset; names and texts are of any characters. */
export function schemas(): fc.Arbitrary<Record<string, unknown>> {
  const count = fc.integer({ min: 0, max: 3 });
  const range = fc.tuple(count, count).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  const name = fc.string({ unit: "binary", maxLength: 4 }).filter((name) => name !== "__proto__");
  // Ajv compares by calling these, which a value may have as members.
  const json = (maxDepth: number) =>
    fc.jsonValue({ maxDepth }).filter((value) =>
      !/"(toString|valueOf)"/.test(JSON.stringify(value))
    );
  const listed = fc.uniqueArray(json(1), { minLength: 1, maxLength: 4 });
  const { schema } = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom("integer", "number", "boolean", "null").map((type) => ({ type })),
      fc.tuple(fc.integer(), fc.nat()).map(([minimum, more]) => ({
        type: "integer",
        minimum,
        maximum: minimum + more,
      })),
      range.map(([minLength, maxLength]) => ({ type: "string", minLength, maxLength })),
      fc.constantFrom("^[a-f]{2,4}$", "\\d", '^(é|"|\\\\)+\\.$', "^[^a-z]?$", "^\\s\\w\\S\\D$|^x")
        .map((pattern) => ({ type: "string", pattern })),
      listed.map((values) => ({ enum: values })),
      json(2).map((value) => ({ const: value })),
      fc.tuple(tie("schema"), range).map(([items, [minItems, maxItems]]) => ({
        type: "array",
        items,
        minItems,
        maxItems,
      })),
      fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      fc.tuple(fc.dictionary(name, tie("schema"), { maxKeys: 4 }), fc.nat()).map((
        [properties, picked],
      ) => ({
        type: "object",
        properties,
        additionalProperties: false,
        required: Object.keys(properties).filter((_, i) => (picked >> i) & 1),
      })),
      fc.uniqueArray(fc.constantFrom("string", "null", "integer"), { minLength: 1 })
        .map((type) => ({ type, maxLength: 2 })),
    ),
  }));
  return schema;
}

/** Schemas of a tool's arguments: objects, the same ones each time. */
export function argumentSchemas(count: number): Record<string, unknown>[] {
  const members = fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), schemas(), { maxKeys: 4 });
  const object = fc.tuple(members, fc.nat()).map(([properties, picked]) => ({
    type: "object",
    properties,
    additionalProperties: false,
    required: Object.keys(properties).filter((_, i) => (picked >> i) & 1),
  }));
  return fc.sample(object, { numRuns: count, seed: 7 });
}
