/**
 * The playground in Chromium. playground_test.ts runs it in a process of its own: playwright-core
 * looks into /proc, for which Deno asks for every permission.
 *
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { parseApiKeys } from "../../../serve/api_keys.ts";
import { createDashboard } from "../../../dashboard/mod.ts";
import { listen } from "../../../serve/listen.ts";
import { createLoadingApp } from "../../../serve/loading.ts";
import { CHROMIUM, faultsOf, seriousViolations } from "../browser.ts";
import { openServer } from "../golden_app.ts";

const KEY = "playground-key-0123456789";
const ENDLESS = 90_000;
/** A folder for pictures of each size and colour, for people to look at. */
const PICTURES = Deno.env.get("CLLM_PICTURES");

async function openBrowser(): Promise<{ browser: Browser } & AsyncDisposable> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  return { browser, [Symbol.asyncDispose]: () => browser.close() };
}

const ended = (page: Page) => page.locator("#text[aria-busy=false]").waitFor();
const status = (page: Page) => page.locator("#status").textContent();

Deno.test("the playground generates, shades, stops and says what it serves", async (t) => {
  await using server = await openServer({ context: 100_000 });
  await using opened = await openBrowser();
  const page = await opened.browser.newPage({ viewport: { width: 1280, height: 900 } });
  const faults = faultsOf(page, server.url);
  await page.goto(server.url);

  await t.step("a text with its tokens, as the API gives it", async () => {
    await page.getByText(`Serving ${server.engine.fingerprint}`).waitFor();
    for (const id of ["text-hint", "legend", "token"]) {
      assertEquals(await page.locator(`#${id}`).isVisible(), false, id);
    }
    assertEquals(await page.getByLabel("API key").isVisible(), false);
    assertEquals(await page.getByRole("link", { name: "Training" }).count(), 0);
    await page.getByLabel("Prompt").fill("2%");
    await page.getByLabel("Temperature").fill("0");
    await page.getByLabel("Tokens at most").fill("40");
    await page.getByRole("button", { name: "Generate" }).click();
    await ended(page);
    const body = { prompt: "2%", temperature: 0, max_tokens: 40, logprobs: 5 };
    const response = await fetch(`${server.url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { choices: [{ text, logprobs }] } = await response.json();
    assertEquals(await page.locator("#text").textContent(), `2%${text}`);
    assertEquals(await page.locator("#text .t").allTextContents(), logprobs.tokens);
    assertMatch(await status(page) ?? "", /^40 tokens · [\d.]+ tokens\/s · as long as allowed$/);
    const shades = await page.locator("#text .t > span").evaluateAll((spans) =>
      spans.map(({ className }) => Number(/^s(\d)$/.exec(className)?.[1]))
    );
    // By rank: of forty tokens twenty are bare, then eight, six, four, and the two most surprising.
    const ranked = logprobs.token_logprobs.toSorted((a: number, b: number) => b - a);
    const expected = logprobs.token_logprobs.map((logprob: number) =>
      [20, 28, 34, 38].filter((end) => logprob < ranked[end - 1]).length
    );
    assertEquals(shades, expected);
    const bits = (end: number) => (-ranked[end - 1] / Math.LN2).toFixed(1);
    assertEquals(await page.locator("#legend span").allTextContents(), [
      "Surprise, against the rest of this text",
      ...[`half: up to ${bits(20)} bits`, `to ${bits(28)} bits`, `to ${bits(34)} bits`],
      ...[`to ${bits(38)} bits`, `a twentieth: over ${bits(38)} bits`],
    ]);
  });

  await t.step("the arrow keys tell what a token could have been", async () => {
    await page.getByRole("group", { name: "Generated text" }).focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"]) {
      await page.keyboard.press(key);
    }
    const second = await page.locator("#text .t").nth(1).textContent() ?? "";
    assertMatch(
      await page.locator("#token-title").textContent() ?? "",
      /^Token 2: .* %, [\d.]+ bits$/,
    );
    assertStringIncludes(await page.locator("#token-title").textContent() ?? "", second);
    const likely = await page.locator("#alternatives li").allTextContents();
    assert(likely.length >= 5, `${likely}`);
    const shares = likely.map((line) => parseFloat(/([\d.]+) %$/.exec(line)?.[1] ?? ""));
    assertEquals(shares, shares.toSorted((a, b) => b - a));
    await page.locator("#text .t").nth(3).hover();
    assertMatch(await page.locator("#token-title").textContent() ?? "", /^Token 4: /);
    assertEquals(await page.locator("#text .t.current").count(), 1);
  });

  await t.step("the fields reach the server, and its refusals the reader", async () => {
    const sent = page.waitForRequest(`${server.url}/v1/completions`);
    for (const [label, value] of [["Top-k", "30"], ["Top-p", "0.9"], ["Min-p", "0.01"]] as const) {
      await page.getByLabel(label).fill(value);
    }
    await page.getByLabel("Seed").fill("7");
    await page.getByLabel("Stop before").fill("xyz\nq");
    await page.getByLabel("Prompt").press("Control+Enter");
    assertEquals((await sent).postDataJSON(), {
      prompt: "2%",
      logprobs: 5,
      stop: ["xyz", "q"],
      temperature: 0,
      max_tokens: 40,
      top_k: 30,
      top_p: 0.9,
      min_p: 0.01,
      seed: 7,
      stream: true,
    });
    await ended(page);
    await page.getByLabel("Stop before").fill("1\n2\n3\n4\n5");
    await page.getByRole("button", { name: "Generate" }).click();
    assertStringIncludes(await page.getByRole("alert").textContent() ?? "", "up to 4");
    await page.getByLabel("Stop before").fill("");
  });

  await t.step("stopping ends the generation on the server", async () => {
    for (const stop of ["button", "key"]) {
      const before = server.engine.created;
      await page.getByLabel("Tokens at most").fill(`${ENDLESS}`);
      await page.getByRole("button", { name: "Generate" }).click();
      await page.locator("#text .t").nth(20).waitFor();
      if (stop === "key") await page.keyboard.press("Escape");
      else await page.getByRole("button", { name: "Stop" }).click();
      await ended(page);
      await server.engine.disposed(before);
      assertMatch(await status(page) ?? "", /tokens\/s · stopped$/);
      const focused = await page.evaluate(() => document.activeElement?.id);
      if (stop === "button") assertEquals(focused, "generate");
    }
  });

  await t.step("newer weights are named when the page looks again", async () => {
    Object.assign(server.engine, { fingerprint: "step-000420" });
    await page.evaluate(() => dispatchEvent(new Event("visibilitychange")));
    await page.getByText("Serving step 420", { exact: true }).waitFor();
  });

  await t.step("what a screen reader is told", async () => {
    const tree = await page.locator("body").ariaSnapshot();
    for (
      const line of [
        /heading "cllm" \[level=1\]/,
        /link "Playground"/,
        /status: Serving/,
        /textbox "Prompt"/,
        /button "Generate"/,
        /button "Stop" \[disabled\]/,
        /group "Generated text"/,
        /group "Legend: surprise of each token"/,
        /spinbutton "Temperature"/,
        /textbox "Stop before/,
      ]
    ) assertMatch(tree, line);
    assertEquals(await page.locator("#text").getAttribute("aria-live"), "polite");
  });

  await t.step("nothing serious in any size and colour, and no overflow", async () => {
    await page.getByLabel("Tokens at most").fill("60");
    for (const width of [1280, 390]) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize({ width, height: 844 });
        await page.emulateMedia({ colorScheme });
        await page.getByRole("button", { name: "Generate" }).click();
        await ended(page);
        await page.locator("#text .t").first().click();
        assertEquals(await seriousViolations(page), []);
        if (PICTURES) {
          await page.screenshot({ path: `${PICTURES}/playground-${width}-${colorScheme}.png` });
        }
        const overflow = await page.evaluate(() =>
          document.documentElement.scrollWidth - innerWidth
        );
        assertEquals(overflow, 0);
      }
    }
  });
  assertEquals(faults.filter((fault) => !/status of 40[04]/.test(fault)), []);
  await page.close();
});

Deno.test("the playground asks for a key where one is needed, and keeps it in its tab", async () => {
  await using server = await openServer({ apiKeys: parseApiKeys(`visitor ${KEY}`) });
  await using opened = await openBrowser();
  const page = await opened.browser.newPage();
  const faults = faultsOf(page, server.url);
  await page.goto(server.url);
  await page.getByLabel("Prompt").fill("2%");
  await page.getByLabel("Tokens at most").fill("5");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("An API key is needed").waitFor();
  assertEquals(await page.evaluate(() => document.activeElement?.id), "key");
  await page.keyboard.type(KEY);
  await page.keyboard.press("Enter");
  await page.locator("#text .t").nth(4).waitFor();
  assertEquals(await page.getByRole("alert").isVisible(), false);
  await page.reload();
  assertEquals(await page.getByLabel("API key").inputValue(), KEY);
  assertEquals(await page.evaluate(() => [localStorage.length, document.cookie]), [0, ""]);
  assertEquals(page.url().includes(KEY), false);
  const other = await opened.browser.newPage();
  await other.goto(server.url);
  assertEquals(await other.getByLabel("API key").inputValue(), "");
  assertEquals(faults.filter((fault) => !/status of 401/.test(fault)), []);
  await Promise.all([page.close(), other.close()]);
});

Deno.test("the browser asks for a key before it opens the dashboard, and keeps it for the page", async () => {
  const dir = await Deno.makeTempDir();
  const record = { step: 7, loss: 2.5, learningRate: 0.001, gradNorm: 1, tokensPerSecond: 100 };
  await Deno.writeTextFile(join(dir, "metrics.jsonl"), `${JSON.stringify(record)}\n`);
  await using server = await openServer({
    apiKeys: parseApiKeys(`visitor ${KEY}`),
    dashboard: createDashboard({
      runs: [{ name: "mine", dir }],
      exposition: () => Promise.resolve(""),
    }),
  });
  await using opened = await openBrowser();
  const refused = await opened.browser.newPage();
  await refused.goto(server.url);
  const [answer] = await Promise.all([
    refused.waitForResponse(`${server.url}/dashboard/`),
    // Without anybody to type it, there is no page.
    refused.getByRole("link", { name: "Training" }).click().catch(() => {}),
  ]);
  assertEquals(answer.status(), 401);
  await refused.close();
  const context = await opened.browser.newContext({
    httpCredentials: { username: "anybody", password: KEY },
  });
  const page = await context.newPage();
  const faults = faultsOf(page, server.url);
  await page.goto(server.url);
  await page.getByRole("link", { name: "Training" }).click();
  // Scripts, the list of runs and the stream of events have come, too.
  await page.locator("[data-figure=step]").getByText("7").waitFor();
  await Deno.writeTextFile(
    join(dir, "metrics.jsonl"),
    `${JSON.stringify({ ...record, step: 8 })}\n`,
    {
      append: true,
    },
  );
  await page.locator("[data-figure=step]").getByText("8").waitFor();
  assertEquals(await page.evaluate(() => [localStorage.length, document.cookie]), [0, ""]);
  const api = await page.evaluate(async () => (await fetch("/v1/models")).status);
  assertEquals(api, 401);
  assertEquals(faults.filter((fault) => !/status of 401/.test(fault)), []);
  await context.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("the playground says that the model is loading", async () => {
  const stopping = new AbortController();
  const { port, finished } = await listen(createLoadingApp(), {
    port: 0,
    signal: stopping.signal,
  });
  await using opened = await openBrowser();
  const page = await opened.browser.newPage();
  await page.goto(`http://127.0.0.1:${port}`);
  await page.getByText("loading", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("There is no model to serve yet; try again later").waitFor();
  await page.close();
  stopping.abort();
  await finished;
});
