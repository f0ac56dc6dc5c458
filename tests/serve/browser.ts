/**
 * What the tests of pages in Chromium share.
 *
 * @module
 */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** Debian: apt-get install chromium. */
export const CHROMIUM = "/usr/bin/chromium";

/** What a page did that it must not. */
export function faultsOf(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    // Chromium tells of a stream that ended when the server did.
    const isExpected = /ERR_(CONNECTION|INCOMPLETE)/.test(message.text());
    if (message.type() === "error" && !isExpected) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:")) faults.push(`requested ${url}`);
  });
  return faults;
}

/** What axe-core finds that keeps people out. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // The page's policy forbids scripts of others: this one comes through the debugger.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    return (await axe.run()).violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      where: nodes.map(({ html }) => html),
    }));
  });
  return found.filter(({ impact }) => impact === "serious" || impact === "critical")
    .map((violation) => JSON.stringify(violation));
}
