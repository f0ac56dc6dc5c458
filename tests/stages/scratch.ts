/** Folders for tests, removed with all their contents when the test file has run. */

const root = Deno.makeTempDirSync();
addEventListener("unload", () => Deno.removeSync(root, { recursive: true }));

/** A new empty folder. */
export async function scratchDir(): Promise<string> {
  return await Deno.makeTempDir({ dir: root });
}
