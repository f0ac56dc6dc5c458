/**
 * An application on loopback, and OpenAI's own client for it.
 *
 * @module
 */
import OpenAI from "openai";
import type { App } from "../../../serve/app.ts";
import { listen } from "../../../serve/listen.ts";

/** Serves the application until disposed. */
export async function openClient(app: App): Promise<{ openai: OpenAI } & AsyncDisposable> {
  const stopping = new AbortController();
  const { port, finished } = await listen(app, { port: 0, signal: stopping.signal });
  return {
    openai: new OpenAI({
      baseURL: `http://127.0.0.1:${port}/v1`,
      apiKey: "none",
      maxRetries: 0,
    }),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await finished;
    },
  };
}
