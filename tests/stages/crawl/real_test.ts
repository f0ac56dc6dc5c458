/**
 * Pages that nobody here wrote: the HTML documentation of Debian packages, served on loopback. The
 * pages of a crawl are compared with a link closure that shares no code with it.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname, normalize } from "node:path/posix";
import { crawl, openFrontier } from "../../../stages/crawl/mod.ts";
import { extractDocument } from "../../../stages/extract/mod.ts";
import { StageMeter } from "../../../stages/meter.ts";
import type { Page } from "../../../stages/types.ts";

/** A package's documentation and sentences a reader finds on its pages. */
interface Manual {
  readonly name: string;
  readonly folder: string;
  readonly start: string;
  /** A closure smaller than this is no test. */
  readonly atLeast: number;
  readonly says: Readonly<Record<string, string>>;
  /** Parts of menus and footers. */
  readonly never: readonly string[];
}

const MANUALS: readonly Manual[] = [
  {
    name: "sqlite3-doc",
    folder: "/usr/share/doc/sqlite3",
    start: "/index.html",
    atLeast: 500,
    says: {
      "/lockingv3.html": "SQLite Version 3.0.0 introduced a new locking and journaling mechanism",
      "/releaselog/3_9_1.html": "SQLite Release 3.9.1",
    },
    never: ["toggle_search", "function toggle_div"],
  },
  {
    name: "debian-faq-ja",
    folder: "/usr/share/doc/debian/FAQ/ja",
    start: "/index.ja.html",
    atLeast: 17,
    says: { "/basic-defs.ja.html": "類似オペレーティングシステムについてのいくらかの知識" },
    never: ["background-repeat"],
  },
  {
    name: "debian-handbook",
    folder: "/usr/share/doc/debian-handbook/html",
    start: "/en-US/index.html",
    atLeast: 100,
    says: {
      "/en-US/sect.package-meta-information.html":
        "The Debian package is not only an archive of files intended for installation.",
    },
    never: ["Product Site", "Documentation Site"],
  },
  {
    name: "postgresql-doc-15",
    folder: "/usr/share/doc/postgresql-doc-15/html",
    start: "/index.html",
    atLeast: 1000,
    says: {
      "/mvcc-intro.html":
        "data consistency is maintained by using a multiversion model (Multiversion Concurrency " +
        "Control, MVCC).",
    },
    never: ["Prev Up Next"],
  },
  {
    name: "python3-doc",
    folder: "/usr/share/doc/python3-doc/html",
    start: "/index.html",
    atLeast: 400,
    says: {
      "/library/json.html": "is a lightweight data interchange format inspired by JavaScript",
    },
    never: ["Report a Bug", "Created using Sphinx"],
  },
];

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

/** Serves the `.html` files of a folder, without a charset; the rest is not found. */
function serveFolder(folder: string) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    const { pathname, search } = new URL(url);
    const file = folder + decodeURIComponent(pathname);
    if (search !== "" || !file.endsWith(".html") || !await isThere(file)) {
      return new Response("not found", { status: 404 });
    }
    return new Response(await Deno.readFile(file), { headers: { "content-type": "text/html" } });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Paths of pages that links lead to from `start`, by regular expressions and path arithmetic. */
async function closure(folder: string, start: string): Promise<string[]> {
  const reached = new Set([start]);
  for (const path of reached) {
    const source = await Deno.readTextFile(folder + path);
    const markup = source.replace(/<!--[^]*?-->/g, "").replace(
      /<(script|style)\b[^]*?<\/\1>/gi,
      "",
    );
    for (const [, tag = ""] of markup.matchAll(/<a(?:rea)?(\s[^>]*)>/gi)) {
      const found = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(tag);
      const href = (found?.[1] ?? found?.[2] ?? found?.[3] ?? "").replaceAll("&amp;", "&").trim();
      const [target = ""] = href.split("#");
      if (target === "" || /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) continue;
      const absolute = target.startsWith("/") ? target : `${dirname(path)}/${target}`;
      // What would climb out of the site stays at its top.
      const next = normalize(decodeURIComponent(absolute)).replace(/^\/+/, "/");
      if (next.endsWith(".html") && await isThere(folder + next)) reached.add(next);
    }
  }
  return [...reached].sort();
}

for (const { name, folder, start, atLeast, says, never } of MANUALS) {
  const present = await isThere(folder + start);
  const why = present ? "" : ` (skipped: ${folder} is missing; apt-get install ${name})`;
  Deno.test({
    name: `a crawl of ${name} brings every page that its links reach, readable${why}`,
    ignore: !present,
    async fn() {
      const expected = await closure(folder, start);
      assert(expected.length >= atLeast, `${expected.length} pages are too few to tell`);
      await using site = serveFolder(folder);
      using frontier = openFrontier(":memory:");
      frontier.seed([site.origin + start]);
      const pages = new Map<string, Page>();
      const meter = new StageMeter("crawl", ({ reason, detail }) => {
        // The manual links to pages that its package leaves out.
        assertEquals([reason, detail?.includes("404")], ["http-error", true], detail ?? "");
      });
      for await (const page of crawl({ frontier, meter, allowOrigins: [site.origin] })) {
        const path = decodeURIComponent(new URL(page.url).pathname);
        assert(!pages.has(path), `${path} came twice`);
        pages.set(path, page);
        frontier.acknowledge(page.url);
      }
      assertEquals([...pages.keys()].sort(), expected);

      for (const [path, sentence] of Object.entries(says)) {
        const page = pages.get(path);
        assert(page !== undefined, `${path} was not reached`);
        const document = extractDocument(page, { engine: "dom" });
        assert("text" in document, JSON.stringify(document));
        const text = document.text.replace(/\s+/g, " ");
        assert(
          text.includes(sentence),
          `${path} does not say "${sentence}": ${text.slice(0, 500)}`,
        );
        for (const part of never) assert(!text.includes(part), `${path} says "${part}"`);
      }
    },
  });
}

/** A file in another encoding and back, by another program, without what the encoding cannot say. */
async function recode(path: string, encoding: string) {
  const iconv = async (...args: string[]) =>
    (await new Deno.Command("iconv", { args: ["-c", ...args], stderr: "null" }).output()).stdout;
  const file = await Deno.makeTempFile();
  await Deno.writeFile(file, await iconv("-f", "UTF-8", "-t", encoding, path));
  const [body, plain] = [
    await Deno.readFile(file),
    await iconv("-f", encoding, "-t", "UTF-8", file),
  ];
  await Deno.remove(file);
  return { body, plain };
}

const JAPANESE = "/usr/share/doc/debian/FAQ/ja";
const japanese = await isThere(`${JAPANESE}/index.ja.html`);
Deno.test({
  name: `Japanese pages in EUC-JP and Shift_JIS read as in UTF-8${japanese ? "" : " (skipped)"}`,
  ignore: !japanese,
  async fn() {
    for (const encoding of ["EUC-JP", "SHIFT_JIS"]) {
      for (const name of ["basic-defs.ja.html", "software.ja.html", "contributing.ja.html"]) {
        const { body, plain } = await recode(`${JAPANESE}/${name}`, encoding);
        const read = (bytes: Uint8Array, charset: string) =>
          extractDocument({
            url: `http://a.test/${name}`,
            fetchedAt: "",
            contentType: `text/html; charset=${charset}`,
            body: bytes,
          });
        const document = read(body, encoding);
        assertEquals(document, read(plain, "utf-8"), `${name} in ${encoding}`);
        assert("text" in document && /[ぁ-ん]{3}/.test(document.text), name);
      }
    }
  },
});
