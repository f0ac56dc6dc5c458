/**
 * `serve`: an OpenAI-compatible endpoint over a trained model.
 *
 * @module
 */
import {
  type App,
  type AppSettings,
  createApp,
  listen,
  LoadedModels,
  type ModelParts,
  type ModelPool,
} from "../serve/mod.ts";
import { Scheduler, type SchedulerLimits } from "../engine/mod.ts";
import { type Command, command } from "../cli/command.ts";
import { dashboardOf } from "../dashboard/mod.ts";
import { isAddressTaken, reasonOf } from "../cli/failure.ts";
import {
  choice,
  type FlagValues,
  group,
  list,
  number,
  text,
  toggle,
  UsageError,
} from "../cli/flags.ts";
import { reloadCheckpoints } from "../run/checkpoint_reloader.ts";
import { onHangup } from "../cli/hangup.ts";
import { stopOnInterrupt } from "../cli/interrupt.ts";
import {
  hostNamesOf,
  LISTEN_FLAGS,
  portFlag,
  readApiKeys,
  readTlsKeys,
  TLS_FLAGS,
} from "../serve/listen_keys.ts";
import { LOOKUP_FLAG, maxDraftOf } from "../run/settings/lookup.ts";
import { findModels } from "../run/model_folder.ts";
import {
  type EngineSettings,
  MODEL_FLAGS,
  type ModelChoice,
  openModel,
} from "../run/model_source.ts";
import { runOrOther } from "../run/open.ts";
import { runPaths } from "../run/folder.ts";
import { LIMIT_FLAGS, limitsOf } from "../serve/limits.ts";
import { reload } from "../serve/reload.ts";
import { quoted } from "../run/stopped.ts";
import { say, tell } from "../cli/print.ts";

const FLAGS = {
  ...MODEL_FLAGS,
  ...LOOKUP_FLAG,
  ...group("Several models", {
    adapter: list({
      help:
        "also serve this LoRA adapter of the model, a run of `tune --lora` or a folder of PEFT; " +
        "requests choose it by its name as `model`; repeatable",
      value: "[NAME=]DIR",
    }),
    models: text({
      help: "folder of runs, models and GGUF files, each loaded when a request names it",
      value: "DIR",
      excludes: ["model", "checkpoint", "engine", "adapter"],
    }),
    "models-mib": number({
      help: "memory for loaded models; the least recently used ones make room",
      min: 1,
      max: 1 << 20,
      defaultValue: 4096,
      needs: "models",
    }),
  }),
  ...LISTEN_FLAGS,
  ...portFlag(8000),
  ...TLS_FLAGS,
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
    const other = flags.models === undefined
      ? ["--model", flags.model] as const
      : ["--models", flags.models] as const;
    const run = runOrOther(operands, { command: "serve", run: flags.run, other });
    const values = { ...flags, run };
    const corsOrigins = values["cors-origin"].map(checkOrigin);
    const hostNames = hostNamesOf(values);
    const apiKeys = await readApiKeys(values);
    const tls = await readTlsKeys(values);
    const limits = limitsOf(values);
    await using served = values.models === undefined
      ? await serveOne(values, limits.scheduler)
      : await serveSeveral(values.models, { values, limits: limits.scheduler });
    using interrupt = stopOnInterrupt(() => {
      tell("Stopping: running requests may finish.");
      void served.drain();
    });
    const { prompts = [] } = served;
    const settings: AppSettings = {
      prompts,
      ...(served.dashboard && { dashboard: served.dashboard }),
      ...(apiKeys && { apiKeys }),
      ...(values["access-log"] === "stdout" && {
        onAccess: (record) => say(JSON.stringify(record)),
      }),
      hostNames,
      corsOrigins,
      trustProxy: values["trust-proxy"],
      limits: limits.app,
      onFailure: (error) => tell(Deno.inspect(error)),
    };
    const app = "models" in served
      ? createApp({ ...settings, models: served.models })
      : createApp({ ...settings, ...served.parts });
    const adapters = "parts" in served ? [...served.parts.adapters?.keys() ?? []] : [];
    const { hostname, port, finished, renewTls } = await listen(app, {
      hostname: values.hostname,
      port: values.port,
      signal: interrupt.signal,
      ...(tls && { tls }),
      limits: limits.sockets,
    }).catch((cause: unknown) => {
      const reason = isAddressTaken(cause)
        ? `another program listens there; choose another --port`
        : `${reasonOf(cause)}; change --hostname or --port`;
      throw new Error(`Cannot listen on ${values.hostname}:${values.port}: ${reason}`, { cause });
    });
    const origin = `http${tls ? "s" : ""}://${hostname}:${port}`;
    // The log alone goes to the standard output.
    tell(`Serving ${served.title} on ${origin}`);
    if (served.chosen !== undefined) tell(`Uses ${served.chosen}`);
    if (adapters.length > 0) tell(`Adapters by model name: ${adapters.join(", ")}`);
    const [prompt = ""] = prompts;
    tell(
      `Try: curl -N ${origin}/v1/completions -H 'content-type: application/json' ` +
        (apiKeys ? "-H 'authorization: Bearer KEY' " : "") +
        `-d ${
          quoted(JSON.stringify({ model: served.name, prompt, max_tokens: 50, stream: true }))
        }`,
    );
    using _hangup = onHangup({
      reload: async () =>
        tell(await reload(values, { apiKeys, renewTls, refresh: served.refresh })),
      stop: interrupt.stop,
    });
    await finished;
    // Stopping on request is what a server is meant to do.
    return 0;
  },
});

