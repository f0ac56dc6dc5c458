/**
 * Why a JSON schema is not taken.
 *
 * @module
 */

/** Thrown for a schema that cannot be held to, naming the place and the keyword. */
export class SchemaError extends Error {
  /** The name that messages and stack traces begin with. */
  override name = "SchemaError";
}
