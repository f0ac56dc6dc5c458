/**
 * What this program asks of a hub: the commit of a revision, the files of a commit, and their bytes.
 * Answers are checked before anything is made of them.
 *
 * @module
 */
import { z } from "zod";
import { UsageError } from "../../cli/flags.ts";
import type { HubModel } from "./model_name.ts";

/** The hub unless `--hub` names another. */
export const DEFAULT_HUB = "https://huggingface.co";

/** This machine, to itself. */
const LOOPBACK = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/;
/** Largest answer but for files themselves, and most pages of a listing. */
const MAX_JSON_BYTES = 16 * 2 ** 20, MAX_PAGES = 100;

/** A file of a commit. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of the content, or where git keeps it, SHA-1 of git's blob. */
  readonly digest: { readonly algorithm: "sha256" | "git"; readonly hex: string };
}

const commitSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });
const size = z.int().nonnegative();
const treeSchema = z.array(z.object({
  type: z.string(),
  path: z.string(),
  size,
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size }).optional(),
}));

/** A hub, asked for one model. */
export class HubClient {
  readonly #hub: string;
  readonly #model: HubModel;
  readonly #token: string | undefined;

  /** @throws {UsageError} when `hub` is no address, or would get the token unencrypted */
  constructor({ hub, model, token }: {
    hub: string;
    model: HubModel;
    token: string | undefined;
  }) {
    const url = URL.parse(hub);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new UsageError(`Cannot use --hub ${hub}: it is no address of http or https`);
    }
    if (token !== undefined && url.protocol === "http:" && !LOOPBACK.test(url.hostname)) {
      throw new UsageError(
        `Cannot use --hub ${hub} with HF_TOKEN: the token would go over http; use https or unset it`,
      );
    }
    this.#hub = hub.replace(/\/+$/, "");
    this.#model = model;
    this.#token = token;
  }

  /** The commit that the model's revision is. */
  async commit(): Promise<string> {
    const { id, revision } = this.#model;
    const at = `/api/models/${id}/revision/${encodeURIComponent(revision)}`;
    return (await this.#json(`${this.#hub}${at}`, commitSchema)).value.sha;
  }

  /** Every file of a commit. */
  async files(commit: string): Promise<HubFile[]> {
    const files: HubFile[] = [];
    let at: string | undefined =
      `${this.#hub}/api/models/${this.#model.id}/tree/${commit}?recursive=true`;
    for (let page = 0; at !== undefined; page++) {
      if (page === MAX_PAGES) throw this.#error(`it lists more than ${MAX_PAGES} pages of files`);
      const { value, next }: { value: z.infer<typeof treeSchema>; next: string | undefined } =
        await this.#json(at, treeSchema);
      for (const { type, path, size, oid, lfs } of value) {
        if (type !== "file") continue;
        const digest = lfs
          ? { algorithm: "sha256" as const, hex: lfs.oid }
          : { algorithm: "git" as const, hex: oid };
        files.push({ path, size: lfs?.size ?? size, digest });
      }
      at = next;
    }
    return files;
  }

  /** The bytes of a file from byte `from` on. */
  async open(
    commit: string,
    { path, from }: { path: string; from: number },
  ): Promise<ReadableStream<Uint8Array>> {
    const name = path.split("/").map(encodeURIComponent).join("/");
    const at = `${this.#hub}/${this.#model.id}/resolve/${commit}/${name}`;
    const response = await this.#get(at, from > 0 ? { range: `bytes=${from}-` } : {});
    const begins = from === 0 || new RegExp(`^bytes ${from}-`).test(
      response.status === 206 ? response.headers.get("content-range") ?? "" : "",
    );
    if (begins && response.body) return response.body;
    await response.body?.cancel();
    throw this.#error(`it does not continue ${path} at byte ${from}`);
  }

  /** What is wrong with the hub's answer. */
  #error(reason: string): Error {
    return new Error(`Cannot take ${this.#model.id} from ${this.#hub}: ${reason}`);
  }

  async #json<T>(
    at: string,
    schema: z.ZodType<T>,
  ): Promise<{ value: T; next: string | undefined }> {
    const response = await this.#get(at, { accept: "application/json" });
    const text = await boundedText(response);
    if (text === undefined) throw this.#error(`an answer is longer than ${MAX_JSON_BYTES} bytes`);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw this.#error("an answer is not JSON");
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0] ?? { path: [], message: "it is broken" };
      throw this.#error(`an answer's ${path.join(".") || "form"} is not a hub's: ${message}`);
    }
    const [, link] = /<([^>]+)>;\s*rel="?next"?/.exec(response.headers.get("link") ?? "") ?? [];
    const next = link === undefined ? undefined : new URL(link, at);
    if (next && next.origin !== new URL(this.#hub).origin) {
      throw this.#error(`its listing goes on at another host, ${next.host}`);
    }
    return { value: parsed.data, next: next?.href };
  }

  async #get(at: string, headers: Record<string, string>): Promise<Response> {
    const authorization = this.#token === undefined
      ? undefined
      : { authorization: `Bearer ${this.#token}` };
    let response: Response;
    try {
      response = await fetch(at, { headers: { ...headers, ...authorization } });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
      throw new Error(this.#error(`it cannot be reached (${reason})`).message, { cause });
    }
    if (response.ok) return response;
    await response.body?.cancel();
    const hint = [401, 403, 404].includes(response.status)
      ? "; is the name right, and is HF_TOKEN set where the model is gated or private?"
      : "";
    throw this.#error(`it answers ${response.status}${hint}`);
  }
}

async function boundedText(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "", bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_JSON_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
