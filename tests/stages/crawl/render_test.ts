/** Pages that a framework fills, in Chromium: what they may ask for, and that it goes through us. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { crawl, type CrawlOptions, openFrontier } from "../../../stages/crawl/mod.ts";
import { extractDocument } from "../../../stages/extract/mod.ts";
import { type Drop, StageMeter } from "../../../stages/meter.ts";
import type { Page } from "../../../stages/types.ts";
import { serveSite, type TestSite } from "./server.ts";

const CHROMIUM = "/usr/bin/chromium";
// Debian: apt-get install chromium
const ignore = !await Deno.stat(CHROMIUM).then(() => true, () => false);
const render = { chromium: CHROMIUM, timeoutMs: 20_000 };

const shell = (script: string) => `<title>App</title><div id="root"></div>${script}`;
const typed = (type: string, body: string) => () =>
  new Response(body, { headers: { "content-type": type } });
const script = (body: string) => typed("text/javascript", body);

async function crawled(site: TestSite, options: Partial<CrawlOptions> = {}) {
  using frontier = openFrontier(":memory:");
  frontier.seed([`${site.origin}/`]);
  const drops: Drop[] = [];
  const meter = new StageMeter("crawl", (drop) => drops.push(drop));
  const pages: Page[] = [];
  const all = { frontier, meter, allowOrigins: [site.origin], ...options };
  for await (const page of crawl(all)) pages.push(page);
  const texts = pages.map((page) => {
    const result = extractDocument(page);
    return "text" in result ? result.text : result.reason;
  });
  return { pages, texts, drops: drops.map(({ reason }) => reason) };
}

const APP = `
  const root = document.getElementById("root");
  const get = async (path) => await (await fetch(path)).json();
  const { name } = await get("/api/words.json");
  root.innerHTML = "<main><p>Words from " + name + ", by " + navigator.userAgent + ".</p></main>" +
    '<a href="/next">next</a>';
  const refused = await fetch("/api/hidden").then(() => "answered", () => "refused");
  const posted = await fetch("/api/words.json", { method: "POST", body: "x" })
    .then(() => "answered", () => "refused");
  root.querySelector("main").insertAdjacentHTML("beforeend", "<p>" + refused + " " + posted + "</p>");
`;

Deno.test(
  { name: "a page that scripts fill gives its text and links in Chromium", ignore },
  async () => {
    await using site = serveSite({
      "/robots.txt": () => new Response("User-agent: *\nDisallow: /api/hidden\n"),
      "/": shell(`<script type="module" src="/app.js"></script><img src="/picture.png">`),
      "/app.js": script(APP),
      "/api/words.json": typed("application/json", '{"name":"the server"}'),
      "/next": "<main><p>Plain.</p></main>",
    });
    const without = await crawled(site);
    assertEquals(without.texts, ["needs-javascript"]);
    site.requests.length = 0;
    const { pages, texts, drops } = await crawled(site, { render });
    assertEquals(texts, ["Words from the server, by cllm/0.1.\n\nrefused refused", "Plain."]);
    assertEquals(drops, []);
    // The page once, nothing that text cannot come from, nothing that is disallowed.
    assertEquals(site.requests.toSorted(), [
      ...["/", "/api/words.json", "/app.js", "/llms.txt", "/next", "/robots.txt"],
    ]);
    assertEquals(pages.map(({ renderedBy }) => renderedBy?.split("/")[0]), ["Chrome", undefined]);
    const [first] = pages;
    assert(first);
    assertMatch(JSON.stringify(first.response?.headers), /X-Crawler-Rendered-By","Chrome\//);
    const document = extractDocument(first);
    assertEquals("renderedBy" in document && document.renderedBy, first.renderedBy);
  },
);

/** Counts connections to a port of its own. */
function listenQuietly() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const counts = { connections: 0 };
  const accepting = (async () => {
    for await (const connection of listener) {
      counts.connections++;
      connection.close();
    }
  })();
  return {
    port: listener.addr.port,
    counts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
    },
  };
}

