/**
 * The application over a golden model, with and without sockets.
 *
 * @module
 */
import type { App } from "../../serve/mod.ts";
import type { SchedulerLimits } from "../../engine/admission.ts";
import { type AppLimits, type AppOptions, createApp } from "../../serve/app.ts";
import { listen, type SocketLimits } from "../../serve/listen.ts";
import { openOnnxEngine } from "../../engine/onnx/engine.ts";
import { Scheduler } from "../../engine/scheduler.ts";
import { type CountedEngine, countEngine } from "../engine/counted_engine.ts";
import { characterCodec, goldenModel } from "../engine/golden.ts";

/** What to open. */
export interface GoldenAppOptions
  extends
    Pick<AppOptions, "apiKeys" | "corsOrigins" | "dashboard" | "onAccess" | "trustProxy">,
    Pick<AppOptions, "hostNames" | "prompts" | "sampling"> {
  readonly limits?: AppLimits & SchedulerLimits;
  /** Longest text; the model's own unless given. */
  readonly context?: number;
  /** 61 and above never end a text: the model has no such token. */
  readonly endOfTextId?: number;
}

/** An open application. */
export interface GoldenApp extends AsyncDisposable {
  readonly app: App;
  readonly engine: CountedEngine;
  readonly scheduler: Scheduler;
  /** What `onFailure` was told. */
  readonly failures: unknown[];
}

/** Opens the application as `golden`. */
export async function openApp(options: GoldenAppOptions = {}): Promise<GoldenApp> {
  const { limits = {}, context, endOfTextId = 61, ...rest } = options;
  const { model, config } = await goldenModel();
  const max_position_embeddings = context ?? config.max_position_embeddings;
  const engine = countEngine(
    await openOnnxEngine({ model, config: { ...config, max_position_embeddings } }),
  );
  const failures: unknown[] = [];
  const scheduler = new Scheduler(engine, limits);
  const app = createApp({
    scheduler,
    codec: characterCodec({ endOfTextId }),
    modelName: "golden",
    onFailure: (error) => failures.push(error),
    limits,
    ...rest,
  });
  return {
    app,
    engine,
    scheduler,
    failures,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

/** An application that listens on loopback. */
export interface GoldenServer extends GoldenApp {
  readonly port: number;
  readonly url: string;
  /** Stops listening; settles when all connections have ended. */
  stop(): Promise<void>;
}

/** Opens the application and listens. */
export async function openServer(
  options: GoldenAppOptions & { readonly sockets?: SocketLimits } = {},
): Promise<GoldenServer> {
  const opened = await openApp(options);
  const stopping = new AbortController();
  const { port, finished } = await listen(opened.app, {
    port: 0,
    signal: stopping.signal,
    limits: options.sockets ?? {},
  });
  const stop = () => {
    stopping.abort();
    return finished;
  };
  return {
    ...opened,
    port,
    url: `http://127.0.0.1:${port}`,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await opened[Symbol.asyncDispose]();
    },
  };
}

/** Posts `body` to /v1/completions without a socket. */
export async function post(
  { app }: GoldenApp,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = { "content-type": "application/json" },
): Promise<Response> {
  return await app.request("/v1/completions", { method: "POST", body, headers });
}
