/**
 * Charts of the dashboard as people use them: pointed at, zoomed by mouse, finger and keys, along
 * each axis, and two runs beside one another. dashboard_test.ts runs it in a process of its own.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { chromium, type Locator, type Page } from "playwright-core";
import { listenDashboard } from "../../dashboard/mod.ts";
import { openFolder } from "../commands/program.ts";
import { CHROMIUM, faultsOf, seriousViolations } from "../serve/browser.ts";

/** A run as its files tell it: each step 100 tokens in 600 ms, and each tenth validates. */
async function writeRun(
  dir: string,
  { steps, loss, settings }: { steps: number; loss: number; settings: Record<string, unknown> },
): Promise<void> {
  await Deno.mkdir(dir);
  await Deno.writeTextFile(join(dir, "run.json"), JSON.stringify({ format: 4, settings }));
  const lines = Array.from({ length: steps }, (_, i) => {
    const step = i + 1;
    return JSON.stringify({
      step,
      loss: loss - step / 100,
      learningRate: 0.01,
      gradNorm: 1,
      tokensPerSecond: 200,
      totalTokens: 100 * step,
      stepMs: 500,
      dataMs: 100,
      time: "2030-01-02T03:04:05Z",
      // Lowest at step 10: a run that overfits.
      ...(step % 10 === 0 && { validationLoss: loss + step / 100, validationMs: 1000 }),
      round: Math.ceil(step / 6),
      replica: (step - 1) % 6 < 3 ? 0 : 1,
      replicas: 3,
      spheres: { worker: [0], tokens: [100], computeMs: [400], waitMs: [100] },
    });
  });
  await Deno.writeTextFile(join(dir, "metrics.jsonl"), lines.map((line) => `${line}\n`).join(""));
}

const COMMON = { sources: [], preset: "tiny", steps: 40, vocab: 300, sitePort: 1 };

/** What the legend of a chart tells, by its labels. */
async function legend(chart: Locator): Promise<Record<string, string>> {
  return Object.fromEntries(
    await chart.locator(".legend li").evaluateAll((items) =>
      items.map((item) => [item.querySelector("span")?.textContent, item.lastChild?.textContent])
    ),
  );
}

/** First and last value on the axis of each chart. Runs inside the page. */
function stretches(): [number, number][] {
  return [...document.querySelectorAll("#curves > div")].map((host) => {
    const { plot } = host as unknown as {
      plot: { scales: { x: { min: number; max: number } } };
    };
    return [plot.scales.x.min, plot.scales.x.max];
  });
}

/** Moves the mouse over a chart, to shares of its width. */
async function overChart(page: Page, chart: Locator): Promise<(share: number) => Promise<void>> {
  const box = await chart.locator(".u-over").boundingBox();
  assert(box);
  return (share) => page.mouse.move(box.x + share * box.width, box.y + box.height / 2);
}

