/**
 * What the dashboard tells of a run that collects and of one planned by time, against the site, the
 * corpus and the checkpoint. dashboard_test.ts runs it in a process of its own.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { chromium, type Page } from "playwright-core";
import { openFolder, start } from "../commands/program.ts";
import { CHROMIUM, faultsOf, seriousViolations } from "../serve/browser.ts";
import { gatedSite, hasText } from "../serve/gated_site.ts";

const PAGES = 24, FREE = 9, SECONDS = 5;

/** Waits until the figures are these, and tells them otherwise. */
async function figuresAre(page: Page, wanted: Readonly<Record<string, string>>): Promise<void> {
  const read = () =>
    page.evaluate((names) =>
      names.map((name) => [
        name,
        document.querySelector(`[data-figure=${name}]`)?.textContent ?? "none",
      ]), Object.keys(wanted));
  await page.waitForFunction(
    (wanted) =>
      Object.entries(wanted).every(([name, text]) =>
        document.querySelector(`[data-figure=${name}]`)?.textContent === text
      ),
    wanted,
    { timeout: 60_000 },
  ).catch(async (cause) => {
    throw new Error(`figures are ${JSON.stringify(await read())}`, { cause });
  });
}

const isShown = (page: Page, id: string) =>
  page.getByRole("region", { name: id, exact: true }).isVisible();

/** The texts of the corpus on the disk. */
async function corpusOf(dir: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name } of Deno.readDir(join(dir, "corpus"))) {
    if (!name.endsWith(".jsonl.gz")) continue;
    // Member by member: DecompressionStream knows but one.
    const lines = gunzipSync(await Deno.readFile(join(dir, "corpus", name))).toString();
    texts.push(...lines.trimEnd().split("\n").map((line) => JSON.parse(line).text));
  }
  return texts;
}

/** Numbers in the tensors of a safetensors file, by its header. */
async function parametersOf(path: string): Promise<number> {
  const bytes = await Deno.readFile(path);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header: Record<string, { shape?: number[] }> = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)),
  );
  return Object.values(header).reduce(
    (sum, { shape }) => sum + (shape?.reduce((product, size) => product * size, 1) ?? 0),
    0,
  );
}

Deno.test("a run that collects shows what it has, and one by time how far it is", async (t) => {
  await using folder = await openFolder();
  await using site = gatedSite({ pages: PAGES, free: FREE });
  const dir = join(folder.path, "run");
  await using program = start([
    ...["pipeline", "--run", dir, "--dashboard=0", "--seconds", String(SECONDS), "--vocab", "300"],
    ...["--allow-private", "--validate-every", "5", `${site.origin}/0`],
  ]);
  const address = /http\S+/.exec(await program.line(/^Dashboard on/))?.[0] ?? "";
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const faults = faultsOf(page, address);
    await page.goto(address);
    await t.step("pages, documents, drops and the bottleneck while it collects", async () => {
      const kept = Array.from({ length: FREE }, (_, i) => i).filter(hasText).length;
      await figuresAre(page, {
        pages: String(FREE),
        documents: String(kept),
        dropped: String(FREE - kept),
        bottleneck: "crawl",
      });
      for (const id of ["Curves", "Time of a step", "Spheres", "Samples", "Comparison"]) {
        assertEquals(await isShown(page, id), false, id);
      }
      assertEquals(await page.getByRole("progressbar").isVisible(), false);
      assertEquals(await page.getByText("not begun").count(), 5);
      assertEquals(await page.locator("#pipeline .bottleneck").count(), 1);
      assertEquals(await seriousViolations(page), []);
    });
    await t.step("the share of its time while it trains", async () => {
      site.open();
      const text = page.getByText(/^\d+ %, 0:0\d of 0:05 of training$/);
      await text.waitFor({ timeout: 120_000 });
      const [told, now] = await page.evaluate(() => [
        document.querySelector("#progress-text")?.textContent ?? "",
        document.querySelector("#progress")?.getAttribute("aria-valuenow"),
      ]);
      const [, percent, seconds] = /^(\d+) %, 0:0(\d) of/.exec(told ?? "") ?? [];
      assertEquals(percent, now);
      // Seconds are rounded, to half of one.
      assert(Math.abs(Number(percent) / 100 * SECONDS - Number(seconds)) <= 0.55, told ?? "");
      assertEquals(await isShown(page, "Curves"), true);
    });
    const { code, err } = await program.ended;
    assertEquals(code, 0, err);
    assertEquals(faults, []);
    await page.close();

    await t.step("what was trained on what, as the files have it", async () => {
      const report = await browser.newPage();
      await report.goto(`file://${join(dir, "report.html")}`);
      const texts = await corpusOf(dir);
      const bytes = texts.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
      const [step = ""] = (await Array.fromAsync(Deno.readDir(join(dir, "checkpoints"))))
        .map(({ name }) => name).filter((name) => name.startsWith("step-")).sort().slice(-1);
      const model = join(dir, "checkpoints", step, "model.safetensors");
      const last = JSON.parse(
        (await Deno.readTextFile(join(dir, "metrics.jsonl"))).trimEnd().split("\n").at(-1) ?? "",
      );
      const { parameters, corpus, passes } = JSON.parse(
        await Deno.readTextFile(join(dir, "status.json")),
      );
      assertEquals(parameters, await parametersOf(model));
      assertEquals([corpus.documents, corpus.textBytes], [texts.length, bytes]);
      assertEquals(texts.length, Array.from({ length: PAGES }, (_, i) => i).filter(hasText).length);
      assertEquals([corpus.isWhole, corpus.tokenizedDocuments], [true, texts.length]);
      assertEquals(passes, last.totalTokens / corpus.trainTokens);
      const said = await report.locator("section").first().innerText();
      for (
        const words of [
          `A model of ${parameters.toLocaleString("en")} parameters trained ${last.step} step`,
          `on ${last.totalTokens.toLocaleString("en")} tokens`,
          ` documents to train on, of ${texts.length} documents`,
          `(${(bytes / 1000).toFixed(1)} kB of text) from ${site.origin}/0`,
          `is ${last.validationLoss.toFixed(4)} nats per token at the end`,
        ]
      ) assert(said.includes(words), `${words} in ${said}`);
      // Each tenth is held out, and first tokens are no targets.
      const [, times, over] = /: ([\d.]+) passes over (\d+) documents to train on/.exec(said) ?? [];
      assertEquals(Number(over), texts.length - Math.floor(texts.length / 10));
      const exact = last.totalTokens / (corpus.trainTokens - Number(over));
      assertEquals(times, exact.toFixed(exact < 10 ? 2 : 1));
    });
  } finally {
    await browser.close();
  }
});
