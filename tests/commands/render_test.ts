/** The commands with --render, over an application of one page, with what their tasks permit. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openFolder } from "./program.ts";
import { serveSite } from "../stages/crawl/server.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
// Debian: apt-get install chromium
const ignore = !await Deno.stat("/usr/bin/chromium").then(() => true, () => false);

/** As `deno task` starts it. */
async function task(command: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "--frozen", `--config=${ROOT}deno.json`],
      ...[`-P=${command}`, `${ROOT}main.ts`, command, ...args],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

const typed = (type: string, body: string) => () =>
  new Response(body, { headers: { "content-type": type } });

/** An application whose text is in no page. */
const serveApp = () =>
  serveSite({
    "/": `<title>Shop</title><div id="app"></div><script type="module" src="/app.js"></script>`,
    "/app.js": typed(
      "text/javascript",
      `const { text } = await (await fetch("/text.json")).json();
       document.getElementById("app").innerHTML = "<main><p>" + text.repeat(9) + "</p></main>";`,
    ),
    "/text.json": typed(
      "application/json",
      `{"text":"The shop sells tea and cups of many kinds. "}`,
    ),
  });

Deno.test({ name: "text gives an application's text with --render alone", ignore }, async () => {
  await using site = serveApp();
  const args = ["--allow-private", `${site.origin}/`];
  const without = await task("text", ...args);
  assertEquals(without.out, "", without.err);
  assertStringIncludes(without.err, "1 dropped (needs-javascript 1)");
  const { code, out, err } = await task("text", "--render", ...args);
  assertEquals(code, 0, err);
  const document = JSON.parse(out);
  assertStringIncludes(document.text, "The shop sells tea and cups");
  assertMatch(document.renderedBy, /^Chrome\/[\d.]+$/);
});

Deno.test(
  { name: "a crawl keeps --render, and its archive says who ran the scripts", ignore },
  async () => {
    await using folder = await openFolder();
    await using site = serveApp();
    const output = join(folder.path, "out"), warc = join(output, "warc");
    const args = ["--output", output, "--warc", warc, "--allow-private", "--render"];
    const { code, err } = await task("crawl", ...args, `${site.origin}/`);
    assertEquals(code, 0, err);
    const again = await task("crawl", "--output", output, "--recrawl");
    assertEquals(again.code, 0, again.err);
    const lines = (await Deno.readTextFile(join(output, "documents.jsonl"))).trimEnd().split("\n");
    const found = lines.map((line) => JSON.parse(line));
    assertEquals(found.map(({ renderedBy }) => typeof renderedBy), ["string"]);
    assertStringIncludes(again.out, "1 dropped (unchanged 1)");
    const record = gunzipSync(await Deno.readFile(join(warc, "crawl-00000.warc.gz"))).toString();
    assertStringIncludes(record, `X-Crawler-Rendered-By: ${found[0].renderedBy}`);
    assertStringIncludes(record, "The shop sells tea and cups");
  },
);
