/**
 * Error messages of failed commands: one line, in the program's own words.
 *
 * @module
 */

/** Whether listening failed because the port is in use. */
export function isAddressTaken(error: unknown): boolean {
  return error instanceof Deno.errors.AddrInUse ||
    (error instanceof Error && "code" in error && error.code === "EADDRINUSE");
}

/** Messages for the most common system errors. */
const SYSTEM_WORDS = [
  [Deno.errors.NotFound, "no such file or folder"],
  [Deno.errors.NotADirectory, "a part of its path is not a folder"],
  [Deno.errors.IsADirectory, "it is a folder"],
  [Deno.errors.FilesystemLoop, "a link in its path leads back to itself"],
  [Deno.errors.PermissionDenied, "the system does not allow it"],
] as const;

/** The reason for an error, without system codes where there is a message for it. */
export function reasonOf(error: unknown): string {
  for (const [kind, words] of SYSTEM_WORDS) if (error instanceof kind) return words;
  const message = error instanceof Error ? error.message : String(error);
  // Of /proc, /dev and the like; Deno's own advice is a flag that no task has.
  const kept = /^Requires all access to "(.+?)"/.exec(message)?.[1];
  if (kept !== undefined) return `Deno does not let a task use ${kept}; name another path`;
  return message.split("\n", 1)[0] || "unknown error";
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