Deno.test("charts tell, zoom and compare", async (t) => {
  await using folder = await openFolder();
  const [one, two] = [join(folder.path, "one"), join(folder.path, "two")];
  await writeRun(one, {
    steps: 40,
    loss: 5,
    settings: { ...COMMON, learningRate: 0.016, forced: [] },
  });
  await writeRun(two, {
    steps: 20,
    loss: 4,
    settings: {
      ...COMMON,
      vocab: 600,
      learningRate: 0.016,
      sitePort: 2,
      forced: [
        { step: 10, name: "steps", before: 10, now: 40 },
        { step: 12, name: "learningRate", before: 0.02, now: 0.016 },
      ],
    },
  });
  // A small corpus: its vocabulary has fewer entries than the setting.
  await Deno.writeTextFile(join(two, "status.json"), JSON.stringify({ vocabulary: 432 }));
  const stop = new AbortController();
  const { port, finished } = await listenDashboard([one, two], {
    hostname: "127.0.0.1",
    port: 0,
    signal: stop.signal,
  });
  const address = `http://127.0.0.1:${port}/`;
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const faults = faultsOf(page, address);
    await page.goto(address);
    const loss = page.locator("#curves > div").first();
    await loss.locator("canvas").waitFor();
    const atEnd = { step: "40", raw: "4.6000", validation: "5.4000" };

    await t.step("a legend tells what is pointed at, and the end when nothing is", async () => {
      const told = async () => {
        const { smoothed: _, ...others } = await legend(loss);
        return others;
      };
      assertEquals(await told(), atEnd);
      const moveTo = await overChart(page, loss);
      // Steps 1 to 40 from edge to edge: the 15th is 14/39 along.
      await moveTo(14 / 39);
      assertEquals(await told(), { step: "15", raw: "4.8500", validation: "5.1000" });
      await page.mouse.move(5, 5);
      assertEquals(await told(), atEnd);
    });

    await t.step(
      "a drag zooms into all charts, a button or a double click out of them",
      async () => {
        const whole = await page.evaluate(stretches);
        assertEquals(whole, new Array(4).fill([1, 40]));
        const drag = async () => {
          const moveTo = await overChart(page, loss);
          await moveTo(10 / 39);
          await page.mouse.down();
          await moveTo(20 / 39);
          await page.mouse.up();
        };
        await drag();
        const zoomed = await page.evaluate(stretches);
        for (const [min, max] of zoomed) {
          assert(Math.abs(min - 11) < 0.2 && Math.abs(max - 21) < 0.2, `${min} ${max}`);
        }
        // What comes later in a run leaves the stretch as it is.
        await page.locator("#smoothing").fill("0.5");
        assertEquals(await page.evaluate(stretches), zoomed);
        await page.getByRole("button", { name: "Reset zoom of Learning rate" }).click();
        assertEquals(await page.evaluate(stretches), whole);
        assertEquals(await page.getByRole("button", { name: "Reset zoom" }).count(), 0);
        await drag();
        await loss.locator(".u-over").dblclick();
        assertEquals(await page.evaluate(stretches), whole);
        await page.mouse.move(5, 5);
      },
    );

    await t.step("replicas touch the network control sphere, above the leaf spheres", async () => {
      assertEquals(await page.locator("#spheres figcaption").allTextContents(), [
        "Replicas, round 7",
        "Leaf spheres of replica 2",
      ]);
      const titles = await page.locator("#spheres figure").first().locator("title")
        .allTextContents();
      assertEquals(titles.sort(), [
        "network control sphere: averages the replicas after round 7",
        "replica 1: has trained in round 7",
        "replica 2: trains in round 7, loss 4.600",
        "replica 3: waits in round 7",
      ]);
    });
    await t.step("keys do the same", async () => {
      await page.getByRole("group", { name: /^Loss: arrow keys/ }).focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      assertEquals((await legend(loss)).step, "2");
      await page.keyboard.press("ArrowLeft");
      assertEquals((await legend(loss)).raw, "4.9900");
      for (let i = 0; i < 9; i++) await page.keyboard.press("ArrowRight");
      await page.keyboard.press("+");
      // Half of 39 steps around the tenth.
      assertEquals((await page.evaluate(stretches))[1], [1, 19.75]);
      await page.keyboard.press("Escape");
      assertEquals((await page.evaluate(stretches))[1], [1, 40]);
      await page.getByLabel("Smoothing").focus();
      assertEquals((await legend(loss)).step, "40");
    });

    await t.step("the axis goes by tokens and by time, also after a reload", async () => {
      const axis = page.getByLabel("Along");
      await axis.selectOption("tokens");
      assertEquals(await page.evaluate(stretches), new Array(4).fill([100, 4000]));
      assertEquals((await legend(loss))["tokens trained"], "4.00k");
      await page.reload();
      await loss.locator("canvas").waitFor();
      assertEquals((await legend(loss))["tokens trained"], "4.00k");
      await axis.selectOption("time");
      // Forty steps of 600 ms, and four validations of a second.
      assertEquals(await page.evaluate(stretches), new Array(4).fill([0.6, 28]));
      assertEquals((await legend(loss))["training time"], "0:28");
      await axis.selectOption("step");
    });

    await t.step(
      "two runs: nothing behind the end of the shorter, colours of their own",
      async () => {
        await page.getByRole("checkbox", { name: "two" }).check();
        await loss.getByText("smoothed of two").waitFor();
        const values = await legend(loss);
        assertEquals(values.step, "end of each run");
        assertEquals([values["validation of one"], values["validation of two"]], [
          "5.4000",
          "4.2000",
        ]);
        const moveTo = await overChart(page, loss);
        await moveTo(29 / 39);
        const later = await legend(loss);
        assertEquals([later.step, later["raw of one"]], ["30", "4.7000"]);
        assertEquals([later["smoothed of two"], later["validation of two"]], ["–", "–"]);
        await page.mouse.move(5, 5);
        const looks = await loss.locator(".legend line").evaluateAll((lines) =>
          lines.map((line) => ["stroke", "stroke-dasharray"].map((name) => line.getAttribute(name)))
        );
        // Raw, smoothed, validation; smoothed, validation.
        assertEquals(new Set(looks.map(([stroke]) => stroke)).size, 5);
        const dashes = looks.slice(1).map(([, dash]) => dash);
        assertEquals(dashes, [null, null, "8 4", "8 4"]);
        const rings = loss.locator(".legend li:has(circle) span");
        assertEquals(await rings.allTextContents(), ["validation of one", "validation of two"]);
      },
    );

    await t.step("tables: what came of them, and what differs", async () => {
      const rows = async (name: string) =>
        await page.getByRole("region", { name }).locator("tr").evaluateAll((rows) =>
          rows.map((row) => [...row.children].map((cell) => cell.textContent))
        );
      assertEquals(await rows("Settings that differ"), [
        ["setting", "one", "two"],
        ["vocab", "300", "600"],
        [
          "forced",
          "none",
          "steps 40 instead of 10 from step 11 on; learning rate 0.016 instead of 0.02 from step 13 on",
        ],
      ]);
      const figures = new Map((await rows("Final figures")).map(([name, ...row]) => [name, row]));
      for (
        const [name, row] of Object.entries({
          "steps": ["40", "20"],
          "tokens trained": ["4,000", "2,000"],
          "training time": ["0:28", "0:14"],
          "validation loss, last": ["5.4000", "4.2000 lowest"],
          "validation loss, best": ["5.1000", "4.1000 lowest"],
          "parameters": ["–", "–"],
          "vocabulary": ["–", "432"],
        })
      ) assertEquals(figures.get(name), row, name);
      assertEquals(await page.getByText("compare bits per byte").count(), 1);
    });

    await t.step("nodes: what each does, what it waits for, and who is gone", async () => {
      const [time, idle] = [new Date().toISOString(), { counts: {}, owns: [], active: true }];
      const nodes = [{
        node: "n1",
        roles: [
          { ...idle, role: "crawl", owns: [0, 1, 2], counts: { pages: 1200 }, waitsFor: "room" },
          { ...idle, role: "keeper", active: false, lag: 7 },
        ],
        memoryBytes: 3e8,
        silentMs: 90,
        vanished: false,
      }, {
        node: "n2",
        roles: [{ ...idle, role: "text" }],
        memoryBytes: 1e8,
        silentMs: 9000,
        vanished: true,
      }];
      const status = { time, phase: "collecting", elapsedMs: 1, stages: [], nodes };
      await Deno.writeTextFile(join(one, "status.new"), JSON.stringify(status));
      await Deno.rename(join(one, "status.new"), join(one, "status.json"));
      const rows = page.getByRole("region", { name: "Nodes" }).locator("tbody tr");
      await rows.nth(2).waitFor();
      assertEquals(
        await rows.evaluateAll((rows) =>
          rows.map((row) => [...row.children].map((cell) => cell.textContent).join("|"))
        ),
        [
          "n1|crawl|waits for room|1.20k pages|3|–|300MB",
          "n1|keeper|stands by||–|7|",
          "n2|text|vanished 0:09 ago||–|–|100MB",
        ],
      );
    });

    await t.step("nothing serious, no overflow, in each size and colour", async () => {
      for (const width of [1280, 390]) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.setViewportSize({ width, height: 844 });
          await page.emulateMedia({ colorScheme });
          await loss.getByText("smoothed of two").waitFor();
          assertEquals(await seriousViolations(page), []);
          const overflow = () => document.documentElement.scrollWidth - innerWidth;
          assertEquals(await page.evaluate(overflow), 0);
        }
      }
    });
    assertEquals(faults, []);
    await page.close();

    await t.step("a finger along a chart zooms", async () => {
      const context = await browser.newContext({
        hasTouch: true,
        isMobile: true,
        viewport: { width: 390, height: 844 },
      });
      const phone = await context.newPage();
      await phone.goto(address);
      const chart = phone.locator("#curves > div").first();
      await chart.scrollIntoViewIfNeeded();
      await chart.locator("canvas").waitFor();
      const box = await chart.locator(".u-over").boundingBox();
      assert(box);
      const session = await context.newCDPSession(phone);
      const touch = (type: "touchStart" | "touchMove" | "touchEnd", share?: number) =>
        session.send("Input.dispatchTouchEvent", {
          type,
          touchPoints: share === undefined
            ? []
            : [{ x: box.x + share * box.width, y: box.y + box.height / 2 }],
        });
      await touch("touchStart", 10 / 39);
      for (const step of [12, 14, 16, 18, 20]) await touch("touchMove", step / 39);
      await touch("touchEnd");
      const [[min, max] = [0, 0]] = await phone.evaluate(stretches);
      assert(Math.abs(min - 11) < 0.5 && Math.abs(max - 21) < 0.5, `${min} ${max}`);
      await context.close();
    });
  } finally {
    await browser.close();
    stop.abort();
    await finished;
  }
});
