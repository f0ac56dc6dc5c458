/**
 * A server over the tiny reference model in a process of its own, and what its memory says.
 *
 * @module
 */

/** How the server is opened. */
export interface LoadJob {
  readonly workers: number;
  /** Memory for keys and values; what is left of a text is kept there, up to this. */
  readonly cacheBytes: number;
}

/** What the server holds when nothing runs and everything that can be has been collected. */
export interface ServerMemory {
  /** Of JavaScript's heap and the buffers beside it. */
  readonly liveBytes: number;
  /** Of the whole process. */
  readonly rssBytes: number;
  /** Of the cache, set aside for texts. */
  readonly cacheUsedBytes: number;
}

/** Under way until disposed. */
export interface LoadServer extends AsyncDisposable {
  readonly port: number;
  /** Settles when everybody has been answered, or has left. */
  memory(): Promise<ServerMemory>;
}

/** A server's memory after so many requests. */
export interface MemorySample extends ServerMemory {
  readonly requests: number;
}

/** What requests have done to a server's memory. */
export interface MemoryGrowth {
  readonly requests: number;
  /** Live bytes that each of them has left behind. */
  readonly liveBytesPerRequest: number;
  /** Resident memory in the end by that of the beginning. */
  readonly rssLastOverFirst: number;
  readonly isFlat: boolean;
}

/** V8's own accounts grow by some tens of bytes; a request that is not forgotten takes a thousand. */
const FLAT_BYTES = 512;
/** V8 gives the heap as much room for garbage as it likes. */
const FLAT_RSS = 1.15;

/**
 * Judges samples of a warm server, in order. Halves are compared by their least: what is still being
 * closed may add to any sample, and what is never forgotten adds to all of the second half.
 *
 * @throws {RangeError} when there are fewer than two samples
 */
export function judgeMemory(samples: readonly MemorySample[]): MemoryGrowth {
  const half = Math.floor(samples.length / 2);
  const [before, after] = [samples.slice(0, half), samples.slice(-half)];
  const [begin, middle, end] = [before[0], after[0], samples.at(-1)];
  if (!begin || !middle || !end) {
    throw new RangeError("Cannot judge memory by fewer than two samples");
  }
  const least = (key: "liveBytes" | "rssBytes", part: readonly MemorySample[]) =>
    Math.min(...part.map((sample) => sample[key]));
  const grown = least("liveBytes", after) - least("liveBytes", before);
  const liveBytesPerRequest = grown / (middle.requests - begin.requests);
  const rssLastOverFirst = least("rssBytes", after) / least("rssBytes", before);
  return {
    requests: end.requests - begin.requests,
    liveBytesPerRequest,
    rssLastOverFirst,
    isFlat: liveBytesPerRequest < FLAT_BYTES && rssLastOverFirst < FLAT_RSS,
  };
}

/** Opens the server. */
export async function openLoadServer(job: LoadJob): Promise<LoadServer> {
  const script = new URL("load_process.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--v8-flags=--expose-gc", "--allow-read", "--allow-write=kernels/build"],
      ...["--allow-net=127.0.0.1", "--allow-env=CI", script, JSON.stringify(job)],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = linesOf(process.stdout);
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("Cannot go on: the server's process has ended");
    return value;
  };
  const asking = process.stdin.getWriter();
  const port = Number(await next());
  return {
    port,
    async memory() {
      await asking.write(new TextEncoder().encode("\n"));
      return JSON.parse(await next());
    },
    async [Symbol.asyncDispose]() {
      await asking.close();
      await process.status;
      await lines.return();
    },
  };
}

async function* linesOf(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
