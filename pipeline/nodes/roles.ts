/**
 * The roles of a node, as the command line names them.
 *
 * @module
 */
import { type Role, ROLES } from "../../cluster/heartbeat.ts";
import { UsageError } from "../../cli/flags.ts";

/** The roles in `text`, with commas between them. @throws {UsageError} for a word that is none */
export function parseRoles(text: string): Role[] {
  const words = text.split(",").map((word) => word.trim()).filter(Boolean);
  const roles = ROLES.filter((role) => words.includes(role));
  const unknown = words.find((word) => !ROLES.some((role) => role === word));
  if (unknown === undefined && roles.length > 0) return roles;
  throw new UsageError(
    `Cannot use --roles ${text}: ${unknown ?? "nothing"} is no role; roles are ${ROLES.join(", ")}`,
  );
}
