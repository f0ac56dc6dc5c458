/**
 * Names of models on a hub: `hf:OWNER/NAME`, perhaps with `@` and a revision.
 *
 * @module
 */
import { UsageError } from "../../cli/flags.ts";

/** A model on a hub. */
export interface HubModel {
  /** `OWNER/NAME` */
  readonly id: string;
  /** A branch, tag or commit. */
  readonly revision: string;
}

const SCHEME = "hf:";
const PART = "[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?";
const NAME = new RegExp(`^${SCHEME}(${PART}/${PART})(?:@(${PART}(?:/${PART})*))?$`);

/** Whether a text is meant as the name of a model on a hub. */
export function isHubName(text: string): boolean {
  return text.startsWith(SCHEME);
}

/**
 * Reads such a name.
 *
 * @throws {UsageError} when it is none
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseHubName } from "./model_name.ts";
 * assertEquals(parseHubName("hf:owner/model@v1.0"), { id: "owner/model", revision: "v1.0" });
 * ```
 */
export function parseHubName(text: string): HubModel {
  const [, id, revision = "main"] = NAME.exec(text) ?? [];
  if (id === undefined || text.includes("..")) {
    throw new UsageError(
      `Cannot use --init ${text}: a model is hf:OWNER/NAME or hf:OWNER/NAME@REVISION`,
    );
  }
  return { id, revision };
}
