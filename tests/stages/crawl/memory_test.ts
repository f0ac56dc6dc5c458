import { assertEquals, assertLess } from "@std/assert";

const PAGES = 5000;
/** Where what lives is weighed: early, when all code is warm, and late. */
const EARLY = [1000, 1100, 1200, 1300, 1400, 1500, 1600];
const LATE = EARLY.map((page) => page + 3400);
/** An address kept by mistake takes 90. */
const MOST_BYTES_A_PAGE = 50;

/** Small pages, each with three children and an ETag of its own. */
function serveTree(pages: number) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const at = Number(new URL(url).pathname.slice(1));
    if (!(at < pages)) return new Response("not found", { status: 404 });
    const links = [1, 2, 3].map((i) => 3 * at + i).filter((child) => child < pages);
    const body = links.map((child) => `<a href="/${child}">Page ${child}</a>`).join("") +
      `<p>This is page ${at}, which has no more to say.</p>`;
    return new Response(body, { headers: { "content-type": "text/html", etag: `"${at}"` } });
  });
  return {
    start: `http://127.0.0.1:${server.addr.port}/0`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test(`a crawl keeps nothing in memory of the ${PAGES} pages it has passed`, async () => {
  await using site = serveTree(PAGES);
  const folder = await Deno.makeTempDir();
  const script = new URL("memory_probe.ts", import.meta.url).pathname;
  const marks = [...EARLY, ...LATE].map(String);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-read", "--allow-write", "--allow-net=127.0.0.1"],
      // Code that is thrown away would hide what is kept.
      ...["--v8-flags=--expose-gc,--no-flush-bytecode", script],
      ...[site.start, `${folder}/frontier.sqlite`, ...marks],
    ],
    stderr: "inherit",
  }).output();
  await Deno.remove(folder, { recursive: true });
  assertEquals(code, 0);
  const { pages, live } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([pages, live.length], [PAGES, marks.length]);
  const perPage = (median(live.slice(EARLY.length)) - median(live.slice(0, EARLY.length))) / 3400;
  assertLess(perPage, MOST_BYTES_A_PAGE, `bytes alive at the marks: ${live}`);
});

/** What is in flight at a mark differs, so single weights say little. */
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
