/**
 * Runs the program with the arguments and watches what it and the processes that it starts take; says
 * what came of it as JSON. Deno lets programs with all permissions alone read /proc.
 *
 * @module
 */
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** A file of /proc; nothing once the process is gone. */
function ofProcess(pid: number, file: string): string | undefined {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch (error) {
    // Gone when it is opened, or while it is read (ESRCH).
    if (error instanceof Deno.errors.NotFound || String(error).includes("os error 3")) return;
    throw error;
  }
}

/** Memory of a process, of what it shares with others its part (proc(5), smaps_rollup). */
const memoryOf = (pid: number) =>
  Number(/^Pss:\s+(\d+)/m.exec(ofProcess(pid, "smaps_rollup") ?? "")?.[1] ?? 0) / 1024;

/** The parent of a process that runs. */
function parentOf(pid: number): number | undefined {
  const status = ofProcess(pid, "status") ?? "State: Z";
  return /^State:\s+Z/m.test(status) ? undefined : Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
}

/** The processes that `root` started, and those that they did: asked often, of few processes. */
function childrenOf(root: number): number[] {
  const own = threadsOf(root).flatMap((thread) =>
    (ofProcess(root, `task/${thread}/children`) ?? "").split(" ").filter(Boolean).map(Number)
  );
  return own.flatMap((pid) => [pid, ...childrenOf(pid)]);
}

/** The threads of a process; none once it is gone. */
function threadsOf(pid: number): string[] {
  try {
    return Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || String(error).includes("os error 3")) return [];
    throw error;
  }
}

/** What came of it. */
export interface Watched {
  readonly code: number;
  readonly said: string;
  readonly peakMib: number;
  /** Processes that it left behind. */
  readonly left: readonly number[];
}

/** Runs the program as its tasks do. */
async function watch(args: readonly string[]): Promise<Watched> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--v8-flags=--optimize-for-size", "-A", MAIN, ...args],
    env: { NO_COLOR: "1", MALLOC_MMAP_THRESHOLD_: "131072" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const seen = new Set<number>();
  let peakMib = 0;
  const look = setInterval(() => {
    const children = childrenOf(child.pid);
    for (const pid of children) seen.add(pid);
    const takes = [child.pid, ...children].map(memoryOf);
    peakMib = Math.max(peakMib, takes.reduce((sum, mib) => sum + mib));
  }, 50);
  try {
    const { code, stdout, stderr } = await child.output();
    const left = [...seen].filter((pid) => parentOf(pid) !== undefined);
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return { code, said, peakMib, left };
  } finally {
    clearInterval(look);
  }
}

if (import.meta.main) console.log(JSON.stringify(await watch(Deno.args)));