/** What is served, and what is said of it. */
type Served = AsyncDisposable & {
  readonly title: string;
  /** A model to try. */
  readonly name: string;
  readonly chosen?: string | undefined;
  readonly prompts?: readonly string[];
  readonly dashboard?: App;
  drain(): Promise<void>;
  /** Looks again for the models that there are. */
  refresh?(): Promise<void>;
} & ({ readonly parts: ModelParts } | { readonly models: ModelPool });

/** The model that the flags name, followed as its run goes on. */
async function serveOne(
  values: ModelChoice & Pick<FlagValues<typeof FLAGS>, "checkpoint" | "adapter" | "lookup">,
  limits: SchedulerLimits,
): Promise<Served> {
  const opened = await openModel(values, { adapters: values.adapter });
  const { engine, engineName, codec, tokenizerJson, chatTemplate, name } = opened;
  const { stopIds, sampling, prompts, chosen, adapters } = opened;
  const scheduler = new Scheduler(engine, { ...limits, maxDraft: maxDraftOf(values, engine) });
  const { checkpoint } = values;
  const follows = values.model === undefined && engineName === "wasm" &&
    typeof checkpoint !== "number" && adapters.size === 0;
  const owner = follows
    ? reloadCheckpoints({
      checkpoints: runPaths(values.run).checkpoints,
      wish: checkpoint,
      scheduler,
      tokenizerJson,
      settings: values,
      note: (line) => tell(line),
    })
    : engine;
  return {
    parts: { scheduler, codec, chatTemplate, stopIds, modelName: name, adapters, sampling },
    title: `model ${name} (${engine.fingerprint}, ${engineName})`,
    name,
    chosen,
    prompts,
    // A folder that is no run has nothing to show.
    ...(values.model === undefined && { dashboard: dashboardOf([values.run]) }),
    drain: () => scheduler.drain(),
    [Symbol.asyncDispose]: () => owner[Symbol.asyncDispose](),
  };
}

/** The models in a folder, each when it is asked for. */
async function serveSeveral(
  folder: string,
  { values, limits }: {
    values: EngineSettings & Pick<FlagValues<typeof FLAGS>, "models-mib" | "lookup">;
    limits: SchedulerLimits;
  },
): Promise<Served> {
  const entries = async () =>
    (await findModels(folder, values)).map(({ name, adapters, bytes, open }) => ({
      name,
      adapters,
      bytes,
      async open() {
        const opened = await open();
        const { engine, codec, chatTemplate, stopIds, sampling, adapters } = opened;
        // A model in ONNX among them is run without.
        const scheduler = new Scheduler(engine, { ...limits, maxDraft: values.lookup });
        return {
          parts: { scheduler, codec, chatTemplate, stopIds, modelName: name, sampling, adapters },
          [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
        };
      },
    }));
  const names = (await entries()).flatMap(({ name, adapters }) => [name, ...adapters]);
  const [name] = names;
  if (name === undefined) {
    throw new UsageError(
      `Cannot serve --models ${folder}: there is no run with a checkpoint, no folder with ` +
        "config.json and tokenizer.json and no GGUF file in it",
    );
  }
  const maxBytes = values["models-mib"] * 2 ** 20;
  const models = new LoadedModels({ entries, maxBytes, note: (line) => tell(line) });
  return {
    models,
    title: `models ${names.join(", ")}`,
    name,
    drain: () => models.drain(),
    refresh: () => models.refresh(),
    [Symbol.asyncDispose]: () => models[Symbol.asyncDispose](),
  };
}

/** An origin as browsers send it. */
function checkOrigin(origin: string): string {
  if (origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin)) return origin;
  throw new UsageError(
    `Cannot use --cors-origin ${origin}: write it like https://example.org, without a path`,
  );
}
