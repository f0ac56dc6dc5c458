/**
 * `serve`: an OpenAI-compatible endpoint over a trained model.
 *
 * @module
 */
import { createApp, listen } from "../serve/mod.ts";
import { Scheduler } from "../engine/mod.ts";
import { type Command, command } from "../cli/command.ts";
import { dashboardOf } from "../dashboard/mod.ts";
import { isAddressTaken, reasonOf } from "../cli/failure.ts";
import { choice, group, list, toggle, UsageError } from "../cli/flags.ts";
import { reloadCheckpoints } from "../run/checkpoint_reloader.ts";
import { stopOnInterrupt } from "../cli/interrupt.ts";
import { hostNamesOf, LISTEN_FLAGS, portFlag, readApiKeys } from "../serve/listen_keys.ts";
import { MODEL_FLAGS, openModel } from "../run/model_source.ts";
import { runOrOther } from "../run/open.ts";
import { runPaths } from "../run/folder.ts";
import { LIMIT_FLAGS, limitsOf } from "../serve/limits.ts";
import { quoted } from "../run/stopped.ts";
import { say, tell } from "../cli/print.ts";

const FLAGS = {
  ...MODEL_FLAGS,
  ...group("Model", {
    adapter: list({
      help:
        "also serve this LoRA adapter of the model, a run of `tune --lora` or a folder of PEFT; " +
        "requests choose it by its name as `model`; repeatable",
      value: "[NAME=]DIR",
    }),
  }),
  ...LISTEN_FLAGS,
  ...portFlag(8000),
  ...group("Listening", {
    "cors-origin": list({
      help: "let pages of this origin use the API, * for all; repeatable",
      value: "ORIGIN",
    }),
    "trust-proxy": toggle({
      help: "take the client's address from the X-Forwarded-For header of a proxy",
    }),
    "access-log": choice({
      help: "where to write a line of JSON for each request",
      of: ["stdout", "off"],
      defaultValue: "stdout",
    }),
  }),
  ...LIMIT_FLAGS,
};

/** The `serve` command. */
export const serve: Command = command({
  name: "serve",
  summary: "Serves completions over HTTP, in the form of OpenAI's API.\n" +
    "Follows the run: new requests use a better checkpoint as soon as there is one.",
  operands: "[RUN]",
  flags: FLAGS,
  examples: [
    "deno task serve",
    "deno task serve runs/mine --port 8001",
    "deno task serve --model checkpoint/ --weights int8",
  ],
  async run({ values: flags, operands }) {
    const other = ["--model", flags.model] as const;
    const run = runOrOther(operands, { command: "serve", run: flags.run, other });
    const values = { ...flags, run };
    const corsOrigins = values["cors-origin"].map(checkOrigin);
    const hostNames = hostNamesOf(values);
    const apiKeys = await readApiKeys(values);
    const opened = await openModel(values, { adapters: values.adapter });
    const { engine, engineName, codec, tokenizerJson, chatTemplate, name } = opened;
    const { stopIds, sampling, prompts, chosen, adapters } = opened;
    const limits = limitsOf(values);
    const scheduler = new Scheduler(engine, limits.scheduler);
    const { checkpoint } = values;
    const follows = values.model === undefined && engineName === "wasm" &&
      typeof checkpoint !== "number" && adapters.size === 0;
    await using _engine = follows
      ? reloadCheckpoints({
        checkpoints: runPaths(values.run).checkpoints,
        wish: checkpoint,
        scheduler,
        tokenizerJson,
        settings: values,
        note: (line) => tell(line),
      })
      : engine;
    using interrupt = stopOnInterrupt(() => {
      tell("Stopping: running requests may finish.");
      void scheduler.drain();
    });
    const app = createApp({
      scheduler,
      codec,
      chatTemplate,
      stopIds,
      modelName: name,
      adapters,
      sampling,
      prompts,
      // A folder that is no run has nothing to show.
      ...(values.model === undefined && { dashboard: dashboardOf([values.run]) }),
      ...(apiKeys && { apiKeys }),
      ...(values["access-log"] === "stdout" && {
        onAccess: (record) => say(JSON.stringify(record)),
      }),
      hostNames,
      corsOrigins,
      trustProxy: values["trust-proxy"],
      limits: limits.app,
      onFailure: (error) => tell(Deno.inspect(error)),
    });
    const { hostname, port, finished } = await listen(app, {
      hostname: values.hostname,
      port: values.port,
      signal: interrupt.signal,
      limits: limits.sockets,
    }).catch((cause: unknown) => {
      const reason = isAddressTaken(cause)
        ? `another program listens there; choose another --port`
        : `${reasonOf(cause)}; change --hostname or --port`;
      throw new Error(`Cannot listen on ${values.hostname}:${values.port}: ${reason}`, { cause });
    });
    const origin = `http://${hostname}:${port}`;
    // The log alone goes to the standard output.
    tell(`Serving model ${name} (${engine.fingerprint}, ${engineName}) on ${origin}`);
    if (chosen !== undefined) tell(`Uses ${chosen}`);
    if (adapters.size > 0) tell(`Adapters by model name: ${[...adapters.keys()].join(", ")}`);
    const [prompt = ""] = prompts;
    tell(
      `Try: curl -N ${origin}/v1/completions -H 'content-type: application/json' ` +
        (apiKeys ? "-H 'authorization: Bearer KEY' " : "") +
        `-d ${quoted(JSON.stringify({ model: name, prompt, max_tokens: 50, stream: true }))}`,
    );
    await finished;
    // Stopping on request is what a server is meant to do.
    return 0;
  },
});

/** An origin as browsers send it. */
function checkOrigin(origin: string): string {
  if (origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin)) return origin;
  throw new UsageError(
    `Cannot use --cors-origin ${origin}: write it like https://example.org, without a path`,
  );
}
