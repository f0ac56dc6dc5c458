/**
 * Error messages of failed commands: one line, in the program's own words.
 *
 * @module
 */
import { reasonOf } from "../model/system_error.ts";

export { reasonOf };

/** Whether listening failed because the port is in use. */
export function isAddressTaken(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse ||
    (error instanceof Error && "code" in error && error.code === "EADDRINUSE");
}

/** One line: `Cannot <do> <item>: <reason>`, made up where the error itself has another form. */
export function explain(error: unknown, { command }: { command: string }): string {
  // When closing fails too, the first error is the reason.
  if (error instanceof SuppressedError) return explain(error.suppressed, { command });
  const message = error instanceof Error ? error.message.split("\n", 1)[0] ?? "" : "";
  return message.startsWith("Cannot ") ? message : `Cannot run ${command}: ${detailOf(error)}`;
}

function detailOf(error: unknown): string {
  const words = reasonOf(error);
  // Deno's messages end with the call and the path, of which only the path helps.
  const path = error instanceof Error ? /'([^']+)'[^']*$/.exec(error.message)?.[1] : undefined;
  return path !== undefined && !words.includes(path) ? `${path}: ${words}` : words;
}
