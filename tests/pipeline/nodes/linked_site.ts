/** A site on loopback whose pages link to one another, by number. */
import { prose } from "../../commands/corpus.ts";

/**
 * Serves `/0` to `/(pages - 1)`, each with prose of its own and links to `linksOf(at)`; an answer waits
 * for what is done `before` it.
 */
export function serveLinkedSite(
  { pages, linksOf, before = () => {} }: {
    pages: number;
    linksOf: (at: number) => readonly number[];
    before?: (at: number) => Promise<void> | void;
  },
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const at = Number(new URL(url).pathname.slice(1));
    if (!(at < pages)) return new Response("none", { status: 404 });
    await before(at);
    const links = linksOf(at).map((to) => `<a href="/${to}">next</a>`).join(" ");
    const html = `<title>Page ${at}</title><main><p>${prose(at)}</p></main>${links}`;
    return new Response(`<html>${html}</html>`, { headers: { "content-type": "text/html" } });
  });
}
