/**
 * The dashboard in Chromium, while a small run trains. dashboard_test.ts runs it in a process of its
 * own: playwright-core looks into /proc, for which Deno asks for every permission.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { basename, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { listenDashboard } from "../../dashboard/mod.ts";
import { openFolder, start } from "../commands/program.ts";
import { CHROMIUM, faultsOf, seriousViolations } from "../serve/browser.ts";

async function linesOf(dir: string): Promise<string[]> {
  return (await Deno.readTextFile(join(dir, "metrics.jsonl"))).trimEnd().split("\n");
}

/**
 * Points of each line of the first chart in an element, the steps' first; with `wanted`, whether
 * they are those. Runs inside the page.
 */
function pointsIn([chart = "", wanted]: [string, string?]): string | boolean {
  const host = document.querySelector(chart)?.firstElementChild as unknown as {
    plot?: { data: (number | null)[][] };
  };
  const points = (host?.plot?.data ?? []).map((values) =>
    values.filter((value) => typeof value === "number").length
  );
  return wanted === undefined ? String(points) : String(points) === wanted;
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
        const last = JSON.parse((await linesOf(dir)).at(-1) ?? "");
        assertEquals(last.step, 24);
        assertEquals(await steps(), "24 / 24");
        const validation = last.validationLoss;
        for (
          const [name, value] of [
            ["loss", last.loss.toFixed(4)],
            ["validationLoss", validation.toFixed(4)],
            ["validationPerplexity", (Math.E ** validation).toFixed(1)],
            ["validationBitsPerByte", last.validationBitsPerByte.toFixed(3)],
          ]
        ) assertEquals(await figure(page, name).textContent(), value, name);
        const legend = await page.locator("#curves .legend").first().textContent();
        assertEquals(legend?.split("validation")[1], validation.toFixed(4));
        const phases = await page.locator("#phases tbody").textContent();
        for (const name of ["dataMs", "forwardBackwardMs", "updateMs", "validationMs"]) {
          assert(phases?.includes(`${last[name].toFixed(1)} ms`), `${name}: ${phases}`);
        }
        assertEquals(await page.locator("#spheres circle").count(), 13);
        assertEquals(await page.locator("#samples article").count(), 3);
        // Steps, raw, smoothed, and a validation each eighth step.
        assertEquals(await page.evaluate(pointsIn, ["#curves"] as [string]), "24,24,24,3");
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
        const titles = await report.locator("h2").allTextContents();
        assertEquals(titles.slice(0, 3), ["Conclusion", "Curves", "Samples"]);
        for (const width of [1280, 390]) {
          for (const colorScheme of ["light", "dark"] as const) {
            await report.setViewportSize({ width, height: 844 });
            await report.emulateMedia({ colorScheme });
            assertEquals(await seriousViolations(report), []);
            const overflow = () => document.documentElement.scrollWidth - innerWidth;
            assertEquals(await report.evaluate(overflow), 0);
          }
        }
        await report.getByLabel("Along").selectOption("tokens");
        const told = await report.locator("#curves .legend li").first().textContent();
        assertEquals(told, `tokens trained${(24 * 1536 / 1000).toPrecision(3)}k`);
        assertEquals(reportFaults, []);
        assert(!(await report.locator("#curves").textContent())?.includes("--"));
      });
      assertEquals(faults, []);
      await page.close();
      stop.abort();
      await finished;
      await t.step("another run stands beside it, live, and after a reload", async () => {
        const other = join(folder.path, "other");
        const lines = await linesOf(dir);
        await Deno.mkdir(other);
        await Deno.copyFile(join(dir, "run.json"), join(other, "run.json"));
        const write = (from: number, to: number) =>
          Deno.writeTextFile(
            join(other, "metrics.jsonl"),
            lines.slice(from, to).map((line) => `${line}\n`).join(""),
            { append: true },
          );
        await write(0, 10);
        await comparing({ browser, dir, other, more: () => write(10, 13) });
      });
    } finally {
      await browser.close();
    }
  },
});

/** Shows `dir` with `other` beside it, where `more` adds three steps to ten, and then `other` alone. */
async function comparing(
  { browser, dir, other, more }: {
    browser: Browser;
    dir: string;
    other: string;
    more: () => Promise<void>;
  },
): Promise<void> {
  const stop = new AbortController();
  const empty = await Deno.makeTempDir({ dir: other, prefix: "nothing-yet-" });
  const { port, finished } = await listenDashboard([dir, other, empty], {
    hostname: "127.0.0.1",
    port: 0,
    signal: stop.signal,
  });
  const address = `http://127.0.0.1:${port}/`;
  const page = await browser.newPage();
  const faults = faultsOf(page, address);
  await page.goto(address);
  const until = (wanted: number[]) =>
    page.waitForFunction(pointsIn, ["#curves", String(wanted)] as [string, string]);
  const box = page.getByRole("checkbox", { name: "other" });
  await box.check();
  await until([24, 24, 24, 3, 10, 1]);
  await more();
  await until([24, 24, 24, 3, 13, 1]);
  await page.reload();
  await until([24, 24, 24, 3, 13, 1]);
  assert(await box.isChecked());
  await page.locator("#run").selectOption("other");
  await until([13, 13, 13, 1]);
  assertEquals(await figure(page, "step").textContent(), "13");
  assertEquals(await page.locator("#phase").textContent(), "not started");
  await page.locator("#run").selectOption(basename(empty));
  await page.getByText("No stage has begun.").waitFor();
  assertEquals(await seriousViolations(page), []);
  assertEquals(faults, []);
  await page.close();
  stop.abort();
  await finished;
}
