/**
 * One process at a time writes to a run folder.
 *
 * @module
 */
import { join } from "node:path";
import { reasonOf } from "./failure.ts";

/**
 * Locks the run folder `root` until disposed. The system frees the lock of a process that ends in
 * any way, so that a killed run never has to be unlocked by hand.
 *
 * @throws {Error} naming the process that holds the lock
 */
export async function lockRun(root: string): Promise<Disposable> {
  const path = join(root, "lock");
  const file = await openLock(path, root);
  if (!await file.tryLock(true)) {
    file.close();
    const holder = (await Deno.readTextFile(path)).trim() || "unknown";
    throw new Error(
      `Cannot use --run ${root}: process ${holder} is working in it; ` +
        `wait for it to end or choose another folder`,
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  // The file stays: removing it would let two processes lock two files of one name.
  return { [Symbol.dispose]: () => file.close() };
}

async function openLock(path: string, root: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, create: true });
  } catch (cause) {
    throw new Error(`Cannot use --run ${root}: it cannot be written to (${reasonOf(cause)})`, {
      cause,
    });
  }
}