/** Every way out of a page, to `host`. */
const ESCAPES = (host: string) => `
  const http = "http://${host}/";
  const root = document.getElementById("root");
  const tries = [
    () => fetch(http, { mode: "no-cors" }),
    () => fetch("/leave"),
    () => navigator.sendBeacon(http, "x"),
    () => new WebSocket("ws://${host}/"),
    () => new EventSource(http),
    () => { const request = new XMLHttpRequest(); request.open("GET", http, false); request.send(); },
    () => new Worker(URL.createObjectURL(new Blob(["fetch('" + http + "', { mode: 'no-cors' })"]))),
    () => new SharedWorker(URL.createObjectURL(new Blob(["fetch('" + http + "')"]))),
    () => navigator.serviceWorker.register("/worker.js"),
    () => open(http),
    () => import(http),
    () => new Image().src = http,
    () => new Audio(http).play(),
    () => alert("held"),
    async () => {
      const peer = new RTCPeerConnection({ iceServers: [{ urls: "turn:${host}?transport=tcp",
        username: "x", credential: "x" }] });
      peer.createDataChannel("x");
      await peer.setLocalDescription(await peer.createOffer());
    },
    () => {
      for (const [tag, name] of [["iframe", "src"], ["script", "src"], ["object", "data"]]) {
        const element = document.createElement(tag);
        element[name] = http;
        document.body.append(element);
      }
      for (const rel of ["stylesheet", "preconnect", "prefetch", "preload", "dns-prefetch"]) {
        document.head.append(Object.assign(document.createElement("link"), { rel, href: http, as: "script" }));
      }
      const form = Object.assign(document.createElement("form"), { action: http, method: "post",
        target: "_blank" });
      document.body.append(form);
      form.submit();
    },
  ];
  for (const attempt of tries) {
    try { Promise.resolve(attempt()).catch(() => {}); } catch {}
  }
  root.innerHTML = "<main><p>Tried everything.</p></main>";
`;

Deno.test({ name: "no request leaves Chromium but by the crawl's own guard", ignore }, async () => {
  await using canary = listenQuietly();
  const host = `127.0.0.1:${canary.port}`;
  await using site = serveSite({
    "/": shell(`<script src="/app.js"></script>`),
    "/app.js": script(ESCAPES(host)),
    "/leave": () => Response.redirect(`http://${host}/`),
    "/worker.js": script(`fetch("http://${host}/")`),
  });
  const { texts } = await crawled(site, { render });
  assertEquals(texts, ["Tried everything."]);
  assertEquals(canary.counts.connections, 0);
  // The same page where the guard lets it: the canary can sing.
  const allowed = [site.origin, `http://${host}`];
  await crawled(site, { render, allowOrigins: allowed, backoffMs: 0 });
  assert(canary.counts.connections > 0);
});

Deno.test({ name: "scripts without end cost their page alone", ignore }, async () => {
  await using site = serveSite({
    "/":
      `<main><p>Home.</p></main><a href="/busy">x</a><a href="/waits">x</a><a href="/fine">x</a>`,
    "/busy": shell(`<script>for (;;) {}</script>`),
    "/waits": shell(`<script>
      document.getElementById("root").innerHTML = "<p>Here, and more to come.</p>";
      setInterval(() => fetch("/more"), 100);</script>`),
    "/more": "more",
    "/fine": shell(`<script>document.getElementById("root").innerHTML = "<p>Fine.</p>"</script>`),
  });
  const { texts, drops } = await crawled(site, { render: { ...render, timeoutMs: 3000 } });
  assertEquals(texts, ["Home.", "Here, and more to come.", "Fine."]);
  assertEquals(drops, ["timeout"]);
});

Deno.test({ name: "a crawl that is stopped takes Chromium along", ignore }, async () => {
  const stop = new AbortController();
  await using site = serveSite({
    "/": shell(`<script src="/app.js"></script>`),
    "/app.js": () => {
      stop.abort(new Error("stopped"));
      return new Response("");
    },
  });
  const ended = await crawled(site, { render, signal: stop.signal }).then(() => "", String);
  assertEquals(ended, "Error: stopped");
});

Deno.test("a Chromium that breaks down costs its page alone, one that does not start the crawl", async () => {
  const folder = await Deno.makeTempDir();
  const program = `${folder}/chromium`;
  const write = async (script: string) => {
    await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`);
    await Deno.chmod(program, 0o755);
  };
  await using site = serveSite({
    "/": `<main><p>Home.</p></main><a href="/one">x</a><a href="/two">x</a>`,
    "/one": shell("<script></script>"),
    "/two": shell("<script></script>"),
  });
  // Says which version it is, waits for what comes next, and ends.
  const version = String.raw`printf '{"id":1,"result":{"product":"Fake/1"}}\000' >&4`;
  await write(`${version}; head -c 100 <&3 >/dev/null; echo "out of memory" >&2; exit 3`);
  const broken = await crawled(site, { render: { chromium: program } });
  assertEquals([broken.texts, broken.drops], [["Home."], ["unreadable", "unreadable"]]);
  await write(`echo "no usable sandbox" >&2; exit 1`);
  const ended = await crawled(site, { render: { chromium: program } }).then(() => "", String);
  assertEquals(ended, `Error: Cannot render with ${program}: no usable sandbox`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a program that is not there ends the crawl with its path", async () => {
  await using site = serveSite({ "/": shell("<script></script>") });
  const ended = await crawled(site, { render: { chromium: "/no/such/chromium" } })
    .then(() => "", String);
  assertMatch(ended, /^Error: Cannot render with \/no\/such\/chromium: .*ENOENT/);
});
