/**
 * Fields of request bodies, with refusals in plain words: one sentence that names the field, what it
 * must be and what it is.
 *
 * @module
 */
import { z } from "zod";
import { ApiError } from "../api_error.ts";

/** A rule for every way in which a value can be wrong. */
function rule(error: string): { error: string } {
  return { error };
}

/** A number from `min` to `max`. */
export function numberFrom(min: number, max: number): z.ZodNumber {
  const stated = rule(`must be a number from ${min} to ${max}`);
  return z.number(stated).min(min, stated).max(max, stated);
}

/** An integer from `min` up, at most `max` where that is given. */
export function integerFrom(min: number, max = Number.MAX_SAFE_INTEGER): z.ZodNumber {
  const bound = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const stated = rule(`must be an integer ${bound}`);
  return z.number(stated).int(stated).min(min, stated).max(max, stated);
}

/** True or false. */
export function flag(): z.ZodBoolean {
  return z.boolean(rule("must be true or false"));
}

/** Any string. */
export function anyText(): z.ZodString {
  return z.string(rule("must be a string"));
}

/** An object of these fields and no others. */
export function fields<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: ({ code }) => code === "unrecognized_keys" ? undefined : "must be an object",
  });
}

/** Whether a value is a list of token ids, or an empty one. */
export function isIdList(value: unknown): value is number[] {
  return Array.isArray(value) && wrongIdAt(value) === -1;
}

/** The place of the first value in a list that is no token id; -1 where all are. */
export function wrongIdAt(values: readonly unknown[]): number {
  // Lists of ids are long, and a callback for each takes six times as long.
  for (let at = 0; at < values.length; at++) {
    const id = values[at];
    if (!(Number.isSafeInteger(id) && (id as number) >= 0)) return at;
  }
  return -1;
}

/** The text of parts that are nothing else. */
export function joined(parts: string | readonly { readonly text: string }[]): string {
  return typeof parts === "string" ? parts : parts.map(({ text }) => text).join("");
}

/** A field that is understood and, where it asks for anything but `values`, refused. */
export function only<const Values extends readonly (string | number | boolean)[]>(
  values: Values,
  error: string,
): z.ZodOptional<z.ZodNullable<z.ZodLiteral<Values[number]>>> {
  return z.literal(values, rule(error)).nullish();
}

/**
 * The fields of a request body, or of what is `within` a field of it.
 *
 * @throws {ApiError} 400, naming the field
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fields, integerFrom, parseBody } from "./request_fields.ts";
 * const schema = fields({ max_tokens: integerFrom(1) });
 * assertEquals(parseBody({ max_tokens: 3 }, schema), { max_tokens: 3 });
 * ```
 */
export function parseBody<Schema extends z.ZodType>(
  json: unknown,
  schema: Schema,
  within?: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw refusal(parsed.error.issues[0], { json, within });
  return parsed.data;
}

/** A refusal of field `param`. */
export function invalid(message: string, param: string | null): ApiError {
  return new ApiError(message, { status: 400, param });
}

/** Refuses texts that no encoding can carry: a half of a surrogate pair alone. */
export function refuseHalfPairs(json: unknown, path: readonly string[]): void {
  if (typeof json === "string") {
    if (json.isWellFormed()) return;
    const param = path.join(".") || null;
    throw invalid(`${param ?? "The request body"} holds half of a surrogate pair alone`, param);
  }
  if (typeof json !== "object" || json === null) return;
  if (Array.isArray(json) && json.every((value) => typeof value === "number")) return;
  for (const [key, value] of Object.entries(json)) {
    refuseHalfPairs(key, path);
    if (typeof value === "string" || typeof value === "object") {
      refuseHalfPairs(value, [...path, key]);
    }
  }
}

function refusal(
  issue: z.core.$ZodIssue | undefined,
  { json, within }: { json: unknown; within: string | undefined },
): ApiError {
  const [unknown] = issue?.code === "unrecognized_keys" ? issue.keys : [];
  const path = [...issue?.path ?? [], ...(unknown === undefined ? [] : [unknown])];
  const param = [...within === undefined ? [] : [within], ...path].join(".") || null;
  if (unknown !== undefined) return invalid(`Unrecognized request argument: ${param}`, param);
  const message = issue?.message ?? "is not valid";
  if (param === null) return invalid(`The request body ${message}`, null);
  const value = valueAt(json, path);
  if (value === undefined) return invalid(`${param} is required and ${message}`, param);
  return invalid(`${param} ${message}${message.startsWith("must") ? shown(value) : ""}`, param);
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => Object(value)[key], json);
}

/** What the value is, where that is short and not the client's text. */
function shown(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean" || value === null) {
    return `, not ${value}`;
  }
  if (Array.isArray(value)) return `, not an array of ${value.length}`;
  return typeof value === "object" ? ", not an object" : ", not this string";
}
