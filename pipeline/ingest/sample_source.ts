/**
 * The sample site of a run, on the same port each time so that its addresses stay the same.
 *
 * @module
 */
import { startSampleSite } from "../../sample_site/site.ts";
import { isAddressTaken } from "../../cli/failure.ts";
import type { RunPaths } from "../../run/folder.ts";

/** Preferred port, which is unassigned. */
const PREFERRED_PORT = 41_790;

/** A running sample site. */
export interface SampleSource extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
}

/**
 * Starts the site on the port the run began with; a new run takes any free port when the preferred
 * one is taken.
 *
 * @throws {Error} when the run's port is taken
 */
export async function openSampleSite(
  paths: RunPaths,
  { port }: { port: number | undefined },
): Promise<SampleSource> {
  try {
    return await start(port ?? PREFERRED_PORT);
  } catch (cause) {
    if (!isAddressTaken(cause)) throw cause;
    if (port === undefined) return await start(0);
    throw new Error(
      `Cannot continue --run ${paths.root}: port ${port}, where its sample site was, is taken; ` +
        `free the port or choose another folder`,
      { cause },
    );
  }
}

async function start(port: number): Promise<SampleSource> {
  const site = await startSampleSite({ port });
  return {
    origin: site.origin,
    port: Number(new URL(site.origin).port),
    [Symbol.asyncDispose]: () => site.close(),
  };
}
