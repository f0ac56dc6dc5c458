import { assert, assertEquals } from "@std/assert";
import { relative } from "node:path";
import { FILES, FOLDERS } from "../../run/program_digest.ts";

const ROOT = new URL("../../", import.meta.url);

/** What the task `compile` puts into the program besides the modules that main.ts imports. */
async function included(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return [...tasks.compile.command.matchAll(/--include (\S+)/g)].map(([, path]) => path);
}

/** Sources of the program below a folder. */
async function* sources(folder: string): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (name.endsWith(".ts")) yield new URL(path, ROOT);
  }
}

Deno.test("compile: whatever is opened by its place beside a module is in the program", async () => {
  const paths = new Set([...FOLDERS, ...FILES]);
  for (
    const folder of [
      ...[
        "cli",
        "commands",
        "dashboard",
        "engine",
        "evaluation",
        "kernels",
        "model",
        "pipeline",
        "run",
      ],
      ...["sample_site", "serve", "stages", "tokenizer", "workers"],
    ]
  ) {
    for await (const source of sources(folder)) {
      const text = await Deno.readTextFile(source);
      for (const [, place = ""] of text.matchAll(/new URL\(\s*"([^"]+)",\s*import\.meta\.url/g)) {
        const path = relative(ROOT.pathname, new URL(place, source).pathname);
        // The root itself is where FOLDERS and FILES are.
        if (path !== "") paths.add(path);
      }
      for (
        const [, name = ""] of text.matchAll(/import\.meta\.resolve\("([^"]+)\/package\.json"/g)
      ) {
        paths.add(`node_modules/${name}`);
      }
    }
  }
  assert(paths.size >= 10, [...paths].join());
  const parts = await included();
  for (const path of paths) {
    const isThere = parts.some((part) => path === part || path.startsWith(`${part}/`));
    assert(isThere, `deno task compile does not include ${path}`);
  }
});

Deno.test("compile: every module that a worker begins with has all it imports", async () => {
  const begun = /new Worker\(\s*new URL\(\s*"([^"]+)",\s*import\.meta\.url/g;
  const workers: string[] = [];
  for (const folder of ["engine", "serve", "stages", "workers"]) {
    for await (const source of sources(folder)) {
      const text = await Deno.readTextFile(source);
      for (const [, place = ""] of text.matchAll(begun)) {
        workers.push(new URL(place, source).pathname);
      }
    }
  }
  assert(workers.length >= 4, workers.join());
  for (const worker of workers) {
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", worker],
      cwd: ROOT.pathname,
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(code, 0);
    assertEquals(modules.filter(({ error }: { error?: string }) => error), [], worker);
  }
});
