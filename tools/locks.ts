/**
 * The lock files of the tasks, made of deno.lock: each names what its tasks load and nothing that
 * only tests and benches use, since Deno installs all that a lock file names. `deno task locks` writes
 * them.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** A lock file of Deno, version 5. */
interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { readonly dependencies?: readonly string[] }>>;
}

const ROOT = new URL("../", import.meta.url);
/** Where what tasks load is imported. */
const FOLDERS = (
  "cli commands dashboard engine evaluation kernels model pipeline run sample_site serve stages " +
  "tokenizer vendor workers"
).split(" ");
/** Loaded where an ONNX file runs, in megabytes. */
const ONNX = "onnxruntime-web";

/** Every lock file by its path in the project. */
export async function makeLocks(): Promise<Record<string, string>> {
  const lock: Lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT)));
  const imported = await importedPackages();
  const write = (names: ReadonlySet<string>) => format(select(lock, names));
  imported.delete(ONNX);
  return {
    "locks/core.lock": write(imported),
    "locks/onnx.lock": write(new Set([...imported, ONNX])),
  };
}

/** Names of the npm packages that sources import for more than their types. */
async function importedPackages(): Promise<Set<string>> {
  const targets = Object.entries<string>(config.imports);
  const names = new Set<string>();
  for (const folder of FOLDERS) {
    for await (const source of sources(new URL(`${folder}/`, ROOT))) {
      const text = await Deno.readTextFile(source);
      const found = text.matchAll(
        /(?:^(?:import|export) (?!type )[^;]*?from |^import |\bimport\(|import\.meta\.resolve\()"([^"./][^"]*)"/gm,
      );
      for (const [, specifier = ""] of found) {
        const [, target = specifier] = targets.find(([key]) =>
          specifier === key || specifier.startsWith(`${key}/`) ||
          (key.endsWith("/") && specifier.startsWith(key))
        ) ?? [];
        const [, name] = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@/.exec(target) ?? [];
        if (name !== undefined) {
          names.add(name);
        }
      }
    }
  }
  return names;
}

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

/** The part of a lock file that packages of these names need. */
function select(lock: Lock, names: ReadonlySet<string>): Lock {
  const specifiers = Object.entries(lock.specifiers)
    .filter(([specifier]) => names.has(/^npm:(.+)@/.exec(specifier)?.[1] ?? ""));
  const needed = new Set<string>();
  const need = (id: string) => {
    if (needed.has(id)) return;
    needed.add(id);
    for (const dependency of (lock.npm[id]?.dependencies ?? []).filter(isLoaded)) {
      need(idOf(dependency, lock));
    }
  };
  for (const [specifier, version] of specifiers) {
    need(`${specifier.slice("npm:".length, specifier.lastIndexOf("@"))}@${version}`);
  }
  const npm = Object.entries(lock.npm).filter(([id]) => needed.has(id));
  const versions = Map.groupBy(npm, ([id]) => nameOf(id));
  // A lock file leaves out the version of a dependency of which it has one.
  const shorten = (dependency: string) => {
    const name = nameOf(dependency);
    return versions.get(name)?.length === 1 ? name : dependency;
  };
  return {
    ...lock,
    specifiers: Object.fromEntries(specifiers),
    npm: Object.fromEntries(
      npm.map(([id, entry]) => [
        id,
        // In its place: Deno keeps the order.
        entry.dependencies
          ? { ...entry, dependencies: entry.dependencies.filter(isLoaded).map(shorten) }
          : entry,
      ]),
    ),
  };
}

/** Packages of nothing but types are for a compiler. */
const isLoaded = (dependency: string) => !dependency.startsWith("@types/");

/** As Deno writes it: systems stand in one line. */
function format(lock: Lock): string {
  return JSON.stringify(lock, null, 2).replace(
    /"(?:os|cpu)": \[[^\]]*\]/g,
    (list) => list.replace(/\[\s+/, "[").replace(/\s+\]/, "]").replace(/,\s+/g, ", "),
  ) + "\n";
}

const nameOf = (id: string) => /^(@?[^@]+)/.exec(id)?.[1] ?? id;

/** The whole id of a dependency, which is its name alone where a lock file has one version of it. */
function idOf(dependency: string, { npm }: Lock): string {
  if (Object.hasOwn(npm, dependency)) return dependency;
  const id = Object.keys(npm).find((id) => nameOf(id) === dependency);
  if (id === undefined) {
    throw new Error(`Cannot make the lock files: deno.lock has no ${dependency}`);
  }
  return id;
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await makeLocks())) {
    await Deno.writeTextFile(path, text);
  }
}
