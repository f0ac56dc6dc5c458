import { posix } from "node:path";

/** The project's TypeScript: text by path from the root, e.g. `stages/types.ts`. */
export type SourceTree = ReadonlyMap<string, string>;

/** Folders that hold nothing written by hand. */
const SKIPPED = new Set(["node_modules", "runs", "coverage", "kernels/build", "tests/fixtures"]);

/** Reads every .ts file under `root`; hidden folders are not looked into. */
export async function readSourceTree(root: URL): Promise<SourceTree> {
  const tree = new Map<string, string>();
  const walk = async (folder: string) => {
    for await (const entry of Deno.readDir(new URL(folder || ".", root))) {
      const path = folder + entry.name;
      if (entry.name.startsWith(".") || SKIPPED.has(path)) continue;
      if (entry.isDirectory) await walk(`${path}/`);
      else if (path.endsWith(".ts")) tree.set(path, await Deno.readTextFile(new URL(path, root)));
    }
  };
  await walk("");
  return tree;
}

/** A comment, or a piece of text in which `//` and `/*` mean nothing. */
const COMMENT_OR_STRING =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** The source without its comments. */
export function withoutComments(source: string): string {
  return source.replace(COMMENT_OR_STRING, (match) => match.startsWith("/") ? " " : match);
}

/** `import … from "x"`, `export … from "x"` or `import "x"` at the start of a statement. */
const STATIC_IMPORT = /^\s*(?:import|export)\b(?:[\s\w*{},$]*?\bfrom)?\s*(["'])(.+?)\1/gm;
/** `import("x")`, as an expression or as a type. */
const DYNAMIC_IMPORT = /\bimport\s*\(\s*(["'])(.+?)\1/g;
/** `new URL("./x.ts", import.meta.url)`, which starts a worker. */
const WORKER_URL = /\bnew URL\(\s*(["'])(.+?\.ts)\1\s*,\s*import\.meta\.url/g;

/** Every module specifier a source imports, in the order of the text within each form. */
export function findImports(source: string): string[] {
  return findSpecifiers(source, [STATIC_IMPORT, DYNAMIC_IMPORT]);
}

/** Every module that a source starts as a worker. */
export function findWorkers(source: string): string[] {
  return findSpecifiers(source, [WORKER_URL]);
}

function findSpecifiers(source: string, patterns: readonly RegExp[]): string[] {
  const text = withoutComments(source);
  return patterns.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), (match) => match[2] ?? "")
  );
}

/** One file's use of another file of the project. */
export interface Import {
  readonly from: string;
  readonly to: string;
  /** A worker is a program of its own: it may import what started it. */
  readonly isWorker: boolean;
}

/** Every import and worker between the project's own files. */
export function importsOf(tree: SourceTree): Import[] {
  return Array.from(tree).flatMap(([from, source]) => {
    const resolve = (isWorker: boolean) => (specifier: string): Import[] =>
      specifier.startsWith(".")
        ? [{ from, to: posix.join(posix.dirname(from), specifier), isWorker }]
        : [];
    return [
      ...findImports(source).flatMap(resolve(false)),
      ...findWorkers(source).flatMap(resolve(true)),
    ];
  });
}
