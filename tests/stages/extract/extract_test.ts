import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startSampleSite } from "../../../sample_site/site.ts";
import { crawl, openFrontier } from "../../../stages/crawl/mod.ts";
import { openCatalog } from "../../../sample_site/catalog.ts";
import { ENGINES, extract, extractDocument } from "../../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import type { Page } from "../../../stages/types.ts";

const fetchedAt = "2024-01-01T00:00:00.000Z";
const htmlPage = (html: string | Uint8Array, contentType = "text/html"): Page => ({
  url: "https://example.org/",
  contentType,
  body: typeof html === "string" ? new TextEncoder().encode(html) : html,
  fetchedAt,
});

for (const engine of ENGINES) {
  /** The text of a page that must give one. */
  const textOf = (html: string | Uint8Array, contentType?: string): string => {
    const result = extractDocument(htmlPage(html, contentType), { engine });
    assert("text" in result, JSON.stringify(result));
    return result.text;
  };

  const reasonOf = (html: string | Uint8Array, contentType?: string): string => {
    const result = extractDocument(htmlPage(html, contentType), { engine });
    assert("reason" in result, JSON.stringify(result).slice(0, 200));
    return result.reason;
  };

  const words = (text: string) => text.split(/\s+/).filter((word) => word !== "").join(" ");

  Deno.test(`${engine}: each address of the sample site is extracted word for word`, async () => {
    await using site = await startSampleSite();
    const catalog = await openCatalog();
    using frontier = openFrontier(":memory:");
    frontier.seed([`${site.origin}/`]);
    const drops: Drop[] = [];
    const meter = new StageMeter("extract", (drop) => drops.push(drop));
    const documents = crawl({ frontier, allowOrigins: [site.origin] }).pipeThrough(
      extract({ engine, meter }),
    );
    let at = 0;
    for await (const { url, text, title, lang } of documents) {
      const address = catalog.addresses[at++];
      assert(address !== undefined, `${url} is no address but gave text: ${text.slice(0, 80)}`);
      assertEquals(url, `${site.origin}${address.path}`);
      const expected = (await catalog.read(address)).text;
      assertEquals(words(text), words(expected), address.name);
      assertEquals(title, `State of the Union ${address.year}: ${address.president}`);
      assertEquals(lang, "en");
    }
    assertEquals(at, 233);
    // All that is dropped are index pages, which hold nothing but links.
    assertEquals(new Set(drops.map(({ reason }) => reason)), new Set(["no-text"]));
  });

  Deno.test(`${engine}: paragraphs, headings, lists, tables and code are kept, one blank line apart`, () => {
    assertEquals(
      textOf(`<main><h2>On  bread</h2><p>Flour and<br>water, <b>mix</b>ed.</p>
      <ul><li>one</li><li>two <i>loaves</i></li></ul>
      <table><tr><td>a</td><td>b</td></tr></table>
      <pre>if (x) {\n  y();\n}\n</pre></main>`),
      "On bread\n\nFlour and\nwater, mixed.\n\none\n\ntwo loaves\n\na b\n\nif (x) {\n  y();\n}",
    );
  });

  Deno.test(`${engine}: what surrounds the text is left out, by tag, role, class, id and visibility`, () => {
    const text = textOf(`<title>T</title><header>top</header><nav>menu</nav>
    <div role="navigation">roles</div><div class="breadcrumb">crumbs</div>
    <div id="sidebarLeft">side</div><div class="related-box">more</div>
    <div hidden>unseen</div><p style="display: none">invisible</p>
    <script>code()</script><style>p {}</style><form>search</form>
    <div><p>The one sentence of this page that is worth keeping.</p></div>
    <ul><li><a href="/">a list of links</a></li></ul><footer>bottom</footer>`);
    assertEquals(text, "The one sentence of this page that is worth keeping.");
  });

  Deno.test(`${engine}: without main or article, the container with the running text is found`, () => {
    const sentence = "This is a sentence that runs on for a while, as sentences in articles do. ";
    const text = textOf(`<div><p>Weather: sunny, with some clouds</p></div>
    <div class="content"><p>${sentence.repeat(4)}</p><p>${sentence.repeat(3)}</p></div>`);
    assertEquals(text, `${sentence.repeat(4).trim()}\n\n${sentence.repeat(3).trim()}`);
  });

  Deno.test(`${engine}: classes on body and around main do not hide the text`, () => {
    assertEquals(
      textOf(
        `<body class="nav-open"><div class="banner-page"><main class="menu"><p>Kept.</p></main>`,
      ),
      "Kept.",
    );
  });

  Deno.test(`${engine}: the charset is taken from BOM, header, meta, in this order, else UTF-8`, () => {
    const windows1251 = new Uint8Array([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]); // Привет
    const page = (head: string, bytes: Uint8Array) =>
      new Uint8Array([...new TextEncoder().encode(`${head}<p>`), ...bytes]);
    assertEquals(textOf(page("", windows1251), "text/html; charset=windows-1251"), "Привет");
    assertEquals(textOf(page("<meta charset='windows-1251'>", windows1251)), "Привет");
    assertEquals(
      textOf(
        page(
          `<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">`,
          windows1251,
        ),
      ),
      "Привет",
    );
    assertEquals(
      textOf(page("<meta charset=latin1>", windows1251), "text/html; charset=windows-1251"),
      "Привет",
    );
    assertEquals(textOf("<p>Grüße</p>"), "Grüße");
    assertEquals(textOf("<p>Grüße</p>", "text/html; charset=no-such-charset"), "Grüße");
    const utf16 = new Uint8Array([0xff, 0xfe, ...[..."<p>é"].flatMap((c) => [c.charCodeAt(0), 0])]);
    assertEquals(textOf(utf16, "text/html; charset=utf-8"), "é");
  });

  Deno.test(`${engine}: text is in Unicode normalization form C`, () => {
    assertEquals(textOf("<p>e\u0301</p>"), "\u00e9");
    assertEquals(textOf("e\u0301\r\n\r\nx", "text/plain"), "\u00e9\n\nx");
  });

  Deno.test(`${engine}: the id is the beginning of SHA-256 over the URL`, () => {
    const result = extractDocument(htmlPage("<p>x</p>"), { engine });
    // printf %s https://example.org/ | sha256sum
    assert("id" in result && result.id === "8198d1bac40a1033", JSON.stringify(result));
  });

  Deno.test(`${engine}: bombs of nesting and attributes are refused before the parser sees them`, () => {
    assertEquals(reasonOf("<div>".repeat(100_000)), "malformed");
    assertEquals(reasonOf("<b><i></x>".repeat(50_000)), "malformed");
    const attributes = Array.from({ length: 100_000 }, (_, i) => `a${i}=1`).join(" ");
    assertEquals(reasonOf(`<p ${attributes}>x</p>`), "malformed");
    assertEquals(reasonOf("<p>x".repeat(1_000_000)), "malformed");
    assertEquals(reasonOf("<".repeat(4_000_000)), "malformed");
    const nested = (depth: number) => `${"<div>".repeat(depth)}deep`;
    assertEquals(textOf(nested(512)), "deep");
    assertEquals(reasonOf(nested(513)), "malformed");
    // Unclosed paragraphs close one another: many of them are no bomb.
    assertEquals(textOf("<p>x".repeat(2_000)).length, 2_000 * 3 - 2);
  });

  Deno.test(`${engine}: other media types, binary data and pages without text are dropped with the reason`, () => {
    assertEquals(reasonOf("%PDF-", "application/pdf"), "unsupported-type");
    assertEquals(reasonOf("a\0b", "text/plain"), "malformed");
    assertEquals(
      reasonOf("<nav>Home</nav><main><h1>Index</h1><a href=/>all</a></main>"),
      "no-text",
    );
    assertEquals(reasonOf(""), "no-text");
  });

  Deno.test(`${engine}: a page that its scripts are to fill is told from one without text`, () => {
    const script = `<script type="module" src="/app.js"></script>`;
    const noscript = "<noscript>You need to enable JavaScript to run this app.</noscript>";
    const menu = Array.from({ length: 30 }, (_, at) => `<a href="/${at}">Chapter ${at}</a>`).join(
      "",
    );
    for (
      const html of [
        `<title>Shop</title>${noscript}<div id="root"></div>${script}`,
        `<body><div id=app><div class=spinner><i></i></div></div>${script}`,
        `<div id="__next"></div><script id="__NEXT_DATA__" type="application/json">{}</script>${script}`,
        `<app-root></app-root>${script}`,
        `<html><head>${noscript}</head><body><header>Shop</header>${script}`,
      ]
    ) assertEquals(reasonOf(html), "needs-javascript", html);
    for (
      const html of [
        `<div id="root"></div>`,
        `<div id="root"></div><script type="application/ld+json">{}</script>`,
        `<div id="root"><nav>${menu}</nav></div>${script}`,
        `<nav>Home</nav>${script}<noscript><img src="/count.gif"></noscript>`,
        `<iframe>${"<div>".repeat(200_000)}</iframe><div id="root"></div>${script}`,
      ]
    ) assertEquals(reasonOf(html), "no-text", html.slice(0, 200));
    assertEquals(
      textOf(`<div id="root"><p>Rendered on the server.</p></div>${script}`),
      "Rendered on the server.",
    );
  });

  Deno.test(`${engine}: a declared language is canonical, an unusable one is und`, () => {
    const lang = (html: string) => {
      const result = extractDocument(htmlPage(html), { engine });
      return "lang" in result ? result.lang : undefined;
    };
    assertEquals(lang(`<html lang="EN-us"><p>x</p>`), "en-US");
    assertEquals(lang(`<html lang="!!"><p>x</p>`), "und");
    assertEquals(lang(`<p>x</p>`), "und");
  });

  Deno.test(`${engine}: the stream counts what it drops and goes on`, async () => {
    const meter = new StageMeter("extract");
    const pages = [htmlPage("<p>one</p>"), htmlPage(""), htmlPage("<p>two</p>")];
    const documents = await Array.fromAsync(
      ReadableStream.from(pages).pipeThrough(extract({ engine, meter })),
    );
    assertEquals(documents.map(({ text }) => text), ["one", "two"]);
    const { itemsIn, itemsOut, dropped } = meter.counts();
    assertEquals([itemsIn, itemsOut, dropped], [3, 2, { "no-text": 1 }]);
  });

  Deno.test(`${engine}: aborting ends the stream with the signal's reason; cancelling reaches the source`, async () => {
    const aborted = new AbortController();
    const endless = () =>
      new ReadableStream<Page>({ pull: (controller) => controller.enqueue(htmlPage("<p>x</p>")) });
    const stream = endless().pipeThrough(extract({ signal: aborted.signal }));
    const reader = stream.getReader();
    await reader.read();
    aborted.abort(new Error("stopped by the user"));
    await assertRejects(
      async () => {
        while (!(await reader.read()).done);
      },
      Error,
      "stopped by the user",
    );

    const cancelled = Promise.withResolvers<unknown>();
    const source = new ReadableStream<Page>({
      pull: (controller) => controller.enqueue(htmlPage("<p>x</p>")),
      cancel: cancelled.resolve,
    });
    await source.pipeThrough(extract()).cancel("enough");
    assertEquals(await cancelled.promise, "enough");
  });
}

Deno.test("a page that the parser breaks down over is dropped as unreadable", () => {
  // No limit looks at how many classes an element has; the tree's list of them passes them on at once.
  const html = `<p class="${"a ".repeat(4_000_000)}">Text.`;
  const page = {
    url: "https://example.org/",
    contentType: "text/html",
    body: new TextEncoder().encode(html),
    fetchedAt: "2024-01-01T00:00:00.000Z",
  };
  const found = extractDocument(page, { engine: "dom" });
  assert("reason" in found);
  assertEquals(found.reason, "unreadable");
  assertMatch(found.detail, /^its extraction failed: /);
});
