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

/** Thrown for the schema of a tool's arguments. */
export class ToolSchemaError extends SchemaError {
  /** The name that messages and stack traces begin with. */
  override name = "ToolSchemaError";
  /** Place of the tool among those that were given. */
  readonly tool: number;

  /** For tool number `tool`. */
  constructor(tool: number, cause: Error) {
    const reason = cause instanceof SchemaError ? cause.message : "the schema combines too much";
    super(reason, { cause });
    this.tool = tool;
  }
}
