/**
 * A site on loopback with as many pages as are wanted, made as they are asked for.
 *
 * @module
 */

/** Three children and some neighbours a page, as a site's menus have. */
const NEIGHBOURS = 20;

/** Page `at` of a site of so many pages. */
export function pageOf(at: number, pages: number): string {
  const link = (to: number) => to < pages ? `<li><a href="/${to}">Page ${to}</a></li>` : "";
  const menu = Array.from({ length: NEIGHBOURS }, (_, i) => link(Math.max(0, at - i - 1))).join("");
  const text = Array.from(
    { length: 20 },
    (_, i) =>
      `<p>Paragraph ${i} of page ${at} says <b>more</b> than a few words, `.concat(
        "so that there is something to read and something to weigh. ".repeat(3),
        "</p>",
      ),
  ).join("");
  const next = [1, 2, 3].map((i) => link(3 * at + i)).join("");
  return `<!doctype html><html lang="en"><head><title>Page ${at}</title></head><body>` +
    `<nav><ul>${menu}</ul></nav><main><h1>Page ${at}</h1>${text}<ul>${next}</ul></main></body></html>`;
}

/** Serves pages `/0` to `/${pages - 1}`, each reached from the first. */
export function serveGenerated(pages: number) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const at = Number(new URL(url).pathname.slice(1));
    if (!(at < pages)) return new Response("not found", { status: 404 });
    return new Response(pageOf(at, pages), { headers: { "content-type": "text/html" } });
  });
  return {
    start: `http://127.0.0.1:${server.addr.port}/0`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
