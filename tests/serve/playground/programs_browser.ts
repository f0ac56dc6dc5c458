/**
 * What the playground gives to take away and what it offers: programs of the present settings, run
 * here as a reader would, and prompts; used by finger too. playground_test.ts runs it in a process
 * of its own.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { parseApiKeys } from "../../../serve/api_keys.ts";
import { CHROMIUM } from "../browser.ts";
import { openServer } from "../golden_app.ts";

const KEY = "playground-key-0123456789";
/** Characters that shells and programs read in their own way. */
const HOSTILE = `2'%"$HOME\\n\`1`;

async function openPage(
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page } & AsyncDisposable> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(url);
  return { page, [Symbol.asyncDispose]: () => browser.close() };
}

const code = async (page: Page) => await page.locator("#snippet").textContent() ?? "";

async function output(command: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the programs give the text on the page, and have a key only where one was entered", async () => {
  await using server = await openServer({ apiKeys: parseApiKeys(`visitor ${KEY}`) });
  await using opened = await openPage(server.url);
  const { page } = opened;
  assert(!(await code(page)).includes("authorization"));
  await page.getByLabel("API key").fill(KEY);
  await page.getByLabel("Prompt").fill(HOSTILE);
  await page.getByLabel("Temperature").fill("0");
  await page.getByLabel("Tokens at most").fill("7");
  await page.getByLabel("Stop before").fill(`x'y\nz"w`);
  await page.getByRole("button", { name: "Generate" }).click();
  await page.locator("#text[aria-busy=false] .t").first().waitFor();
  const text = (await page.locator("#text").textContent())?.slice(HOSTILE.length);

  assertStringIncludes(await code(page), KEY);
  const answer = JSON.parse(await output("bash", ["-c", `${await code(page)} --silent`]));
  assertEquals(answer.choices[0].text, text);
  assertEquals(answer.model, "golden");

  await page.getByLabel("As", { exact: true }).selectOption("openai");
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  // Beside this file, where packages are found by their names.
  const program = await Deno.makeTempFile({
    dir: new URL(".", import.meta.url).pathname,
    suffix: ".mjs",
  });
  try {
    await Deno.writeTextFile(program, await code(page));
    const args = ["run", "--quiet", "--allow-all", "--config", config, program];
    assertEquals(await output(Deno.execPath(), args), `${text}\n`);
  } finally {
    await Deno.remove(program);
  }
  await page.getByLabel("API key").fill("");
  assert(!(await code(page)).includes(KEY));
});

Deno.test("the copy button copies what is shown", async () => {
  await using server = await openServer();
  await using opened = await openPage(server.url, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const { page } = opened;
  await page.getByLabel("Seed").fill("12");
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied").waitFor();
  assertEquals(await page.evaluate(() => navigator.clipboard.readText()), await code(page));
  assertStringIncludes(await code(page), '"seed": 12');
  await page.getByLabel("Seed").fill("13");
  assertEquals(await page.locator("#copied").textContent(), "");
});

Deno.test("prompts of the corpus are offered, the first at once, and none where there are none", async () => {
  await using server = await openServer();
  await using opened = await openPage(server.url);
  const { page } = opened;
  const host = page.getByRole("group", { name: "Beginnings from the corpus" });
  assertEquals(await host.isVisible(), false);
  const prompts = ["12 + 3 <b>", `2%${"0123456789".repeat(9)}`];
  await page.route("**/prompts.json", (route) => route.fulfill({ json: { prompts } }));
  await page.reload();
  await host.waitFor();
  assertEquals(await page.getByLabel("Prompt").inputValue(), prompts[0]);
  assertStringIncludes(await code(page), prompts[0] ?? "");
  await host.getByRole("button").nth(1).press("Enter");
  assertEquals(await page.getByLabel("Prompt").inputValue(), prompts[1]);
});

Deno.test("a finger taps where a mouse points", async () => {
  await using server = await openServer();
  await using opened = await openPage(server.url, {
    hasTouch: true,
    isMobile: true,
    viewport: { width: 390, height: 844 },
  });
  const { page } = opened;
  await page.getByLabel("Prompt").fill("2%");
  await page.getByRole("button", { name: "Generate" }).tap();
  await page.locator("#text[aria-busy=false] .t").nth(5).waitFor();
  assertStringIncludes(await page.locator("#text-hint").innerText(), "Tap a token");
  await page.locator("#text .t").nth(5).tap();
  assertStringIncludes(await page.locator("#token-title").innerText(), "Token 6: ");
  assertEquals(await page.locator("#text-hint").isVisible(), false);
  assert(await page.locator("#alternatives li").count() >= 5);
});
