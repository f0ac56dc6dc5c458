/**
 * A measurement in a process of its own, with V8 as the tasks that take in a corpus set it up.
 *
 * @module
 */

/** Runs the script `name` of this folder on `job`; its last word is a report in JSON. */
export async function runJob<Report>(name: string, job: unknown): Promise<Report> {
  const script = new URL(name, import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    // Only a process with all permissions may read its peak from /proc.
    args: ["run", "--quiet", "--allow-all", await v8Flags(), script, JSON.stringify(job)],
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`Cannot measure by ${name}: the process ended with ${code}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** How `deno task crawl` and `deno task pipeline` set up V8. */
async function v8Flags(): Promise<string> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const [flags] = /--v8-flags=\S+/.exec(tasks.lean.command) ?? [];
  if (flags === undefined) throw new Error("Cannot measure: the task lean has no V8 flags");
  return flags;
}
