/**
 * Takes documents apart in a process of its own, which may do nothing but load its program: unlike a
 * thread of Deno's, it ends when it is told to, whatever it is doing.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { frameOf, readFrames } from "./frames.ts";
import type { DocumentReader } from "./document_reader.ts";
import type { Answer, Request } from "./sandboxed/task.ts";

/** Cap on one answer. */
const MAX_ANSWER_BYTES = 256 * 2 ** 20;

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * What starts others of this program: Deno by its path or by its name, whichever may be run. Nothing
 * where neither may, or where the program is not there in files.
 */
export async function findDeno(): Promise<string | undefined> {
  if (Deno.build.standalone || !import.meta.url.startsWith("file:")) return undefined;
  for (const command of [Deno.execPath(), "deno"]) {
    const { state } = await Deno.permissions.query({ name: "run", command });
    if (state === "granted") return command;
  }
  return undefined;
}

/** Starts the process. */
export function startProcess(deno: string): DocumentReader {
  const child = new Deno.Command(deno, {
    args: [
      ...[
        "run",
        "--quiet",
        "--no-prompt",
        "--no-check",
        "--node-modules-dir=none",
        // Half the memory for documents that make much garbage.
        "--v8-flags=--optimize-for-size",
      ],
      ...[`--config=${pathOf("../../deno.json")}`, `--lock=${pathOf("../../deno.lock")}`],
      // Its own sources: a thread of its may be started from a file that may be read.
      ...[
        "--frozen",
        `--allow-read=${["../", "../../vendor/", "../../model/bytes.ts"].map(pathOf).join()}`,
      ],
      pathOf("./sandboxed/process.ts"),
    ],
    // The C library's own value, which it otherwise raises: then large buffers stay when they are freed.
    env: { MALLOC_MMAP_THRESHOLD_: "131072" },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const answers = readFrames(child.stdout, { maxBytes: MAX_ANSWER_BYTES });
  return {
    async ask(request: Request): Promise<Answer> {
      for (const chunk of frameOf(request)) await writer.write(chunk);
      const { done, value } = await answers.next();
      if (done) throw new Error("the process has ended");
      return value as Answer;
    },
    async end(): Promise<void> {
      // It may have ended by itself.
      if (await isRunning(child)) child.kill("SIGKILL");
      await child.status;
      writer.abort().catch(() => {});
    },
  };
}

/** Whether a process has not ended yet. */
async function isRunning({ status }: Deno.ChildProcess): Promise<boolean> {
  const running = Symbol("running");
  return await Promise.race([status, Promise.resolve(running)]) === running;
}
