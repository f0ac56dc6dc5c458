/**
 * Opens a file that the command line names.
 *
 * @module
 */
import { reasonOf } from "./failure.ts";
import { UsageError } from "./flags.ts";

/** Opens `path` for reading; a `UsageError` with the reason where that fails. */
export async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    const file = await Deno.open(path);
    if (!(await file.stat()).isDirectory) return file;
    file.close();
  } catch (cause) {
    throw new UsageError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  throw new UsageError(`Cannot read ${path}: it is a folder`);
}
