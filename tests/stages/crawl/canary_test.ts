/**
 * Every spelling of a special address, three ways: named directly, redirected to, answered by a name
 * server. A canary listens on all of this machine's addresses; it must never hear anybody.
 */
import { assert, assertEquals } from "@std/assert";
import type { ResolvedAddress } from "../../../stages/crawl/mod.ts";
import { guardedLookup } from "../../../stages/crawl/address_guard.ts";
import { fetchAll } from "./fetch.ts";
import { serveSite } from "./server.ts";
import { BLOCKED } from "./special_addresses.ts";

/** Listens on every address, IPv4 and IPv6 where there is one, and counts who connects. */
function openCanary() {
  const first = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const { port } = first.addr;
  const counts = { connections: 0 };
  const listeners = [first];
  try {
    listeners.push(Deno.listen({ hostname: "::", port }));
  } catch (error) {
    // The system's IPv6 listener may already cover IPv4, or there is no IPv6 at all.
    assert(error instanceof Error && /in use|family|available/i.test(error.message), `${error}`);
  }
  const heard = listeners.map(async (listener) => {
    for await (const connection of listener) {
      counts.connections++;
      connection.close();
    }
  });
  return {
    port,
    counts,
    async [Symbol.asyncDispose]() {
      for (const listener of listeners) listener.close();
      await Promise.all(heard);
    },
  };
}

/** Addresses of this machine's own interfaces: they would reach the canary as well. */
const interfaces = Deno.networkInterfaces()
  .map(({ address, family }) => family === "IPv6" ? `[${address}]` : address);
const spellings = [...new Set([...BLOCKED.map(([spelling]) => spelling), "localhost"])];
const literals = spellings.filter((spelling) => !spelling.startsWith("localhost"));
const address = (spelling: string): ResolvedAddress => {
  const bare = new URL(`http://${spelling}/`).hostname.replace(/[[\]]/g, "");
  return { address: bare, family: bare.includes(":") ? 6 : 4 };
};

Deno.test("the canary hears whoever does connect", async () => {
  await using canary = openCanary();
  await fetchAll([`http://127.0.0.1:${canary.port}/`]);
  assert(canary.counts.connections > 0);
});

Deno.test(`${spellings.length} spellings named directly: none is connected to`, async () => {
  assert(spellings.length >= 60);
  await using canary = openCanary();
  const seeds = [...spellings, ...interfaces].map((host, at) =>
    `http://${host}:${canary.port}/${at}`
  );
  const { texts, reasons } = await fetchAll(seeds, { allowOrigins: [] });
  assertEquals([texts, new Set(reasons)], [[], new Set(["blocked-address"])]);
  assertEquals(reasons.length, seeds.length);
  assertEquals(canary.counts.connections, 0);
});

Deno.test(`${spellings.length} spellings redirected to: none is connected to`, async () => {
  await using canary = openCanary();
  const targets = [...spellings, ...interfaces].map((host) => `http://${host}:${canary.port}/`);
  await using site = serveSite(
    Object.fromEntries(targets.map((target, at) => [
      `/${at}`,
      () =>
        new Response(null, {
          status: 302,
          headers: { location: target.replace(/[^\x21-\x7e]/gu, encodeURIComponent) },
        }),
    ])),
  );
  const { texts, reasons } = await fetchAll(targets.map((_, at) => `${site.origin}/${at}`));
  assertEquals([texts, new Set(reasons)], [[], new Set(["blocked-address"])]);
  assertEquals(reasons.length, targets.length);
  assertEquals(canary.counts.connections, 0);
});

Deno.test(`${literals.length} addresses answered for a name: none is connected to`, async () => {
  await using canary = openCanary();
  const answers = new Map(literals.map((spelling, at) => [`n${at}.test`, address(spelling)]));
  const seeds = [...answers.keys()].map((name) => `http://${name}:${canary.port}/`);
  const { texts, reasons } = await fetchAll(seeds, {
    allowOrigins: [],
    resolve: (name) => Promise.resolve([answers.get(name) as ResolvedAddress]),
  });
  assertEquals([texts, new Set(reasons)], [[], new Set(["blocked-address"])]);
  assertEquals(reasons.length, seeds.length);
  assertEquals(canary.counts.connections, 0);
});

Deno.test("each answer of a changing name is judged: public first, special afterwards", async () => {
  for (const spelling of literals) {
    const answers = [{ address: "93.184.215.14", family: 4 }, address(spelling)];
    const lookup = guardedLookup(new URL("http://rebind.test/"), {
      rules: { allowPrivate: false, allowOrigins: new Set() },
      resolve: () => Promise.resolve(answers.splice(0, 1)),
    });
    const ask = () =>
      new Promise<string>((resolve) =>
        lookup(
          "rebind.test",
          { all: false },
          (error, found) => resolve(error?.message ?? String(found)),
        )
      );
    assertEquals(await ask(), "93.184.215.14");
    const second = await ask();
    assert(second.includes("not connected to"), `${spelling}: ${second}`);
  }
});
