import { join } from "node:path";
import { randomStream } from "../../model/random.ts";

const WORDS =
  ("the people of this nation have seen in every year that peace and labor bring more " +
    "than war congress should therefore consider a law for roads schools harbors and honest money " +
    "our treaties were kept by friends abroad who trade with us fairly under one constitution")
    .split(" ");

/** Prose of a sort: the same for the same `index`, and another for each. */
export function prose(index: number, { words = 400 }: { words?: number | undefined } = {}): string {
  const random = randomStream(index, { name: "prose" });
  const sentences: string[] = [];
  for (let done = 0; done < words; done += 10) {
    const sentence = Array.from(
      { length: 10 },
      (_, i) => WORDS[random.word(done + i) % WORDS.length],
    );
    sentences.push(`Address ${index}: ${sentence.join(" ")}.`);
  }
  return sentences.join(" ");
}

/** Writes `count` text files into `folder`. */
export async function writeCorpus(folder: string, { count }: { count: number }): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    await Deno.writeTextFile(join(folder, `${String(i).padStart(3, "0")}.txt`), prose(i));
  }
}

/** A small web site in which page i links to page i + 1; a page can be held back. */
export interface ChainSite extends AsyncDisposable {
  readonly origin: string;
  /** Resolves once page `index` is asked for; its answer waits until `release`. */
  hold(index: number): { readonly asked: Promise<void>; release(): void };
}

/** Serves `pages` pages on loopback, on the same port all the time. */
export function serveChain({ pages, words }: { pages: number; words?: number }): ChainSite {
  const gates = new Map<number, { ask: () => void; open: Promise<void> }>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const index = Number(/^\/(\d+)$/.exec(new URL(request.url).pathname)?.[1] ?? NaN);
    if (!(index < pages)) return new Response("none", { status: 404 });
    const gate = gates.get(index);
    gate?.ask();
    await gate?.open;
    const next = index + 1 < pages ? `<a href="/${index + 1}">next</a>` : "";
    return new Response(
      `<html><head><title>Page ${index}</title></head><body><main><h1>Page ${index}</h1>` +
        `<p>${prose(index, { words })}</p></main>${next}</body></html>`,
      { headers: { "content-type": "text/html; charset=utf-8" } },
    );
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    hold(index) {
      const asked = Promise.withResolvers<void>();
      const open = Promise.withResolvers<void>();
      gates.set(index, { ask: asked.resolve, open: open.promise });
      return {
        asked: asked.promise,
        release() {
          gates.delete(index);
          open.resolve();
        },
      };
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
