/**
 * A site whose pages are text, every fourth without any, and of which only so many are answered until
 * somebody opens the gate.
 *
 * @module
 */

const WORDS =
  "river mill grain valley market weather people talk stone water wheel bread winter road bridge"
    .split(" ");

/** A site that listens on loopback. */
export interface GatedSite extends AsyncDisposable {
  readonly origin: string;
  /** Answers the others too. */
  open(): void;
}

/** Serves pages 0 to `pages` - 1, the first links to all others; `free` of them are answered at once. */
export function gatedSite({ pages, free }: { pages: number; free: number }): GatedSite {
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const number = Number(new URL(request.url).pathname.slice(1));
    if (!Number.isInteger(number) || number >= pages) return new Response("", { status: 404 });
    if (asked++ >= free) await gate.promise;
    return new Response(pageOf(number, pages), { headers: { "content-type": "text/html" } });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    open: gate.resolve,
    async [Symbol.asyncDispose]() {
      gate.resolve();
      await server.shutdown();
    },
  };
}

/** Whether a page has text. */
export function hasText(number: number): boolean {
  return number % 4 !== 3;
}

function pageOf(number: number, pages: number): string {
  const links = number === 0
    ? Array.from({ length: pages }, (_, i) => `<a href="/${i}">${i}</a>`).join("")
    : "";
  const lines = Array.from({ length: 40 }, (_, line) => {
    const words = Array.from(
      { length: 12 },
      (_, i) => WORDS[(number * 7 + line * 5 + i * i * (number + 3)) % WORDS.length],
    );
    return `<p>Page ${number}, line ${line}: ${words.join(" ")}.</p>`;
  });
  const text = hasText(number) ? `<h1>Page ${number}</h1>${lines.join("")}` : "";
  return `<html><head><title>${number}</title></head><body><main>${text}</main>${links}</body></html>`;
}
