/** A site on loopback whose pages link to one another, by number. */
import { prose } from "../../commands/corpus.ts";

/** Serves `/0` to `/(pages - 1)`, each with prose of its own and links to `linksOf(at)`. */
export function serveLinkedSite(
  { pages, linksOf }: { pages: number; linksOf: (at: number) => readonly number[] },
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const at = Number(new URL(url).pathname.slice(1));
    if (!(at < pages)) return new Response("none", { status: 404 });
    const links = linksOf(at).map((to) => `<a href="/${to}">next</a>`).join(" ");
    const html = `<title>Page ${at}</title><main><p>${prose(at)}</p></main>${links}`;
    return new Response(`<html>${html}</html>`, { headers: { "content-type": "text/html" } });
  });
}
