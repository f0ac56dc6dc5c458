/**
 * `pipeline`: from pages to a served language model.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { parseFlags, UsageError } from "./flags.ts";
import { stopOnInterrupt } from "./interrupt.ts";
import { PIPELINE_FLAGS, settingsOf } from "./pipeline_flags.ts";
import { openRun, readSettings, runPaths } from "./run_folder.ts";
import { runPipeline } from "./run_pipeline.ts";
import { openSampleSite } from "./sample_source.ts";

/** The `pipeline` command. */
export const pipeline: Command = {
  name: "pipeline",
  summary:
    "Crawls or reads pages, trains a tokenizer and a model on their text, and exports it for serving.\n" +
    "Without operands: a sample site on this machine over 233 State of the Union addresses.",
  operands: "[URL | FILE | FOLDER]...",
  flags: PIPELINE_FLAGS,
  async run(args) {
    const parsed = parseFlags(args, { flags: PIPELINE_FLAGS });
    const { values } = parsed;
    const paths = runPaths(values.run);
    const { wanted, named } = settingsOf(parsed);
    const sources = (await readSettings(paths))?.sources ?? wanted.sources;
    const usesSample = sources.length === 0;
    await using site = usesSample ? await openSampleSite(paths) : undefined;
    const settings = await openRun(paths, {
      wanted: { ...wanted, sitePort: site?.port ?? 0 },
      given: named,
    });
    if (site && settings.sitePort !== site.port) {
      throw new UsageError(
        `Cannot continue ${values.run}: its sample site was on port ${settings.sitePort}, which is ` +
          `taken; free the port or choose another --run folder`,
      );
    }
    using interrupt = stopOnInterrupt();
    await runPipeline({
      paths,
      settings,
      site: site?.origin,
      workers: values.workers,
      strictSimd: values["strict-simd"],
      checkpointEvery: values["checkpoint-every"],
      validateEvery: values["validate-every"],
      userAgent: values["user-agent"],
      contact: values.contact,
      allowPrivate: values["allow-private"],
      json: values.json,
      stop: interrupt.signal,
    });
    return interrupt.exitCode;
  },
};
