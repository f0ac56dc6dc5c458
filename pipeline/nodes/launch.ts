/**
 * `pipeline --cluster`: creates a run on the broker, watches it, and ends when it does.
 *
 * @module
 */
import type { KV } from "@nats-io/kv";
import type { Parsed } from "../../cli/flags.ts";
import { say, tell } from "../../cli/print.ts";
import type { Interrupt } from "../../cli/interrupt.ts";
import { watchNodes } from "../../cluster/heartbeat.ts";
import { patiently } from "../../cluster/patiently.ts";
import { shownServers } from "../../cluster/connect.ts";
import { createRun, joinRun, removeRun } from "../../cluster/run.ts";
import type { PIPELINE_FLAGS } from "../../run/settings/pipeline.ts";
import { startStatus } from "../../stages/report/mod.ts";
import { connectHere } from "./join.ts";
import { checkSpread, recordOf } from "./run_record.ts";
import { endRun, readEnd, reopenRun, type RunEnd, watchRun } from "./run_state.ts";

/** Creates or finds the run that the flags name, and follows it. */
export async function launch(
  parsed: Parsed<typeof PIPELINE_FLAGS>,
  { servers, interrupt }: { servers: string; interrupt: Interrupt },
): Promise<number> {
  const { values, given, operands } = parsed;
  checkSpread(parsed);
  const run = given.has("run") ? values.run : "default";
  const { signal } = interrupt;
  await using cluster = await connectHere({
    servers,
    run,
    credentials: values["cluster-credentials"],
    name: `pipeline-${Deno.pid}`,
  });
  const joined = operands.length === 0
    ? await joinRun(cluster, run, {
      signal,
      onWait: () => tell(`There is no run ${run} yet: name its sources to create it`),
    })
    : await patiently(signal, async () => await createRun(cluster, run, await recordOf(parsed)));
  if (values.end && (await patiently(signal, () => readEnd(joined.bucket)))?.phase === "ended") {
    await removeRun(joined);
    say(`Run ${run} is removed from the broker; its folder is where it was kept`);
    return 0;
  }
  if (values.end) {
    await patiently(signal, () => endRun(joined.bucket, { phase: "stopped" }));
    say(`Run ${run} is stopped; the same command with its sources goes on with it`);
    return 0;
  }
  if (operands.length > 0) await patiently(signal, () => reopenRun(joined.bucket));
  say(
    `Run ${run}: join it with deno task node --cluster ${
      shownServers(servers)
    } --run ${run} --roles ...`,
  );
  const end = await follow(joined.bucket, signal);
  if (end === undefined) {
    say(`Run ${run} goes on without this watcher; --end stops it`);
    return interrupt.exitCode;
  }
  if (end.phase === "failed") {
    throw new Error(
      `Cannot finish the run ${run}: ${end.error} (on ${end.keeper})\n` +
        "The other nodes wait. When that is mended, start the keeper there again, and repeat the " +
        "command that created the run, with its sources: it goes on. --end ends the nodes",
    );
  }
  if (end.phase === "stopped") say(`Run ${run} was stopped`);
  else say(`Run ${run} is done: it is on ${end.keeper}\nManifest  ${end.manifest}`);
  return 0;
}

/** Shows the run and its nodes until it ends. */
async function follow(bucket: KV, signal: AbortSignal): Promise<RunEnd | undefined> {
  await using watch = watchNodes(bucket);
  using view = startStatus({ nodes: watch.nodes });
  let shown = "";
  return await watchRun(bucket, {
    signal,
    onStatus(status) {
      const line = describeStatus(status);
      if (line !== shown) view.phase(line);
      shown = line;
    },
  });
}

/** `training: 210 documents, step 100 of 900`. */
function describeStatus(status: unknown): string {
  const { phase = "", documents, step, totalSteps } = status as {
    phase?: string;
    documents?: number;
    step?: number;
    totalSteps?: number;
  };
  const parts = [
    ...(documents === undefined ? [] : [`${documents} documents`]),
    ...(step === undefined ? [] : [`step ${step} of ${totalSteps ?? "?"}`]),
  ];
  return [phase, parts.join(", ")].filter(Boolean).join(": ");
}
