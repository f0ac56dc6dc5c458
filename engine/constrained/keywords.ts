/**
 * The keywords of JSON Schema (draft 2020-12) that are understood, and their types.
 *
 * @module
 */
import { z } from "zod";
import { hasDigits } from "./decimal.ts";
import { MAX_DIGITS } from "./decimals.ts";
import { FORMAT_NAMES } from "./formats.ts";
import { SchemaError } from "./schema_error.ts";

/** Types of JSON values. */
export const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"] as const;

/** A name in {@linkcode TYPES}. */
export type JsonType = typeof TYPES[number];

const type = z.enum(TYPES, { error: `must be one of ${TYPES.join(", ")}` });
const count = z.number({ error: "must be a number" })
  .int({ error: "must be an integer" }).min(0, { error: "must be at least 0" });
const bound = z.number({ error: "must be a number" });
const text = z.string({ error: "must be a string" });
const schemas = { error: "must be an array of schemas" };

/** Keywords that constrain, with what they hold; schemas within are looked at in their turn. */
const CONSTRAINTS = {
  $ref: text,
  type: z.union([type, z.array(type).min(1)], { error: `must be one of ${TYPES.join(", ")}` }),
  enum: z.array(z.unknown(), { error: "must be an array" })
    .min(1, { error: "must have an entry" }),
  const: z.unknown(),
  anyOf: z.array(z.unknown(), schemas).min(1, schemas),
  oneOf: z.array(z.unknown(), schemas).min(1, schemas),
  allOf: z.array(z.unknown(), schemas).min(1, schemas),
  properties: z.record(z.string(), z.unknown(), { error: "must be an object" }),
  required: z.array(text, { error: "must be an array of strings" }),
  additionalProperties: z.unknown(),
  items: z.unknown(),
  prefixItems: z.array(z.unknown(), schemas).min(1, schemas),
  minItems: count,
  maxItems: count,
  minLength: count,
  maxLength: count,
  pattern: text,
  format: z.enum(FORMAT_NAMES, { error: `must be one of ${FORMAT_NAMES.join(", ")}` }),
  minimum: bound,
  maximum: bound,
  exclusiveMinimum: bound,
  exclusiveMaximum: bound,
  multipleOf: bound.gt(0, { error: "must be more than 0" })
    .refine((value) => hasDigits(value, MAX_DIGITS), {
      error: `must have at most ${MAX_DIGITS} digits, and as many after the point`,
    }),
};

/** Keywords that say nothing about which values are valid. */
const NOTES: ReadonlySet<string> = new Set(
  [
    ..."title description default examples deprecated readOnly writeOnly".split(" "),
    ..."$schema $id $comment $defs definitions".split(" "),
  ],
);

const schema = z.object(CONSTRAINTS).partial();

/** A schema's constraints. */
export type Keywords = Readonly<z.infer<typeof schema>>;

/** Which type a constraint is about. */
const KEYWORD_TYPES = {
  properties: "object",
  required: "object",
  additionalProperties: "object",
  items: "array",
  prefixItems: "array",
  minItems: "array",
  maxItems: "array",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  format: "string",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
} as const;

/**
 * The constraints of a schema at `path`.
 *
 * @throws {SchemaError} naming the keyword that is not supported, or holds what it must not
 */
export function readKeywords(value: object, path: string): Keywords {
  const unknown = Object.keys(value).find((name) =>
    !NOTES.has(name) && !Object.hasOwn(CONSTRAINTS, name)
  );
  if (unknown !== undefined) throw new SchemaError(`${path}: ${unknown} is not supported`);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SchemaError(`${path}: ${issue?.path.join(".")} ${issue?.message}`);
}

/**
 * Makes sure that nothing stands beside `keyword` but `allowed`.
 *
 * @throws {SchemaError} naming what does
 */
export function standsAlone(
  keywords: Keywords,
  { keyword, allowed = [], path }: { keyword: string; allowed?: readonly string[]; path: string },
): void {
  const other = Object.keys(keywords).find((name) => name !== keyword && !allowed.includes(name));
  if (other === undefined) return;
  throw new SchemaError(`${path}: ${other} beside ${keyword} is not supported`);
}

/** Whether a value is of a type. */
export function isOfType(value: unknown, type: JsonType): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (value === null) return type === "null";
  return (Array.isArray(value) ? "array" : typeof value) === type;
}

const LIMITS = [
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
] as const;

/** Whether a schema says which numbers are valid, other than by type. */
export function isLimited(keywords: Keywords): boolean {
  return LIMITS.some((keyword) => keywords[keyword] !== undefined);
}

/** The types that a schema allows; nothing where it says nothing about them. */
export function typesOf(keywords: Keywords, path: string): readonly JsonType[] | undefined {
  if (keywords.type) return typeof keywords.type === "string" ? [keywords.type] : keywords.type;
  const implied = Object.entries(KEYWORD_TYPES).filter(([keyword]) => keyword in keywords);
  const types = TYPES.filter((type) => implied.some(([, implies]) => implies === type));
  if (types.length > 1) throw new SchemaError(`${path}: it needs a type`);
  return types.length === 0 ? undefined : types;
}

/** A name that may be written in two ways could come twice, the second time as another. */
export function refuseRespelled(names: readonly string[], path: string): void {
  const name = names.find((name) => /[\b\t\n\f\r]/.test(name));
  if (name === undefined) return;
  throw new SchemaError(
    `${path}: additionalProperties beside a member ${JSON.stringify(name)} is not supported, ` +
      `unless it is false`,
  );
}
