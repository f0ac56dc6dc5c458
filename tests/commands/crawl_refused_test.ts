/** Crawls that bring nothing, or not what was wanted, and what a second try makes of them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { prose } from "./corpus.ts";
import { openFolder, run } from "./program.ts";

/** Serves HTML pages by path. */
function serve(pages: Readonly<Record<string, string>>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const page = pages[new URL(url).pathname];
    if (page === undefined) return new Response("no", { status: 404 });
    return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const page = (text: string, links: readonly string[] = []) =>
  `<main><p>${text}</p></main>${links.map((link) => `<a href="${link}">x</a>`).join("")}`;

async function linesOf(path: string): Promise<Record<string, string>[]> {
  const text = await Deno.readTextFile(path);
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("crawl fails where nothing was fetched, and succeeds in the same folder once allowed", async () => {
  await using folder = await openFolder();
  await using site = serve({ "/": page(prose(1), ["/a"]), "/a": page(prose(2)) });
  const seed = `${site.origin}/`;
  const crawl = (...args: string[]) =>
    run(["crawl", "--output", join(folder.path, "out"), "--delay", "0", ...args]);
  const blocked = await crawl(seed);
  assertEquals(blocked.code, 1);
  assertStringIncludes(
    blocked.err,
    `error: Cannot crawl ${seed}: blocked-address (${seed}robots.txt could not be fetched: ` +
      `127.0.0.1 is a loopback address: not connected to; allow ${site.origin} with ` +
      `--allow-private); see `,
  );
  const again = await crawl();
  assertEquals(again.code, 1);
  assertStringIncludes(again.err, "every address was dropped before");
  const allowed = await crawl("--allow-origin", site.origin);
  assertEquals(allowed.code, 0, allowed.err);
  assertStringIncludes(allowed.err, "of the addresses known, 1 more are wanted and 0 fewer");
  assertStringIncludes(allowed.out, "Pages: 2 seen, 2 documents kept, none dropped");
  const over = await crawl();
  assertEquals([over.code, over.err], [0, ""]);
  assertStringIncludes(
    over.out,
    "The crawl had already ended, with 2 pages; --recrawl fetches them",
  );

  // Elsewhere, nobody listens: this session brought nothing although an earlier one did.
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nowhere = `http://127.0.0.1:${closed.addr.port}/`;
  closed.close();
  const lost = await crawl("--allow-private", nowhere);
  assertEquals(lost.code, 1);
  assertStringIncludes(lost.err, `error: Cannot crawl ${nowhere}: network-error (`);
  assertEquals((await crawl()).code, 0, "what was crawled before is there");
});

Deno.test("crawl refines as text does, and says how many went for which reason", async () => {
  await using folder = await openFolder();
  const paths = ["/one", "/same", "/near", "/two", "/short", "/german"];
  const german =
    "Der Ausschuss trifft sich am Donnerstag wieder, wenn der neue Haushalt vorliegt. ";
  const mail = "Write to somebody@example.net about it.";
  await using site = serve({
    "/": paths.map((path) => `<a href="${path}">x</a>`).join(""),
    "/one": page(prose(1)),
    "/same": page(prose(1)),
    "/near": page(prose(1).replace(/people/, "persons")),
    "/two": page(`${prose(2)} ${mail}`),
    "/short": page("Too short."),
    "/german": page(german.repeat(9)),
  });
  const out = join(folder.path, "out");
  const { code, err, out: said } = await run([
    ...["crawl", "--output", out, "--allow-private", "--delay", "0", "--near-duplicates"],
    ...["--language", "en", "--mask-personal-data", "--keep-dropped", `${site.origin}/`],
  ]);
  assertEquals(code, 0, err);
  const documents = await linesOf(join(out, "documents.jsonl"));
  assertEquals(documents.map(({ url }) => url), ["/one", "/two"].map((path) => site.origin + path));
  const [first, second] = documents;
  assertEquals([first?.language, first?.contentHash?.length], ["en", 64]);
  assert(second?.text?.includes("Write to email@example.com about it."), second?.text);
  const dropped = await linesOf(join(out, "dropped.jsonl"));
  assertEquals(
    dropped.map(({ item, reason }) => [new URL(item ?? "").pathname, reason]),
    [["/", "no-text"], ["/same", "duplicate"], ["/near", "near-duplicate"], ["/short", "too-short"]]
      .concat([["/german", "language"]]),
  );
  assertEquals(dropped.at(-1)?.text?.startsWith("Der Ausschuss"), true);
  const counts = "duplicate 1, language 1, near-duplicate 1, no-text 1, too-short 1";
  assertStringIncludes(said, `Pages: 7 seen, 2 documents kept, 5 dropped (${counts}), listed in `);
});

Deno.test("a pipeline that has no document yet takes other settings without --force", async () => {
  await using folder = await openFolder();
  await using site = serve({
    "/": page("", ["/index"]),
    "/index": page("", ["/a", "/b"]),
    "/a": page(prose(1)),
    "/b": page(prose(2)),
  });
  const pipeline = (...args: string[]) =>
    run(["pipeline", "--run", join(folder.path, "run"), ...args]);
  const small = ["--steps", "1", "--vocab", "300", `${site.origin}/`];
  const blocked = await pipeline(...small);
  assertEquals(blocked.code, 2);
  assertStringIncludes(blocked.err, "it is a loopback address; --allow-private connects to it\n");
  const few = await pipeline("--allow-private", "--max-pages", "2", ...small);
  assertEquals(few.code, 2);
  assertStringIncludes(
    few.err,
    "the crawl ended at --max-pages 2 with 2 addresses to go, and what came first has links and " +
      "no text: start again with a higher --max-pages",
  );
  const enough = await pipeline("--max-pages", "10");
  assertEquals(enough.code, 0, enough.err);
  assertStringIncludes(enough.out, "2 documents kept");
  const late = await pipeline("--max-pages", "11");
  assertEquals(late.code, 2);
  assertStringIncludes(late.err, "its corpus is complete; choose another folder");
});
