/**
 * The dashboard in Chromium, while a small run trains. dashboard_test.ts runs it in a process of its
 * own: playwright-core looks into /proc, for which Deno asks for every permission.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { listenDashboard } from "../../commands/dashboard.ts";
import { openFolder, start } from "../commands/program.ts";
import { CHROMIUM, faultsOf, seriousViolations } from "./browser.ts";

async function lastRecord(dir: string): Promise<{ step: number; loss: number }> {
  const text = await Deno.readTextFile(join(dir, "metrics.jsonl"));
  return JSON.parse(text.trimEnd().split("\n").at(-1) as string);
}

const figure = (page: Page, name: string) => page.locator(`[data-figure=${name}]`);

Deno.test({
  name: "dashboard: a real run moves, its last values are the file's, and nothing is lost",
  async fn(t) {
    await using folder = await openFolder();
    const dir = join(folder.path, "run");
    await using program = start([
      ...["pipeline", "--run", dir, "--dashboard=0", "--steps", "24", "--max-pages", "120"],
      ...["--vocab", "300", "--checkpoint-every", "8", "--validate-every", "8"],
    ]);
    const address = /http\S+/.exec(await program.line(/^Dashboard on/))?.[0] ?? "";
    const browser: Browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox"],
    });
    try {
      const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
      const faults = faultsOf(page, address);
      await page.goto(address);
      const steps = () => figure(page, "step").textContent();
      await t.step("curves move while the run lasts", async () => {
        await page.waitForFunction(
          () => /^[1-9]/.test(document.querySelector("[data-figure=step]")?.textContent ?? ""),
          undefined,
          { timeout: 60_000 },
        );
        const before = await steps();
        await page.waitForFunction(
          (before) => document.querySelector("[data-figure=step]")?.textContent !== before,
          before,
          { timeout: 60_000 },
        );
        assertEquals(await page.locator("#curves canvas").count(), 4);
        await page.reload();
        await page.locator("#pipeline li").first().waitFor();
      });
      assertEquals((await program.ended).code, 0);
      // The run's own server is gone; another takes its place on the same port.
      const stop = new AbortController();
      const port = Number(new URL(address).port);
      const { finished } = await listenDashboard([dir], {
        hostname: "127.0.0.1",
        port,
        signal: stop.signal,
      });
      await t.step("after a server restart the page shows the file's last values", async () => {
        await page.waitForFunction(
          () => document.querySelector("#phase")?.textContent === "done",
          undefined,
          { timeout: 60_000 },
        );
        const last = await lastRecord(dir);
        assertEquals(last.step, 24);
        assertEquals(await steps(), "24 / 24");
        assertEquals(await figure(page, "loss").textContent(), last.loss.toFixed(4));
        assertEquals(await page.locator("#spheres circle").count(), 13);
        assertEquals(await page.locator("#samples article").count(), 3);
        const drawn = await page.evaluate(() => {
          const host = document.querySelector("#curves")?.firstElementChild as unknown as {
            plot: { data: number[][] };
          };
          return host.plot.data[0]?.length;
        });
        assertEquals(drawn, 24);
      });
      await t.step(
        "nothing serious for those who cannot see it, no overflow, light and dark",
        async () => {
          for (
            const [width, colorScheme] of [[1280, "light"], [1280, "dark"], [390, "light"], [
              390,
              "dark",
            ]] as const
          ) {
            await page.setViewportSize({ width, height: 844 });
            await page.emulateMedia({ colorScheme });
            await page.waitForFunction(() => !document.querySelector(".none"));
            assertEquals(await seriousViolations(page), []);
            assertEquals(
              await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
              0,
            );
          }
        },
      );
      await t.step("report.html stands alone", async () => {
        const url = `file://${join(dir, "report.html")}`;
        const report = await browser.newPage();
        const reportFaults = faultsOf(report, url);
        await report.goto(url);
        assertEquals(await report.locator("#curves canvas").count(), 4);
        assert((await report.locator("main").textContent())?.includes("deno task pipeline --run"));
        assertEquals(await seriousViolations(report), []);
        assertEquals(reportFaults, []);
      });
      assertEquals(faults, []);
      stop.abort();
      await page.close();
      await finished;
    } finally {
      await browser.close();
    }
  },
});
