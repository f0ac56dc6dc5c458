import { join } from "node:path";

/** A file system of its own with little room; unmounted and removed when disposed. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Takes up all room but `bytes`. */
  leave(bytes: number): Promise<void>;
}

async function run(command: string, ...args: string[]): Promise<boolean> {
  const child = new Deno.Command(command, { args, stdout: "null", stderr: "null" });
  return (await child.output()).success;
}

/** A disk of `kib` KiB; undefined where this process may not mount one. */
export async function openSmallDisk(kib: number): Promise<SmallDisk | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return undefined;
  const path = await Deno.makeTempDir({ prefix: "cllm-small-" });
  if (!await run("mount", "-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", path)) {
    await Deno.remove(path);
    return undefined;
  }
  return {
    path,
    async leave(bytes) {
      const filler = join(path, "filler");
      using file = await Deno.open(filler, { write: true, create: true, truncate: true });
      const block = new Uint8Array(4096);
      try {
        for (;;) await file.write(block);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith("No space left"))) throw error;
      }
      const { size } = await file.stat();
      await file.truncate(Math.max(0, size - bytes));
    },
    async [Symbol.asyncDispose]() {
      await run("umount", "--lazy", path);
      await Deno.remove(path);
    },
  };
}

/** Whether tests on a small disk are skipped, which they are where none can be mounted. */
export async function isWithoutSmallDisk(): Promise<boolean> {
  await using disk = await openSmallDisk(64);
  return disk === undefined;
}
