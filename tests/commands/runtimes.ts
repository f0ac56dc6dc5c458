/**
 * Other programs that run what is exported, too large to install for every test:
 *
 *     npm install --ignore-scripts --prefix DIR @huggingface/transformers@4.3.2 node-llama-cpp@3.22.1
 *     CLLM_RUNTIMES=DIR deno test --allow-read --allow-write --allow-net --allow-env --allow-run --allow-sys tests/commands/*_runtimes_test.ts tests/commands/gguf_words_test.ts
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { join } from "node:path";

/** Where they are installed. */
export const RUNTIMES = Deno.env.get("CLLM_RUNTIMES");

/** Runs a script in a folder that {@linkcode linkRuntimes} has prepared; its last line is JSON. */
export async function answersOf<T = string>(
  script: string,
  { folder, args }: { folder: string; args: readonly string[] },
): Promise<T[]> {
  const path = join(folder, "script.mjs");
  await Deno.writeTextFile(path, script);
  const { code, stdout, stderr } = await new Deno.Command("node", { args: [path, ...args] })
    .output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1) ?? "");
}

/** Makes the installed packages importable from `folder`. */
export const linkRuntimes = (folder: string) =>
  Deno.symlink(join(RUNTIMES ?? "", "node_modules"), join(folder, "node_modules"));
