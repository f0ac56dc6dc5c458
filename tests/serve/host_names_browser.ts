/**
 * DNS rebinding in Chromium. host_names_test.ts runs it in a process of its own: playwright-core looks
 * into /proc, for which Deno asks for every permission.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { chromium } from "playwright-core";
import { CHROMIUM } from "./browser.ts";
import { openServer } from "./golden_app.ts";

Deno.test("a name that points to this machine is shown nothing", async () => {
  await using server = await openServer({ hostNames: [] });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--host-resolver-rules=MAP rebound.test 127.0.0.1"],
  });
  try {
    const page = await browser.newPage();
    const { port } = new URL(server.url);
    const rebound = await page.goto(`http://rebound.test:${port}/v1/models`);
    assertEquals([rebound?.status(), (await rebound?.text())?.includes("golden")], [421, false]);
    const own = await page.goto(`http://localhost:${port}/v1/models`);
    assertEquals([own?.status(), (await own?.text())?.includes("golden")], [200, true]);
  } finally {
    await browser.close();
  }
});
