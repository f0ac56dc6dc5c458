/**
 * Schemas that are several at once: `allOf` becomes one schema, and `oneOf` is `anyOf` where no value
 * can be valid by two of its branches.
 *
 * @module
 */
import { commonMultiple, hasDigits } from "./decimal.ts";
import { MAX_DIGITS } from "./decimals.ts";
import { isOfType, type JsonType, type Keywords, readKeywords } from "./keywords.ts";
import { SchemaError } from "./schema_error.ts";

/** Where the schemas stand. */
export interface CombineOptions {
  /** Follows a reference. */
  readonly resolve: (pointer: string) => unknown;
  readonly path: string;
  /** Schemas that may still be looked at, for all of one schema together. */
  readonly budget: { left: number };
  /** Schemas around these ones. */
  readonly depth?: number;
}

/** Keywords of which the larger value holds, and those of which the smaller one does. */
const LEAST = ["minItems", "minLength", "minimum", "exclusiveMinimum"] as const;
const MOST = ["maxItems", "maxLength", "maximum", "exclusiveMaximum"] as const;

/** Schemas within one another, beyond which they are taken for a circle. */
const MAX_DEPTH = 64;

/**
 * One schema that holds what all of `schemas` hold.
 *
 * @throws {SchemaError} naming what cannot be joined
 */
export function joinSchemas(
  schemas: readonly unknown[],
  options: CombineOptions,
): Keywords | boolean {
  let joined: Keywords = {};
  for (const part of schemas.map((schema) => target(schema, options))) {
    if (part === false) return false;
    if (part !== true) joined = joinTwo(joined, part, options.path);
  }
  return joined.enum?.length === 0 ? false : joined;
}

/** What a schema says, once its references are followed and its own `allOf` is joined. */
function target(schema: unknown, options: CombineOptions): Keywords | boolean {
  const { path, budget, depth = 0 } = options;
  if (depth > MAX_DEPTH) throw new SchemaError(`${path} refers to itself without end`);
  if (budget.left-- <= 0) throw new SchemaError(`${path}: it takes too much work to combine`);
  if (typeof schema === "boolean") return schema;
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) {
    throw new SchemaError(`${path}: a schema must be an object, true or false`);
  }
  const { allOf, ...keywords } = readKeywords(schema, path);
  const deeper = { ...options, depth: depth + 1 };
  if (allOf) return joinSchemas([keywords, ...allOf], deeper);
  if (keywords.$ref === undefined || Object.keys(keywords).length > 1) return keywords;
  return target(options.resolve(keywords.$ref), deeper);
}

function joinTwo(a: Keywords, b: Keywords, path: string): Keywords {
  const joined: Record<string, unknown> = { ...a, ...b };
  for (const name of Object.keys(b)) {
    const [one, other] = [Reflect.get(a, name), Reflect.get(b, name)];
    if (one === undefined || isSame(one, other)) continue;
    if (!JOINED.has(name)) {
      throw new SchemaError(`${path}: two of ${name} in allOf are not supported`);
    }
  }
  for (const name of LEAST) join(joined, name, [a[name], b[name]], Math.max);
  for (const name of MOST) join(joined, name, [a[name], b[name]], Math.min);
  if (a.multipleOf !== undefined && b.multipleOf !== undefined) {
    joined.multipleOf = multipleOfBoth(a.multipleOf, b.multipleOf, path);
  }
  if (a.items !== undefined && b.items !== undefined) joined.items = both(a.items, b.items);
  if (a.prefixItems || b.prefixItems) joined.prefixItems = joinPrefixes(a, b);
  if (a.type && b.type) joined.type = commonTypes(listOf(a.type), listOf(b.type));
  if (a.required && b.required) joined.required = [...new Set([...a.required, ...b.required])];
  if (a.properties || b.properties) joined.properties = joinProperties(a, b);
  const values = [listed(a), listed(b)].filter((list) => list !== undefined);
  if (values.length > 0) {
    delete joined.const;
    joined.enum = values.reduce((left, right) =>
      left.filter((value) => right.some((other) => isSame(value, other)))
    );
  }
  const more = [a.additionalProperties, b.additionalProperties]
    .filter((schema) => schema !== undefined && schema !== true);
  if (more.includes(false)) joined.additionalProperties = false;
  else if (more.length > 0) joined.additionalProperties = more.reduce(both);
  if (Array.isArray(joined.type) && joined.type.length === 0) return { enum: [] };
  return joined as Keywords;
}

