/**
 * The `response_format` of a request: plain text, any JSON object, or JSON by a schema.
 *
 * @module
 */
import { z } from "zod";
import { anyText, fields, flag, invalid } from "./request_fields.ts";

const named = fields({
  name: z.string({ error: "must be a string" }).regex(/^[\w-]{1,64}$/, {
    error: "must be of 1 to 64 letters, digits, underscores and dashes",
  }),
  description: anyText().optional(),
  schema: z.record(z.string(), z.unknown(), { error: "must be a JSON schema: an object" })
    .optional(),
  // The answer always keeps to the schema.
  strict: flag().nullish(),
});

/** The field. */
export const RESPONSE_FORMAT = fields({
  type: z.enum(["text", "json_object", "json_schema"], {
    error: 'must be "text", "json_object" or "json_schema"',
  }),
  json_schema: named.optional(),
  schema: z.record(z.string(), z.unknown(), { error: "must be a JSON schema: an object" })
    .nullish().describe('with type "json_object", as llama.cpp takes it'),
});

/**
 * The JSON schema that the answer must keep to, if any.
 *
 * @throws {ApiError} 400 when the field contradicts itself
 */
export function readResponseFormat(
  format: z.infer<typeof RESPONSE_FORMAT> | null | undefined,
): Record<string, unknown> | undefined {
  const { type = "text", json_schema, schema } = format ?? {};
  const param = "response_format.json_schema";
  if (type !== "json_schema" && json_schema) {
    throw invalid(`${param} is only allowed with response_format.type "json_schema"`, param);
  }
  if (type !== "json_object" && schema) {
    const field = "response_format.schema";
    throw invalid(`${field} is only allowed with response_format.type "json_object"`, field);
  }
  if (type === "text") return undefined;
  if (type === "json_object") return schema ?? { type: "object" };
  if (!json_schema) throw invalid(`${param} is required with type "json_schema"`, param);
  return json_schema.schema ?? { type: "object" };
}
