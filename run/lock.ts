/**
 * Locks a run folder, so that only one process at a time writes to it.
 *
 * @module
 */
import { join } from "node:path";
import { exists } from "../model/durable.ts";
import { reasonOf } from "../cli/failure.ts";

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
    throw await heldError(path, root);
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  // The file stays: removing it would let two processes lock two files of one name. It is
  // emptied, so that a later reader's lock is not attributed to this process.
  return {
    [Symbol.dispose]() {
      file.truncateSync();
      file.close();
    },
  };
}

/**
 * Keeps others from writing to the run folder `root` until disposed, without changing it; any number of
 * readers may do so at once. Without a lock file, no process has ever written to it.
 *
 * @throws {Error} naming the writing process
 */
export async function lockForReading(root: string): Promise<Disposable> {
  const path = join(root, "lock");
  if (!await exists(path)) return { [Symbol.dispose]() {} };
  const file = await Deno.open(path);
  if (await file.tryLock(false)) return { [Symbol.dispose]: () => file.close() };
  file.close();
  throw await heldError(path, root);
}

async function heldError(path: string, root: string): Promise<Error> {
  const holder = (await Deno.readTextFile(path)).trim();
  const who = holder === "" ? "another process reads" : `process ${holder} is working in`;
  return new Error(
    `Cannot use --run ${root}: ${who} it; wait for it to end or choose another folder`,
  );
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
