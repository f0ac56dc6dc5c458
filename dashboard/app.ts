/**
 * The dashboard: a page that shows runs as they train. A function from Request to Response, like the
 * rest of the server; it only reads run folders.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import {
  type ApiKeys,
  type App,
  eventStream,
  type KeyRules,
  PAGE_POLICY,
  requireApiKey,
  requireHostName,
} from "../serve/mod.ts";
import { watchRuns } from "./feed.ts";
import { LIVE_PAGE } from "./live_page.ts";
import { LIVE_SCRIPTS, STYLES } from "./page_files.ts";
import { readRun, type RunHistory, type ShownRun } from "./run_files.ts";

/** Options of {@linkcode createDashboard}. */
export interface DashboardOptions {
  /** The first is shown initially; others instead of it or beside it on request. */
  readonly runs: readonly ShownRun[];
  /** The metrics of a run in Prometheus' text format. */
  readonly exposition: (run: RunHistory) => Promise<string>;
  /** Every request must have one of these, as a browser's password or as `Bearer`. */
  readonly apiKeys?: ApiKeys;
  /** Allowed host names besides loopback's; all by default. */
  readonly hostNames?: readonly string[];
  /** Timeout that ends streams whose client reads nothing. */
  readonly stallMs?: number;
}

/** Every path is a page of the dashboard. */
const DASHBOARD_RULES: KeyRules = {
  openPaths: new Set(),
  pages: "",
  scopesOf: () => ["dashboard"],
};

/**
 * The application; its addresses are relative, so that it can be mounted anywhere.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createDashboard } from "./mod.ts";
 * const dir = await Deno.makeTempDir();
 * const app = createDashboard({ runs: [{ name: "mine", dir }], exposition: async () => "" });
 * assertEquals(await (await app.request("/runs")).json(), ["mine"]);
 * ```
 */
export function createDashboard(
  { runs, exposition, apiKeys, hostNames, stallMs = 30_000 }: DashboardOptions,
): App {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.res.headers.set("x-content-type-options", "nosniff");
    context.res.headers.set("cache-control", "no-store");
  });
  if (hostNames) app.use(requireHostName(hostNames));
  if (apiKeys) app.use(requireApiKey(apiKeys, DASHBOARD_RULES));
  app.get(
    "/",
    (context) => context.html(LIVE_PAGE, 200, { "content-security-policy": PAGE_POLICY }),
  );
  for (const [type, files] of [["text/css", STYLES], ["text/javascript", LIVE_SCRIPTS]] as const) {
    for (const [name, text] of files) {
      app.get(
        `/${name}`,
        (context) => context.body(text, 200, { "content-type": `${type}; charset=utf-8` }),
      );
    }
  }
  const named = (context: Context) => {
    const name = context.req.query("run");
    return name === undefined ? runs[0] : runs.find((run) => run.name === name);
  };
  const unknown = (context: Context) => context.json({ error: "There is no such run" }, 404);
  app.get("/runs", (context) => context.json(runs.map(({ name }) => name)));
  app.get("/history", async (context) => {
    const run = named(context);
    return run ? context.json(await readRun(run)) : unknown(context);
  });
  app.get("/events", (context) => {
    const names = new Set(context.req.queries("run") ?? runs.slice(0, 1).map(({ name }) => name));
    const followed = runs.filter(({ name }) => names.has(name));
    if (followed.length < names.size) return unknown(context);
    const left = new AbortController();
    const body = eventStream(messages(followed, left.signal), {
      stallMs,
      onLeave: (reason) => left.abort(reason),
    });
    return context.body(body, 200, { "content-type": "text/event-stream" });
  });
  app.get("/metrics", async (context) => {
    const run = named(context);
    if (!run) return unknown(context);
    const text = await exposition(await readRun(run));
    return context.body(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  return app;
}

async function* messages(
  runs: readonly ShownRun[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  for await (const message of watchRuns(runs, signal)) yield JSON.stringify(message);
}
