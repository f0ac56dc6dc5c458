/**
 * The sample site of a run, on the same port each time so that its addresses stay the same.
 *
 * @module
 */
import { startSampleSite } from "../stages/crawl/mod.ts";
import { readSettings, type RunPaths } from "./run_folder.ts";

/** Tried first: nobody's registered port. */
const PREFERRED_PORT = 41_790;

/** A running sample site. */
export interface SampleSource extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
}

/** Starts the site on the run's port; a new run takes any free port when the preferred is taken. */
export async function openSampleSite(paths: RunPaths): Promise<SampleSource> {
  const before = (await readSettings(paths))?.sitePort;
  const start = async (port: number): Promise<SampleSource> => {
    const site = await startSampleSite({ port });
    return {
      origin: site.origin,
      port: Number(new URL(site.origin).port),
      [Symbol.asyncDispose]: () => site.close(),
    };
  };
  try {
    return await start(before ?? PREFERRED_PORT);
  } catch (cause) {
    const taken = cause instanceof Deno.errors.AddrInUse ||
      (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE");
    if (!taken) throw cause;
    return await start(0);
  }
}
