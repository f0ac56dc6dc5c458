/** A site whose name points to this machine must not read what the server answers. */
import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../cli/flags.ts";
import { hostNamesOf } from "../../serve/listen_keys.ts";
import { parseApiKeys } from "../../serve/api_keys.ts";
import { createDashboard } from "../../dashboard/mod.ts";
import { hostnameOf } from "../../serve/host_names.ts";
import { createLoadingApp } from "../../serve/loading.ts";
import { isThere } from "../commands/program.ts";
import { openApp, openServer } from "./golden_app.ts";

/** The status of a request with these header lines. */
async function statusOf(url: string, lines: readonly string[]): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const head = ["GET /v1/models HTTP/1.1", ...lines, "connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(head));
  const answer = await new Response(connection.readable).text();
  return Number(answer.split(" ")[1]);
}

Deno.test("without keys a server answers by the names of this machine alone, and those given", async () => {
  await using server = await openServer({ hostNames: ["model.example.org"] });
  const cases: [host: string, status: number][] = [
    ["localhost", 200],
    ["LOCALHOST:8000", 200],
    ["app.localhost", 200],
    ["127.0.0.1:80", 200],
    ["[::1]:8000", 200],
    ["Model.Example.org:443", 200],
    ["rebound.test", 421],
    ["rebound.test:8000", 421],
    ["127.0.0.1.rebound.test", 421],
    ["localhost.rebound.test", 421],
    ["notlocalhost", 421],
    // Nobody can have an address point elsewhere.
    ["10.0.0.1", 200],
    ["[fd00::1]:8000", 200],
    ["10.0.0.1.rebound.test", 421],
    ["x.model.example.org", 421],
  ];
  for (const [host, status] of cases) {
    assertEquals(await statusOf(server.url, [`host: ${host}`]), status, host);
  }
});

Deno.test("so does everything that listens: with keys, while loading, and the dashboard alone", async () => {
  const apiKeys = parseApiKeys("one key-of-the-test-0123456789");
  await using opened = await openApp({ hostNames: ["model.example.org"], apiKeys });
  const dashboard = createDashboard({
    runs: [],
    exposition: () => Promise.resolve(""),
    hostNames: ["model.example.org"],
  });
  const loading = createLoadingApp();
  for (
    const [app, path, known, status] of [
      [opened.app, "/health", "model.example.org", 200],
      [dashboard, "/runs", "model.example.org", 200],
      [loading, "/health", "localhost", 503],
    ] as const
  ) {
    const rebound = await app.request(`http://rebound.test${path}`);
    assertEquals([rebound.status, (await rebound.json()).error.code], [421, "unknown_host"], path);
    assertEquals((await app.request(`http://${known}${path}`)).status, status, path);
  }
});

Deno.test("the flags name the host that is listened on, and those given", () => {
  const names = (hostname: string, ...given: string[]) =>
    hostNamesOf({ hostname, "host-name": given });
  assertEquals(names("127.0.0.1", "Model.example.org"), ["127.0.0.1", "model.example.org"]);
  assertEquals(names("::"), ["::"]);
  assertThrows(() => names("0.0.0.0", "http://a"), UsageError, "Cannot use --host-name http://a");
});

// RFC 9112, 3.2: a request with more than one Host line is refused.
Deno.test("two host headers are refused, the same or not", async () => {
  await using server = await openServer();
  const { url } = server;
  assertEquals(await statusOf(url, ["host: anything.test"]), 200);
  assertEquals(await statusOf(url, ["host: localhost", "Host: rebound.test"]), 400);
  assertEquals(await statusOf(url, ["host: localhost", "host: localhost"]), 400);
});

Deno.test("a name is written without scheme, port and path", () => {
  assertEquals(hostnameOf("Model.Example.org"), "model.example.org");
  assertEquals(hostnameOf("[::1]"), "[::1]");
  for (const name of ["a:80", "http://a", "a/b", "u@a", "", "a b"]) {
    assertEquals(hostnameOf(name), undefined, name);
  }
});

Deno.test({
  name: "in Chromium a rebound name is shown nothing",
  // Debian: apt-get install chromium
  ignore: !await isThere("/usr/bin/chromium"),
  async fn() {
    const browser = new URL("host_names_browser.ts", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--quiet", "--no-check", "--allow-all", browser],
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, `${out}${err}`);
  },
});
