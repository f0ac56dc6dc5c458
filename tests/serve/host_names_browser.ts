/**
 * DNS rebinding in Chromium. host_names_test.ts runs it in a process of its own: playwright-core looks
 * into /proc, for which Deno asks for every permission.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { chromium } from "playwright-core";
import { listenDashboard } from "../../dashboard/mod.ts";
import { listen } from "../../serve/listen.ts";
import { createLoadingApp } from "../../serve/loading.ts";
import { CHROMIUM } from "./browser.ts";
import { openServer } from "./golden_app.ts";

/** The status of `path` as a page of a foreign name and as one of this machine asks for it. */
async function ask(port: string, path: string): Promise<[rebound?: number, own?: number]> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--host-resolver-rules=MAP rebound.test 127.0.0.1"],
  });
  try {
    const page = await browser.newPage();
    const rebound = await page.goto(`http://rebound.test:${port}${path}`);
    const own = await page.goto(`http://localhost:${port}${path}`);
    return [rebound?.status(), own?.status()] as [number?, number?];
  } finally {
    await browser.close();
  }
}

Deno.test("a name that points to this machine is shown nothing", async () => {
  await using server = await openServer({ hostNames: [] });
  assertEquals(await ask(new URL(server.url).port, "/v1/models"), [421, 200]);
});

Deno.test("nor is it by the dashboard, or while a model loads", async () => {
  const stop = new AbortController();
  const to = { hostname: "127.0.0.1", port: 0, signal: stop.signal };
  const folder = await Deno.makeTempDir();
  const dashboard = await listenDashboard([folder], to);
  const loading = await listen(createLoadingApp(), to);
  try {
    assertEquals(await ask(`${dashboard.port}`, "/runs"), [421, 200]);
    assertEquals(await ask(`${loading.port}`, "/"), [421, 200]);
  } finally {
    stop.abort();
    await Promise.all([dashboard.finished, loading.finished]);
    await Deno.remove(folder);
  }
});
