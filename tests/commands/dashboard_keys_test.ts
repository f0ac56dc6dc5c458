import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { parseFlags } from "../../cli/flags.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../run/settings/pipeline.ts";
import { runPaths, writeSettings } from "../../run/folder.ts";
import { LIVE_SCRIPTS, STYLES } from "../../dashboard/page_files.ts";
import { openFolder, start } from "./program.ts";

const KEY = "dashboard-key-0123456789";
const OTHER = "another-key-0123456789";
const ASKED = 'Basic realm="an API key, as the password"';
const PATHS = [
  ...["/", "/runs", "/history", "/metrics", "/events"],
  ...[...STYLES, ...LIVE_SCRIPTS].map(([name]) => `/${name}`),
];

async function openRunFolder() {
  const folder = await openFolder();
  const paths = runPaths(join(folder.path, "secret-run"));
  await Deno.mkdir(paths.root);
  await writeSettings(paths, settingsOf(parseFlags([], { flags: PIPELINE_FLAGS })).wanted);
  const file = join(folder.path, "keys");
  await Deno.writeTextFile(file, `laptop ${KEY}\n`);
  return { run: paths.root, file, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Starts the command; what it says has its port. */
async function open(args: readonly string[], env: Record<string, string> = {}) {
  const program = start(["dashboard", "--port=0", ...args], env);
  const line = await program.line(/^Dashboard on/);
  const port = /:(\d+)\//.exec(line)?.[1] ?? "";
  const ask = async (path: string, { authorization, method = "GET" }: Asked = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(authorization !== undefined && { headers: { authorization } }),
    });
    // The feed never ends by itself.
    const reader = response.body?.getReader();
    const text = new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    return { status: response.status, asked: response.headers.get("www-authenticate"), text };
  };
  return { line, ask, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

interface Asked {
  readonly authorization?: string;
  readonly method?: string;
}

const basic = (text: string) => `Basic ${btoa(text)}`;

Deno.test("the dashboard shows other machines nothing without a key", async () => {
  await using folder = await openRunFolder();
  for (const hostname of ["0.0.0.0", "::"]) {
    await using program = start(["dashboard", `--hostname=${hostname}`, "--port=0", folder.run]);
    const { code, out, err } = await program.ended;
    assertEquals([code, out], [2, ""], hostname);
    assertStringIncludes(
      err,
      `Cannot listen on ${hostname} without API keys: give --api-key-file FILE or CLLM_API_KEYS, `,
    );
  }
  await using opened = await open([
    ...["--hostname=0.0.0.0", "--api-key-file", folder.file, folder.run],
  ]);
  assertMatch(opened.line, /password.* API key/);
  for (const path of [...PATHS, "/none", "//history", "/../history", "/history?run=secret-run"]) {
    const wrong = [undefined, basic(`me:${OTHER}`), basic(`${KEY}:`), `Bearer ${OTHER}`, KEY];
    for (const authorization of wrong) {
      const { status, asked, text } = await opened.ask(
        path,
        authorization ? { authorization } : {},
      );
      assertEquals([status, asked], [401, ASKED], `${path} ${authorization}`);
      assertEquals(text.includes("secret-run"), false, path);
    }
    const { status } = await opened.ask(path, { method: "POST" });
    assertEquals(status, 401, path);
  }
  for (const path of PATHS) {
    for (const authorization of [basic(`me:${KEY}`), `Bearer ${KEY}`]) {
      const { status, asked } = await opened.ask(path, { authorization });
      assertEquals([status, asked], [200, null], path);
    }
  }
  const authorization = basic(`:${KEY}`);
  assertEquals((await opened.ask("/runs", { authorization })).text, '["secret-run"]');
  assertMatch((await opened.ask("/events", { authorization })).text, /"name":"secret-run"/);
  assertEquals((await opened.ask("/none", { authorization })).status, 404);
});

Deno.test("this machine's dashboard asks for a key only where there is one", async () => {
  await using folder = await openRunFolder();
  {
    await using opened = await open([folder.run]);
    for (const path of PATHS) assertEquals((await opened.ask(path)).status, 200, path);
  }
  await using opened = await open([folder.run], { CLLM_API_KEYS: `a ${OTHER},b ${KEY}` });
  for (const path of PATHS) assertEquals((await opened.ask(path)).status, 401, path);
  const authorization = basic(`b:${KEY}`);
  for (const path of PATHS) {
    assertEquals((await opened.ask(path, { authorization })).status, 200, path);
  }
});
