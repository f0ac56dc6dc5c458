/**
 * Chooses a checkpoint of a run: the best on held-out documents unless one is named.
 *
 * @module
 */
import { basename, join } from "node:path";
import {
  bestCheckpoint,
  checkpointName,
  latestCheckpoint,
  listCheckpoints,
  readCheckpointInfo,
  stepOf,
} from "../model/checkpoint/mod.ts";
import { exists } from "../model/durable.ts";
import { type Flag, UsageError } from "../cli/flags.ts";
import { fetchModel } from "./hub/fetch_model.ts";
import { isHubName } from "./hub/model_name.ts";
import { isPreferred } from "./preferred_checkpoint.ts";

/** The requested checkpoint; a number is a step. */
export type CheckpointWish = "best" | "latest" | number;

/** A checkpoint and the reason for its choice. */
export interface ChosenCheckpoint {
  readonly folder: string;
  /** `step-000400: the best of 3 on held-out documents (loss 4.1521)`. */
  readonly line: string;
}

/** What {@linkcode CHECKPOINT_FLAG} and its like understand. */
export const CHECKPOINT_VALUE = "best|latest|STEP";

/** Says which checkpoint of a run is meant; undefined without the flag, which means `best`. */
export const CHECKPOINT_FLAG: Flag<CheckpointWish | undefined> = {
  group: "Model",
  help: "which checkpoint of the run: the best on held-out documents, the latest, or a step's " +
    "(default: best, or latest where none was validated)",
  value: CHECKPOINT_VALUE,
  defaultValue: undefined,
  read(text, flag) {
    const wish = readWish(text);
    if (wish !== undefined) return wish;
    throw new UsageError(`Cannot use --${flag} ${text}: it must be best, latest or a step`);
  },
};

/** What `text` asks for; undefined where it is none of {@linkcode CHECKPOINT_VALUE}. */
export function readWish(text: string): CheckpointWish | undefined {
  if (text === "best" || text === "latest") return text;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * The requested checkpoint of the folder `checkpoints`; undefined while there is none at all.
 *
 * @throws {UsageError} when there is no checkpoint of the step that is named
 */
export async function chooseCheckpoint(
  checkpoints: string,
  wish: CheckpointWish = "best",
): Promise<ChosenCheckpoint | undefined> {
  const latest = await latestCheckpoint(checkpoints);
  if (latest === undefined) return undefined;
  const names = await listCheckpoints(checkpoints);
  if (typeof wish === "number") {
    const name = checkpointName(wish);
    if (!names.includes(name)) {
      throw new UsageError(
        `Cannot use --checkpoint ${wish}: there is no ${name} in ${checkpoints}; ` +
          `it has ${names.map(stepOf).join(", ")}`,
      );
    }
    return { folder: join(checkpoints, name), line: `${name}: as --checkpoint says` };
  }
  const because = (reason: string) => ({ folder: latest, line: `${basename(latest)}: ${reason}` });
  if (wish === "latest") return because("the latest, as --checkpoint says");
  if (await isPreferred(latest)) {
    return because("answers more of its conversations than the best on held-out loss");
  }
  const best = await bestCheckpoint(checkpoints, { names });
  if (best === undefined) return because("the latest; none was validated on held-out documents");
  const folder = join(checkpoints, best);
  const loss = (await readCheckpointInfo(folder)).metrics.validationLoss?.toFixed(4);
  const later = best === basename(latest) ? "" : `; the latest is ${basename(latest)}`;
  return { folder, line: `${best}: the best on held-out documents, loss ${loss}${later}` };
}

/**
 * The folder of weights for `--init`: a run's best checkpoint, that of a model fetched from a hub, or
 * any other folder itself.
 *
 * @param hub value of `--hub`
 * @throws {UsageError} when the run has no checkpoint yet, or `hub` would not be asked
 */
export async function initFolder(
  folder: string,
  { hub, note }: { hub?: string | undefined; note?: (line: string) => void } = {},
): Promise<string> {
  if (isHubName(folder)) return await fetchModel(folder, { hub, ...note && { note } });
  if (hub !== undefined) {
    throw new UsageError(
      `Cannot use --hub ${hub}: --init names no model of a hub, as hf:OWNER/NAME`,
    );
  }
  const chosen = await chooseCheckpoint(join(folder, "checkpoints"));
  if (chosen) return chosen.folder;
  if (!await exists(join(folder, "run.json"))) return folder;
  throw new UsageError(`Cannot start from --init ${folder}: that run has no checkpoint yet`);
}
