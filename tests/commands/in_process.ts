import { main } from "../../main.ts";
import { withoutWaiting } from "./program.ts";

/**
 * Runs a command line in this process, which takes no start of a program; one at a time. What goes
 * to standard output past `console` is not caught.
 */
export async function runHere(
  args: readonly string[],
): Promise<{ code: number; out: string; err: string }> {
  const said = { log: "", error: "" };
  const originals = { log: console.log, error: console.error };
  for (const name of ["log", "error"] as const) {
    console[name] = (...parts: unknown[]) => void (said[name] += `${parts.join(" ")}\n`);
  }
  try {
    const code = await main(args);
    return { code, out: said.log, err: withoutWaiting(said.error) };
  } finally {
    Object.assign(console, originals);
  }
}