const JOINED: ReadonlySet<string> = new Set<string>([
  ...[...LEAST, ...MOST, "items", "type", "required", "properties", "enum", "const"],
  ...["additionalProperties", "prefixItems", "multipleOf"],
]);

function join(
  joined: Record<string, unknown>,
  name: string,
  [a, b]: [number | undefined, number | undefined],
  pick: (a: number, b: number) => number,
): void {
  if (a !== undefined && b !== undefined) joined[name] = pick(a, b);
}

function multipleOfBoth(a: number, b: number, path: string): number {
  const multiple = commonMultiple(a, b);
  if (hasDigits(multiple, MAX_DIGITS)) return multiple;
  throw new SchemaError(
    `${path}: multipleOf ${a} and ${b} in allOf have no common multiple of ${MAX_DIGITS} digits`,
  );
}

/** The first items of both, each held to what either says of it by its place or else of all. */
function joinPrefixes(a: Keywords, b: Keywords): unknown[] {
  const length = Math.max(a.prefixItems?.length ?? 0, b.prefixItems?.length ?? 0);
  return Array.from({ length }, (_, i) => {
    const [one, other] = [a, b].map(({ prefixItems = [], items = true }) =>
      i < prefixItems.length ? prefixItems[i] : items
    );
    return both(one, other);
  });
}

/** Members of both, each held to what either says of it by name or else of additional ones. */
function joinProperties(a: Keywords, b: Keywords): Record<string, unknown> {
  const names = new Set([a, b].flatMap(({ properties = {} }) => Object.keys(properties)));
  const members: [string, unknown][] = [];
  for (const name of names) {
    const held = [a, b].map(({ properties = {}, additionalProperties: more = true }) =>
      Object.hasOwn(properties, name) ? properties[name] : more
    );
    const [one = true, other = true] = held.filter((schema) => schema !== true);
    if (!held.includes(false)) members.push([name, other === true ? one : both(one, other)]);
  }
  return Object.fromEntries(members);
}

function both(a: unknown, b: unknown): unknown {
  return isSame(a, b) ? a : { allOf: [a, b] };
}

/** Whether two values are the same JSON, in whatever order their members are written. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, inOrder) === JSON.stringify(b, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1));
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}

function listed(keywords: Keywords): readonly unknown[] | undefined {
  if (keywords.enum) return keywords.enum;
  return "const" in keywords ? [keywords.const] : undefined;
}

function commonTypes(a: readonly JsonType[], b: readonly JsonType[]): JsonType[] {
  const allows = (types: readonly JsonType[], type: JsonType) =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  return [...new Set([...a, ...b])].filter((type) => allows(a, type) && allows(b, type));
}

/**
 * Makes sure that no value is valid by two of `branches`: their types differ, or the values that they
 * list, or those of a member that both require.
 *
 * @throws {SchemaError} naming two that may both hold
 */
export function refuseOverlap(branches: readonly unknown[], options: CombineOptions): void {
  const { path } = options;
  const differ = (one: unknown, other: unknown, depth = 0): boolean => {
    const [a, b] = [target(one, { ...options, depth }), target(other, { ...options, depth })];
    if (a === false || b === false) return true;
    if (a === true || b === true) return false;
    const [types, otherTypes] = [typesOf(a), typesOf(b)];
    if (types && otherTypes && commonTypes(types, otherTypes).length === 0) return true;
    const [values, otherValues] = [listed(a), listed(b)];
    if (values && otherValues) {
      return !values.some((value) => otherValues.some((each) => isSame(value, each)));
    }
    if (types?.join() !== "object" || otherTypes?.join() !== "object") return false;
    const shared = (a.required ?? []).filter((name) => b.required?.includes(name));
    return shared.some((name) => differ(memberOf(a, name), memberOf(b, name), depth + 1));
  };
  for (const [i, one] of branches.entries()) {
    const j = branches.findIndex((other, j) => j > i && !differ(one, other));
    if (j >= 0) {
      throw new SchemaError(
        `${path}: branches ${i} and ${j} of oneOf may both hold; tell them apart by type, or by a ` +
          `const in a member that both require, or use anyOf`,
      );
    }
  }
}

function memberOf({ properties = {} }: Keywords, name: string): unknown {
  return Object.hasOwn(properties, name) ? properties[name] : true;
}

/** The types that a schema states, or those of the values that it lists. */
function typesOf(keywords: Keywords): readonly JsonType[] | undefined {
  if (keywords.type) return listOf(keywords.type);
  const values = listed(keywords);
  const types: JsonType[] = ["object", "array", "string", "number", "boolean", "null"];
  return values && types.filter((type) => values.some((value) => isOfType(value, type)));
}
