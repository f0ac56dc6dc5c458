/**
 * Makes the folder that a run or a crawl is to be in.
 *
 * @module
 */
import { reasonOf } from "../cli/failure.ts";
import { UsageError } from "../cli/flags.ts";

/** Makes the folder `root`, which `flag` names; a `UsageError` where that cannot be. */
export async function makeFolder(root: string, { flag }: { flag: string }): Promise<void> {
  try {
    await Deno.mkdir(root, { recursive: true });
  } catch (cause) {
    const reason = `${reasonOf(cause)}; choose another folder`;
    throw new UsageError(`Cannot make --${flag} ${root}: ${reason}`, { cause });
  }
}
