// What the library says of itself: its doors are documented, and their examples can fail.
import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../deno.json" with { type: "json" };

/** A name that a module exports, as `deno doc --json` prints it. */
interface Exported {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: {
      readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
    };
  }[];
}

async function denoDoc(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", ...args],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
  }).output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

Deno.test("library: everything that the entries export is documented", async () => {
  const { code, out, err } = await denoDoc("--lint", ...Object.values(config.exports));
  const errors = `${out}${err}`.match(/^error\[.*?\]: .*\n.*$/gm) ?? [];
  assertEquals([code, errors.join("\n")], [0, ""]);
});

Deno.test("library: docs/library.md names each entry", async () => {
  const page = await Deno.readTextFile(new URL("../docs/library.md", import.meta.url));
  for (const entry of Object.keys(config.exports).filter((entry) => entry !== ".")) {
    assertMatch(page, new RegExp(`\`[^\`]*${entry.slice(1)}\``), entry);
  }
});

Deno.test("library: each function and class has an example that can fail", async () => {
  const { out } = await denoDoc("--json", "mod.ts");
  const modules: { symbols: Exported[] }[] = Object.values(JSON.parse(out).nodes);
  const wanted = modules.flatMap(({ symbols }) => symbols).flatMap(({ name, declarations }) =>
    declarations.filter(({ kind }) => kind === "function" || kind === "class")
      .map(({ jsDoc }) => ({ name, tags: jsDoc?.tags ?? [] }))
  );
  assert(wanted.some(({ name }) => name === "train"), "deno doc prints the names of mod.ts");
  const without = wanted.filter(({ tags }) =>
    !tags.some(({ kind, doc = "" }) => kind === "example" && /\bassert\w*\(/.test(doc))
  );
  assertEquals(without.map(({ name }) => name), []);
});
