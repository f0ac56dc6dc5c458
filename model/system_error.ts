/**
 * The words for errors of the operating system.
 *
 * @module
 */

/** Messages for the most common ones. */
const WORDS = [
  [Deno.errors.NotFound, "no such file or folder"],
  [Deno.errors.NotADirectory, "a part of its path is not a folder"],
  [Deno.errors.IsADirectory, "it is a folder"],
  [Deno.errors.FilesystemLoop, "a link in its path leads back to itself"],
  [Deno.errors.PermissionDenied, "the system does not allow it"],
] as const;

/** The reason for an error in one line, without system codes. */
export function reasonOf(error: unknown): string {
  for (const [kind, words] of WORDS) if (error instanceof kind) return words;
  const message = error instanceof Error ? error.message : String(error);
  // Of /proc, /dev and the like; Deno's own advice is a flag that no task has.
  const kept = /^Requires all access to "(.+?)"/.exec(message)?.[1];
  if (kept !== undefined) return `Deno does not let a task use ${kept}; name another path`;
  // Deno ends with the code, the call and the path.
  const [line = ""] = message.split("\n", 1);
  return line.replace(/ \(os error \d+\)(: \w+ '.*)?$/, "") || "unknown error";
}

/** The failure to write `path`, for the reason that `cause` has. */
export function writeFailure(path: string, cause: unknown): Error {
  const isAbsent = cause instanceof Deno.errors.NotFound;
  // What is written at first has another name.
  const reason = isAbsent ? "its folder does not exist" : reasonOf(cause).replace(/\.new\b/, "");
  return new Error(`Cannot write ${path}: ${reason}`, { cause });
}
