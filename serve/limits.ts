/**
 * What `serve` takes on at most, as flags.
 *
 * @module
 */
import type { AppLimits, SocketLimits } from "./mod.ts";
import type { SchedulerLimits } from "../engine/mod.ts";
import { type FlagValues, group, number } from "../cli/flags.ts";

/** Flags of `serve`; each has a default that suits one machine. */
export const LIMIT_FLAGS = {
  ...group("Requests", {
    "max-running": number({ help: "answers generated at once", min: 1, defaultValue: 128 }),
    "max-waiting": number({ help: "requests in the queue; more get 429", defaultValue: 1024 }),
    "max-per-client": number({
      help: "requests of one client, running or queued; more get 429 (default: no limit)",
      min: 1,
    }),
    "max-prompt-tokens": number({
      help: "tokens of a prompt; longer ones get 400 (default: the model's context)",
      min: 1,
    }),
    "max-tokens": number({
      help: "tokens of an answer; longer ones end there (default: the model's context)",
      min: 1,
    }),
    "max-seconds": number({
      help: "time limit of a request, queue included; then it gets 504",
      min: 1,
      max: 86_400,
      defaultValue: 600,
    }),
  }),
  ...group("Connections", {
    "max-body": number({ help: "bytes of a request's body", min: 1, defaultValue: 1 << 20 }),
    "max-header": number({ help: "bytes of its headers", min: 256, defaultValue: 16 << 10 }),
    "max-connections": number({ help: "open connections", min: 1, defaultValue: 2048 }),
    "header-seconds": seconds("time for the headers to arrive", 10),
    "body-seconds": seconds("time for the whole request to arrive", 30),
    "idle-seconds": seconds("time a connection may wait for its next request", 75),
    "stall-seconds": seconds("time a client may take nothing of its answer", 30),
    "drain-seconds": seconds("time for answers to end once the server is told to stop", 10),
  }),
};

/** The flags' values as the parts of the server take them. */
export function limitsOf(values: FlagValues<typeof LIMIT_FLAGS>): {
  readonly scheduler: SchedulerLimits;
  readonly app: AppLimits;
  readonly sockets: SocketLimits;
} {
  const stallMs = 1000 * values["stall-seconds"];
  return {
    scheduler: {
      maxRunning: values["max-running"],
      maxWaiting: values["max-waiting"],
      maxPerClient: values["max-per-client"] ?? Infinity,
      maxPromptTokens: values["max-prompt-tokens"] ?? Infinity,
      maxTokens: values["max-tokens"] ?? Infinity,
      requestMs: 1000 * values["max-seconds"],
    },
    app: { maxBodyBytes: values["max-body"], stallMs },
    sockets: {
      headersMs: 1000 * values["header-seconds"],
      requestMs: 1000 * values["body-seconds"],
      idleMs: 1000 * values["idle-seconds"],
      stallMs,
      drainMs: 1000 * values["drain-seconds"],
      maxHeaderBytes: values["max-header"],
      maxConnections: values["max-connections"],
    },
  };
}

function seconds(help: string, defaultValue: number) {
  return number({ help, min: 1, max: 86_400, defaultValue });
}
