/**
 * Brings a model from a hub into a folder of the cache, once: weights as safetensors, configuration,
 * tokenizer and chat templates.
 *
 * @module
 */
import { dirname, join, posix } from "node:path";
import { exists, readIfThere, replaceFile } from "../../model/durable.ts";
import { UsageError } from "../../cli/flags.ts";
import { DEFAULT_HUB, HubClient, type HubFile } from "./client.ts";
import { downloadFile } from "./download.ts";
import { parseHubName } from "./model_name.ts";

/** Files that this program reads; weights have one name or those of shards. */
const WANTED =
  /^(?:(?:generation_|tokenizer_)?config\.json|tokenizer\.json|chat_template\.jinja|additional_chat_templates\/[\w.-]+\.jinja|model\.safetensors(?:\.index\.json)?|model-\d{5}-of-\d{5}\.safetensors)$/;
const WEIGHTS = /\.safetensors$/;

/** Options of {@linkcode fetchModel}. */
export interface FetchOptions {
  /** Address of the hub; Hugging Face's by default. */
  readonly hub?: string | undefined;
  /** Folder of the cache; {@linkcode hubCache} by default. */
  readonly cache?: string;
  /** By default `HF_TOKEN` of the environment. */
  readonly token?: string | undefined;
  /** Told of each file before it is fetched. */
  readonly note?: (line: string) => void;
}

/**
 * The folder with the model `name`, `hf:OWNER/NAME[@REVISION]`. A name that was fetched before stays
 * what it was then, without the hub being asked.
 *
 * @throws {UsageError} when the name is none, or the model has no weights that can be read
 * @throws {Error} when the hub cannot be reached, or its files are not what it announces
 */
export async function fetchModel(name: string, options: FetchOptions = {}): Promise<string> {
  const { hub = DEFAULT_HUB, cache = hubCache(), note = () => {} } = options;
  const token = "token" in options ? options.token : Deno.env.get("HF_TOKEN") || undefined;
  const model = parseHubName(name);
  const root = join(cache, model.id.replace("/", "--"));
  const reference = join(root, "refs", encodeURIComponent(model.revision));
  const known = (await readIfThere(reference))?.trim();
  if (known !== undefined && /^[0-9a-f]{40}$/.test(known) && await exists(join(root, known))) {
    return join(root, known);
  }
  const client = new HubClient({ hub, model, token });
  const commit = await client.commit();
  const files = choose(await client.files(commit), name);
  const folder = join(root, commit);
  for (const file of files) {
    const path = join(folder, file.path);
    if (await exists(path)) continue;
    note(`${name}: ${file.path}, ${(file.size / 1e6).toFixed(1)} MB`);
    await Deno.mkdir(dirname(path), { recursive: true });
    await downloadFile({ client, commit, file, path });
  }
  await Deno.mkdir(dirname(reference), { recursive: true });
  await replaceFile(reference, `${commit}\n`);
  return folder;
}

/** Where models are kept: `cllm/hub` in the user's cache folder. */
function hubCache(): string {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? (home && join(home, ".cache"));
  if (!cache) throw new UsageError("Cannot keep a model of a hub: set HOME or XDG_CACHE_HOME");
  return join(cache, "cllm", "hub");
}

/** The files to fetch, weights last. */
function choose(files: readonly HubFile[], name: string): HubFile[] {
  for (const { path } of files) {
    const isWithin = posix.normalize(path) === path && !/^([/\\]|[A-Za-z]:)|[\\\0]/.test(path) &&
      !path.split("/").includes("..");
    if (isWithin) continue;
    throw new Error(
      `Cannot take ${name}: the hub names a file ${
        JSON.stringify(path.slice(0, 100))
      }, which would ` +
        "lie outside of the model's folder",
    );
  }
  const wanted = files.filter(({ path }) => WANTED.test(path));
  const single = wanted.some(({ path }) => path === "model.safetensors");
  const chosen = wanted.filter(({ path }) =>
    !single || !/^model[-.].*-of-|index\.json$/.test(path)
  );
  if (!chosen.some(({ path }) => WEIGHTS.test(path))) {
    throw new UsageError(
      `Cannot start from --init ${name}: it has no model.safetensors; choose a model that has its ` +
        "weights as safetensors",
    );
  }
  return chosen.sort((a, b) => Number(WEIGHTS.test(a.path)) - Number(WEIGHTS.test(b.path)));
}
