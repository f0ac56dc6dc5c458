import { join } from "node:path";

/** Bytes of the files under `path`; 0 where there is nothing. */
export async function sizeOf(path: string): Promise<number> {
  try {
    const { isDirectory, size } = await Deno.lstat(path);
    if (!isDirectory) return size;
    let sum = 0;
    for await (const { name } of Deno.readDir(path)) sum += await sizeOf(join(path, name));
    return sum;
  } catch (error) {
    // A run that goes on may remove what has just been listed.
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
