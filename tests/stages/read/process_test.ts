/** Readers of documents are processes: given up, they are gone, and they never outlive their parent. */
import { assert, assertEquals } from "@std/assert";
import { StageMeter } from "../../../stages/meter.ts";
import { read } from "../../../stages/read/mod.ts";
import { scratchDir } from "../scratch.ts";
import { endlessPdf } from "./endless_pdf.ts";

const ROOT = new URL("../../../", import.meta.url);
Deno.test("a document that is given up leaves no process, and the next has another", async () => {
  const folder = await scratchDir();
  for (const name of ["a", "b"]) await Deno.writeTextFile(`${folder}/${name}.pdf`, endlessPdf());
  const drops: string[] = [], started: Deno.ChildProcess[] = [];
  const { spawn } = Deno.Command.prototype;
  Deno.Command.prototype.spawn = function () {
    const child = spawn.call(this);
    started.push(child);
    return child;
  };
  try {
    const pages = read({
      paths: [`${folder}/a.pdf`, `${folder}/b.pdf`],
      maxDocumentMs: 1500,
      meter: new StageMeter("read", ({ reason }) => drops.push(reason)),
    });
    assertEquals(await Array.fromAsync(pages), []);
  } finally {
    Deno.Command.prototype.spawn = spawn;
  }
  assertEquals(drops, ["timeout", "timeout"]);
  assertEquals(new Set(started.map(({ pid }) => pid)).size, 2);
  for (const { status } of started) assertEquals((await status).signal, "SIGKILL");
});

Deno.test("a reader ends with the process that started it, however that ended", async () => {
  const folder = await scratchDir();
  await Deno.writeTextFile(`${folder}/a.pdf`, endlessPdf());
  const program = `${folder}/program.ts`;
  await Deno.writeTextFile(
    program,
    `import { read } from ${JSON.stringify(new URL("stages/read/mod.ts", ROOT).href)};
     import { StageMeter } from ${JSON.stringify(new URL("stages/meter.ts", ROOT).href)};
     // A process is started within the same turn as the document is begun.
     const spawn = Deno.Command.prototype.spawn;
     Deno.Command.prototype.spawn = function () {
       const child = spawn.call(this);
       console.log(child.pid);
       return child;
     };
     const paths = [${JSON.stringify(`${folder}/a.pdf`)}];
     for await (const _ of read({ paths, meter: new StageMeter("read"), maxDocumentMs: 600_000 }));`,
  );
  const parent = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "-A",
      "--config",
      new URL("deno.json", ROOT).pathname,
      program,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = parent.stdout.getReader();
  const pid = Number(new TextDecoder().decode((await reader.read()).value));
  assert(pid > 0);
  // Ends when that process does.
  const waiting = new Deno.Command("tail", { args: [`--pid=${pid}`, "-f", "/dev/null"] }).spawn();
  parent.kill("SIGKILL");
  await parent.status;
  await reader.cancel();
  assert((await waiting.status).success);
});
