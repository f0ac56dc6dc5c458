/**
 * References within a schema.
 *
 * @module
 */
import { SchemaError } from "./schema_error.ts";

/**
 * What a JSON pointer (RFC 6901), as a fragment, points to.
 *
 * @throws {SchemaError} when it is none, or points to nothing
 */
export function resolve(root: unknown, pointer: string): unknown {
  if (!/^#(\/|$)/.test(pointer)) {
    throw new SchemaError(`$ref ${pointer} is not supported: it must begin with #`);
  }
  const keys = pointer.split("/").slice(1).map((key) => {
    try {
      return decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
    } catch (cause) {
      throw new SchemaError(`$ref ${pointer} is no JSON pointer`, { cause });
    }
  });
  return keys.reduce<unknown>((value, key) => {
    if (typeof value === "object" && value !== null && Object.hasOwn(value, key)) {
      return Reflect.get(value, key);
    }
    throw new SchemaError(`$ref ${pointer} points to nothing`);
  }, root);
}
