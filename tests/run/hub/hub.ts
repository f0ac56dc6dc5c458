/** A hub on loopback with one model, and the faults that a hub may have. */
import { createHash } from "node:crypto";

/** What the hub does other than a good one. */
export interface HubFaults {
  /** Bytes after which a connection for weights breaks off, from where it began. */
  readonly breakAfter?: number;
  /** Added to announced sizes of weights. */
  readonly lieBytes?: number;
  /** Announces another digest for this file. */
  readonly lieDigest?: string;
  /** Names of further files. */
  readonly names?: readonly string[];
  /** Answers `Range` with the whole file. */
  readonly ignoreRange?: boolean;
  readonly commit?: string;
  /** Where weights really are. */
  readonly redirect?: string;
}

/** A request as it came. */
export interface Seen {
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** A running hub. */
export interface Hub extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
  faults: HubFaults;
}

/** Serves `files` as the model owner/model. */
export function openHub(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): Hub {
  const seen: Seen[] = [];
  const hub = { seen, faults: {} as HubFaults };
  const entry = ([path, bytes]: [string, Uint8Array]) => {
    const { lieBytes = 0, lieDigest } = hub.faults;
    const isWeights = path.endsWith(".safetensors");
    const size = bytes.length + (isWeights ? lieBytes : 0);
    const blob = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
    const content = createHash("sha256").update(bytes).digest("hex");
    const lie = (hex: string) => path === lieDigest ? hex.replace(/./g, "0") : hex;
    const lfs = isWeights && { lfs: { oid: lie(content), size, pointerSize: 134 } };
    return { type: "file", path, size: isWeights ? 134 : size, oid: lie(blob), ...lfs };
  };
  const tree = () => [
    { type: "directory", path: "onnx", size: 0, oid: COMMIT },
    ...Object.entries(files).map(entry),
    ...(hub.faults.names ?? []).map((path) => entry([path, new Uint8Array(1)])),
  ];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname, searchParams, origin } = new URL(request.url);
    const range = request.headers.get("range");
    seen.push({ path: pathname, range, authorization: request.headers.get("authorization") });
    const { commit = COMMIT, breakAfter, ignoreRange, redirect } = hub.faults;
    if (pathname.startsWith("/api/models/owner/model/revision/")) {
      return Response.json({ sha: commit });
    }
    if (pathname === `/api/models/owner/model/tree/${COMMIT}`) {
      // Two pages, as long listings have.
      const [all, page] = [tree(), Number(searchParams.get("page") ?? 0)];
      const half = Math.ceil(all.length / 2);
      const headers = { link: `<${origin}${pathname}?recursive=true&page=1>; rel="next"` };
      return Response.json(page ? all.slice(half) : all.slice(0, half), page ? {} : { headers });
    }
    const name = decodeURIComponent(pathname).split(`/resolve/${COMMIT}/`)[1] ?? "";
    const bytes = files[name];
    if (!bytes) return new Response("no", { status: 404 });
    const isWeights = name.endsWith(".safetensors");
    if (isWeights && redirect) return Response.redirect(`${redirect}${pathname}`);
    const from = ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const end = isWeights && breakAfter !== undefined ? from + breakAfter : bytes.length;
    const status = from > 0 ? 206 : 200;
    const headers = from > 0
      ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
      : undefined;
    return new Response(bytes.slice(from, end), { status, ...headers && { headers } });
  });
  return Object.assign(hub, {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}
