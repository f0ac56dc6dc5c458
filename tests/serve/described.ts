/**
 * Checks answers by the API's own description.
 *
 * @module
 */
import { assert } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";

/** Fails where a value is not as `/openapi.json` describes the schema of that name. */
export async function describedBy(url: string): Promise<(name: string, value: unknown) => void> {
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: "api", ...document });
  return (name, value) => {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`);
    assert(validate, name);
    assert(
      validate(value),
      `${name}: ${JSON.stringify(validate.errors)}\n${JSON.stringify(value)}`,
    );
  };
}
