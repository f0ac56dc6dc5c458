/**
 * Compiles kernels/assembly, and what kernels/templates generates for it, to WebAssembly, in this
 * process, when the result is missing or stale.
 *
 * Each build is named by a hash over the sources, the compiler's version and the options, so a file
 * that exists is current; the compiler is loaded only when one is missing (about half a second).
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { generateSources } from "./templates/mod.ts";

/** The two builds: with fused multiply-add, and with 128-bit SIMD only. */
export type KernelBuild = "relaxed" | "plain";

const SOURCES = new URL("./assembly/", import.meta.url);
const BUILDS = new URL("./build/", import.meta.url);

const OPTIONS = [
  "--importMemory",
  "--sharedMemory",
  ...["--initialMemory", "2"],
  ...["--maximumMemory", "65536"],
  ...["--enable", "threads"],
  ...["--enable", "simd"],
  ...["--runtime", "stub"],
  // Above level 1 the optimizer moves loads past multiply-adds, whose spills cost the register tile a
  // third of its speed; V8 repeats every optimisation that matters.
  ...["--optimizeLevel", "1"],
  ...["--shrinkLevel", "0"],
  "--noAssert",
];

const EXTRA: Record<KernelBuild, readonly string[]> = {
  relaxed: ["--enable", "relaxed-simd"],
  plain: [],
};

/**
 * The bytes of both builds, compiled first where kernels/build lacks them.
 *
 * @throws {Error} with the compiler's diagnostics when a source does not compile
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { ensureKernels } from "./build.ts";
 * const { plain } = await ensureKernels();
 * assert(WebAssembly.validate(plain as BufferSource));
 * ```
 */
export async function ensureKernels(): Promise<Record<KernelBuild, Uint8Array>> {
  const sources = await readSources();
  const [relaxed, plain] = await Promise.all([
    ensureBuild("relaxed", sources),
    ensureBuild("plain", sources),
  ]);
  return { relaxed, plain };
}

/** Compiles one build from the sources on disk, even if it is already stored. */
export async function compileBuild(build: KernelBuild): Promise<Uint8Array> {
  return await compile(build, await readSources());
}

async function ensureBuild(
  build: KernelBuild,
  sources: ReadonlyMap<string, string>,
): Promise<Uint8Array> {
  const file = new URL(`${build}-${await fingerprint(build, sources)}.wasm`, BUILDS);
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const bytes = await compile(build, sources);
  await Deno.mkdir(BUILDS, { recursive: true });
  await write(file, bytes);
  for (const [path, text] of generateSources()) {
    await write(new URL(`../${path}`, BUILDS), new TextEncoder().encode(text));
  }
  return bytes;
}

/** Writes aside and renames: a second process sees a whole file or none. */
async function write(file: URL, bytes: Uint8Array): Promise<void> {
  const temporary = new URL(`${crypto.randomUUID()}.tmp`, BUILDS);
  await Deno.writeFile(temporary, bytes);
  await Deno.rename(temporary, file);
}

/** The text of every source by its path from kernels/. */
async function readSources(): Promise<Map<string, string>> {
  const sources = generateSources();
  for await (const { name } of Deno.readDir(SOURCES)) {
    sources.set(`assembly/${name}`, await Deno.readTextFile(new URL(name, SOURCES)));
  }
  return new Map([...sources].sort());
}

/** The first 16 hex digits of SHA-256 over everything that decides the output. */
async function fingerprint(
  build: KernelBuild,
  sources: ReadonlyMap<string, string>,
): Promise<string> {
  const inputs = [config.imports.assemblyscript, OPTIONS, EXTRA[build], [...sources]];
  const data = new TextEncoder().encode(JSON.stringify(inputs));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex().slice(0, 16);
}

async function compile(
  build: KernelBuild,
  sources: ReadonlyMap<string, string>,
): Promise<Uint8Array> {
  const asc = await import("assemblyscript/asc");
  let bytes: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ["assembly/index.ts", "--outFile", "kernels.wasm", ...OPTIONS, ...EXTRA[build]],
    {
      readFile: (name) => sources.get(name) ?? null,
      writeFile: (name, contents) => {
        if (name === "kernels.wasm" && typeof contents !== "string") bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !bytes) {
    throw new Error(`Cannot compile kernels (${build}): ${stderr.toString()}`, { cause: error });
  }
  return bytes;
}
