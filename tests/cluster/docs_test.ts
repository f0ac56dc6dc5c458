import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { writeCorpus } from "../commands/corpus.ts";
import {
  isThere,
  openFolder,
  type Program,
  programCommand,
  startCommand,
} from "../commands/program.ts";
import { findNatsServer, isWithoutNats } from "./nats_server.ts";
import { isWithoutNetworks, openNetwork } from "../../bench/network.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const GUIDE = await Deno.readTextFile(join(ROOT, "docs/cluster.md"));

/** The commands of the guide, with the machine that each is typed on. */
const COMMANDS = [...GUIDE.matchAll(/^```sh\n# (\S+)\n(.*?)^```$/gms)]
  .map(([, address = "", script = ""]) => ({ address, script }));

/** What a shell finds in its PATH instead of deno: the program as `deno task` runs it, here. */
async function standIn(folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await Deno.mkdir(bin);
  const command = programCommand([]).map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(join(bin, "deno"), `#!/bin/sh\nshift\nexec ${command} "$@"\n`, {
    mode: 0o755,
  });
  return bin;
}

/** The seeds of the keys are in their own files alone: not in a run folder, on the broker, or printed. */
async function assertNoSecrets(path: string, said: readonly string[]): Promise<void> {
  const files = (await filesIn(path)).filter((file) => !file.endsWith(".env"));
  const contents = await Promise.all(files.map(async (file) => await Deno.readFile(file)));
  const texts = [...said, ...contents.map((bytes) => new TextDecoder("latin1").decode(bytes))];
  assert(
    files.some((file) => file.endsWith("run.json")) && files.some((file) => /\.blk$/.test(file)),
  );
  for (const [i, text] of texts.entries()) {
    const at = i < said.length ? "output" : files[i - said.length];
    assert(!/\bSU[A-Z2-7]{56}\b/.test(text), `a seed is in ${at}`);
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isFile) found.push(path);
    else if (isDirectory) found.push(...await filesIn(path));
  }
  return found;
}

Deno.test({
  name: "docs/cluster.md: five machines, each with its commands, train one model",
  ignore: await isWithoutNats() || await isWithoutNetworks(),
  async fn() {
    await using folder = await openFolder();
    const { path } = folder;
    await using network = await openNetwork(5, { subnet: "10.0.0" });
    const books = join(path, "data", "books");
    await writeCorpus(books, { count: 12 });
    const homes = network.hosts.map(({ address }) => join(path, address));
    for (const home of homes) await Deno.mkdir(home);
    const [first = "", ...others] = homes;
    await Deno.symlink(join(ROOT, "docs"), join(first, "docs"));
    const nats = await findNatsServer() ?? "";
    const PATH = [await standIn(path), join(nats, ".."), Deno.env.get("PATH")].join(":");
    await using stack = new AsyncDisposableStack();
    const type = ({ address, script }: typeof COMMANDS[number]): Program => {
      const host = network.hosts.find((host) => host.address === address);
      assert(host, `no machine is at ${address}`);
      const small = script.replace("/data/books\n", `${books} --steps 2 --vocab 320\n`);
      const command = host.command(["bash", "-euc", small]);
      return stack.use(
        startCommand(command, { cwd: join(path, address), env: { PATH, NO_COLOR: "1" } }),
      );
    };
    const [prepare, server, create, ...nodes] = COMMANDS;
    assert(prepare && server && create);
    const prepared = await type(prepare).ended;
    assertEquals(prepared.code, 0, prepared.err);
    for await (const { name } of Deno.readDir(first)) {
      if (!/\.env$|^ca\.pem$/.test(name)) continue;
      for (const home of others) await Deno.copyFile(join(first, name), join(home, name));
    }
    const conf = join(first, "one.conf");
    const text = await Deno.readTextFile(conf);
    await Deno.writeTextFile(conf, text.replace("/var/lib/nats", join(path, "nats")));
    await type(server).line(/Server is ready/);
    const said: string[] = [];
    for (const program of [create, ...nodes].map(type)) {
      const { code, out, err } = await program.ended;
      assertEquals(code, 0, out + err);
      said.push(out, err);
    }
    const made = homes.map((home) => isThere(join(home, "runs/books/manifest.json")));
    assert((await Promise.all(made)).includes(true));
    await assertNoSecrets(path, said);
  },
});
