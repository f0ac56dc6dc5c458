/**
 * Identifies the program by a digest of the sources that affect results.
 *
 * @module
 */
import { createHash } from "node:crypto";
import project from "../deno.json" with { type: "json" };

/** The program's version, and one digest of its sources. */
export interface ProgramDigest {
  readonly version: string;
  /** SHA-256 over path and text of each source file, in the order of paths. */
  readonly sha256: string;
}

/** Folders of code that affects results, from the text of a page to the weights. */
const FOLDERS: readonly string[] = [
  "kernels/assembly",
  "kernels/templates",
  "model",
  "sample_site",
  "stages",
  "tokenizer",
  "workers",
];
/** Exact versions of packages, and the constants that kernels share. */
const FILES: readonly string[] = ["deno.lock", "kernels/sizes.ts"];

/** Reads the program's own sources. */
export async function digestProgram(): Promise<ProgramDigest> {
  const root = new URL("../", import.meta.url);
  const paths = [...FILES];
  const walk = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) await walk(`${folder}/${name}`);
      else if (/\.(?:ts|json)$/.test(name)) paths.push(`${folder}/${name}`);
    }
  };
  for (const folder of FOLDERS) await walk(folder);
  const hash = createHash("sha256");
  for (const path of paths.sort()) {
    hash.update(`${path}\0`).update(await Deno.readTextFile(new URL(path, root))).update("\0");
  }
  return { version: project.version, sha256: hash.digest("hex") };
}
