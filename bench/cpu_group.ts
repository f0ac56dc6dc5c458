/**
 * A share of this machine's cores for some processes, as if they had a machine of their own: a group
 * of the cpu controller (cgroup v1), which holds them to a quota.
 *
 * @module
 */

import { join } from "node:path";

/** Where such groups are. */
const ROOT = "/sys/fs/cgroup/cpu";
/** Short beside the time of any answer, so that a group is never still for long. */
const PERIOD_US = 10_000;
/** A group with a quota gets it, whatever else wants to run. */
const SHARES = 20_000;
/** Linux counts times of processes in ticks, of which it shows 100 per second. */
const TICK_MS = 10;

/** Processes with a quota. */
export interface CpuGroup extends AsyncDisposable {
  /** Goes before a command that is to run in the group. */
  readonly before: readonly string[];
}

/**
 * A group below that of this process, for so many cores: 0.5 is half of one. Undefined where the
 * machine has no such controller or this process may not use it. Dispose it after its processes.
 */
export async function openCpuGroup(name: string, cores: number): Promise<CpuGroup | undefined> {
  const own = await output("cat", "/proc/self/cgroup");
  const [, above] = /^\d+:(?:.*,)?cpu(?:,.*)?:(.*)$/m.exec(own ?? "") ?? [];
  if (above === undefined) return undefined;
  const group = join(ROOT, above, `cllm-${Deno.pid}-${name}`);
  const set = (file: string, value: number) => `echo ${value} > ${group}/${file}`;
  const made = [
    `mkdir ${group}`,
    set("cpu.cfs_period_us", PERIOD_US),
    set("cpu.cfs_quota_us", Math.round(cores * PERIOD_US)),
    set("cpu.shares", SHARES),
  ];
  if (await output("sh", "-c", made.join(" && ")) === undefined) return undefined;
  return {
    before: ["sh", "-c", `echo $$ > ${group}/tasks && exec "$@"`, name],
    async [Symbol.asyncDispose]() {
      if (await output("rmdir", group) === undefined) {
        throw new Error(`Cannot remove ${group}: it is in use`);
      }
    },
  };
}

/** Milliseconds for which a process, and those of its children that have ended, have used a core. */
export async function cpuMsOf(pid: number): Promise<number> {
  // The name, in parentheses, may hold spaces. User, system and the children's are 11 fields behind it.
  const fields = (await output("cat", `/proc/${pid}/stat`))?.replace(/.*\) /, "").split(" ");
  if (fields === undefined) throw new Error(`Cannot measure process ${pid}: it has ended`);
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}

/** What a command prints; undefined where it fails. Deno itself reads no /proc without all rights. */
async function output(command: string, ...args: string[]): Promise<string | undefined> {
  const run = new Deno.Command(command, { args, stdout: "piped", stderr: "null" });
  const { success, stdout } = await run.output();
  return success ? new TextDecoder().decode(stdout) : undefined;
}
