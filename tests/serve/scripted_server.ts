/**
 * A server whose model says what it is told to, for the clients of other people's protocols.
 *
 * @module
 */
import { type ChatTemplate, Scheduler } from "../../engine/mod.ts";
import { createApp } from "../../serve/app.ts";
import { listen } from "../../serve/listen.ts";
import { readTokenizer } from "../../tokenizer/mod.ts";
import { type ScriptedEngine, scriptedEngine } from "../engine/scripted_engine.ts";

/** The tokenizer of these tests: ordinary text and an end of one. */
export const { tokenizer } = await readTokenizer(
  new URL("../fixtures/bpe/tokenizer.json", import.meta.url).pathname,
);

/** A server on loopback. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly engine: ScriptedEngine;
  readonly scheduler: Scheduler;
  readonly failures: unknown[];
  /** Posts JSON, and reads what comes. */
  post(path: string, body: unknown): Promise<{ status: number; json: Record<string, unknown> }>;
}

/** Serves a model that says `engine.script`. */
export async function openScripted(
  { chatTemplate }: { chatTemplate?: ChatTemplate } = {},
): Promise<ScriptedServer> {
  const engine = scriptedEngine(tokenizer);
  const scheduler = new Scheduler(engine);
  const failures: unknown[] = [];
  const app = createApp({
    scheduler,
    codec: tokenizer,
    modelName: "scripted",
    chatTemplate,
    onFailure: (error) => failures.push(error),
  });
  const stopping = new AbortController();
  const { port, finished } = await listen(app, { port: 0, signal: stopping.signal });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    engine,
    scheduler,
    failures,
    async post(path, body) {
      const response = await app.request(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return { status: response.status, json: await response.json() };
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await finished;
    },
  };
}
