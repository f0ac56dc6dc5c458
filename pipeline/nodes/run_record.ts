/**
 * What the nodes of a run are told of it, by the command line that creates it.
 *
 * @module
 */
import { type RunRecord, sealRecord } from "../../cluster/run.ts";
import { type Parsed, UsageError } from "../../cli/flags.ts";
import { checkRules } from "../../cli/flag_rules.ts";
import { tell } from "../../cli/print.ts";
import { checkBlocked } from "../../run/block_list.ts";
import { initFolder } from "../../run/choose_checkpoint.ts";
import { checkContext } from "../../run/config.ts";
import { checkInit } from "../../run/named_model.ts";
import { digestProgram } from "../../run/program_digest.ts";
import { checkPrivate, checkSourceFlags } from "../../run/settings/crawl.ts";
import { PIPELINE_FLAGS, settingsOf } from "../../run/settings/pipeline.ts";
import { replicasOf } from "../../run/settings/replicas.ts";
import { checkSources } from "../../run/sources.ts";
import { findIndexes } from "../ingest/refinery.ts";
import type { KeeperOptions } from "./node.ts";

/** Bytes of files in one part, and bytes of documents that the broker holds at most. */
const PART_BYTES = 4 * 2 ** 20, DOC_BYTES = 64 * 2 ** 20;

/** Flags that are about the machine that trains, which is a node's. */
const LOCAL = ["dashboard", "serve", "json", "workers", "recompute", "fall-back", "force"];

/** Flags that apply to a run that is there. */
const WATCHING = ["cluster", "cluster-credentials", "run", "end"];

/**
 * Refuses flags that say nothing of a run on several machines.
 *
 * @throws {UsageError} naming the first
 */
export function checkSpread(parsed: Parsed<typeof PIPELINE_FLAGS>): void {
  const { values, given, operands } = parsed;
  checkRules(PIPELINE_FLAGS, { given, values });
  const refuse = (flag: string, reason: string) => {
    throw new UsageError(`Cannot use ${flag} with --cluster: ${reason}`);
  };
  for (const flag of LOCAL) {
    if (given.has(flag)) {
      refuse(`--${flag}`, "it is about the machine that trains, which is a node's");
    }
  }
  const other = [...given].find((flag) => !WATCHING.includes(flag));
  if (operands.length === 0 && other !== undefined) {
    refuse(`--${other}`, "it is decided when a run is created, and no source is named");
  }
  if (operands.includes("-")) refuse("-", "standard input comes to one machine");
  if (values["whole-site"]) refuse("--whole-site", "no node has all pages of a site");
  if (values["repeated-lines"] > 0 && !values["shared-folder"]) {
    refuse("--repeated-lines", "what lines were seen stays with one keeper; add --shared-folder");
  }
}

/** The record of a new run. @throws {UsageError} for settings and sources that are not usable */
export async function recordOf(parsed: Parsed<typeof PIPELINE_FLAGS>): Promise<RunRecord> {
  const { values, given, operands } = parsed;
  const { wanted: asked, named } = settingsOf(parsed);
  const from = { hub: values.hub, note: tell };
  const settings = { ...asked, init: asked.init && await initFolder(asked.init, from) };
  await checkSources(operands, settings);
  replicasOf(settings);
  await findIndexes(settings.dedupAgainst);
  if (settings.init !== "") {
    await checkInit(settings.init);
    if (named.has("context")) await checkContext(settings.init, settings.context);
  }
  checkSourceFlags(settings.sources, { flags: PIPELINE_FLAGS, given });
  checkPrivate(settings.sources, settings);
  checkBlocked(settings.sources, settings);
  const options: KeeperOptions = {
    checkpointEvery: values["checkpoint-every"],
    keepLast: values["keep-last"],
    keepEvery: values["keep-every"],
    keepDropped: values["keep-dropped"],
    tensorboard: values.tensorboard,
    contact: values.contact,
    sharedFolder: values["shared-folder"],
    partBytes: PART_BYTES,
  };
  return sealRecord({
    settings,
    options,
    program: (await digestProgram()).sha256,
    leaseMs: 1000 * values.lease,
    docBytes: DOC_BYTES,
  });
}
