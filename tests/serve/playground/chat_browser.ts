/**
 * The page of conversations in Chromium; playground_test.ts runs it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { chromium } from "playwright-core";
import { CHROMIUM, faultsOf, seriousViolations } from "../browser.ts";
import { openServer } from "../golden_app.ts";

Deno.test("a conversation is kept, asked again, changed and told what comes first", async (t) => {
  await using server = await openServer({ sampling: { temperature: 0 } });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  await using _closed = { [Symbol.asyncDispose]: () => browser.close() };
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const faults = faultsOf(page, server.url);
  await page.goto(`${server.url}/chat`);
  const asked: { messages: { role: string; content: string }[] }[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/v1/chat/completions")) asked.push(request.postDataJSON());
  });
  const said = () => page.locator("#messages li p").allTextContents();
  const answered = () => page.locator("#send:enabled").waitFor();
  const ask = async (text: string) => {
    await page.getByLabel("Your message").fill(text);
    await page.getByLabel("Your message").press("Enter");
    await answered();
  };

  await t.step("an answer follows the question, and again the same", async () => {
    await ask("2%");
    const first = await said();
    assertEquals([first.length, first[0]], [2, "2%"]);
    await page.getByRole("button", { name: "Regenerate" }).click();
    await answered();
    assertEquals(await said(), first);
    assertEquals(asked[1]?.messages, asked[0]?.messages);
  });

  await t.step(
    "the system prompt comes first, and a changed question replaces the rest",
    async () => {
      await page.getByLabel("System prompt").fill("Be brief");
      await page.getByLabel("System prompt").blur();
      await page.getByRole("button", { name: "Edit" }).click();
      await page.getByLabel("Changed message").fill("3");
      await page.getByRole("button", { name: "Send changed" }).click();
      await answered();
      assertEquals(asked.at(-1)?.messages, [
        { role: "system", content: "Be brief" },
        { role: "user", content: "3" },
      ]);
      assertEquals((await said())[0], "3");
    },
  );

  await t.step("conversations are there after a reload, until they are deleted", async () => {
    const before = await said();
    await page.reload();
    assertEquals(await said(), before);
    await page.getByRole("button", { name: "New" }).click();
    assertEquals(await said(), []);
    await page.getByLabel("Kept in this browser").selectOption("0");
    assertEquals(await said(), before);
    assertEquals(await seriousViolations(page), []);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    assertEquals(await said(), []);
  });
  assertEquals(faults, []);
});
