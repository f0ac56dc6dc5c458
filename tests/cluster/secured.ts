import { join } from "node:path";
import { createNodeKey } from "../../cluster/credentials.ts";
import { openFolder } from "../commands/program.ts";
import { type NatsOptions, type NatsServers, startNats } from "./nats_server.ts";

const DOCS = new URL("../../docs/", import.meta.url);

/** Servers as docs/nats configures them, and the credentials of every node that they list. */
export interface SecuredNats extends NatsServers {
  /** Path of the credentials file of a node: `keeper1`, `crawl1`, ... */
  credentials(node: string): string;
}

async function run(script: string, cwd: string): Promise<void> {
  const child = new Deno.Command("bash", { args: ["-euc", script], cwd, stderr: "piped" });
  const { success, stderr } = await child.output();
  if (!success) throw new Error(`${script}: ${new TextDecoder().decode(stderr)}`);
}

/** The lines of docs/cluster.md that make certificates, for servers at `addresses`. */
async function certificateCommands(addresses: readonly string[]): Promise<string> {
  const guide = await Deno.readTextFile(new URL("cluster.md", DOCS));
  const found = guide.match(/^openssl .*\n(?: {2}.*\n)*/gm);
  if (found === null) throw new Error("docs/cluster.md does not make certificates");
  const names = addresses.map((address) => `IP:${address}`).join(",");
  return found.join("").replace(/subjectAltName=\S+/, `subjectAltName=${names}`);
}

/** Starts one server or three by the very files in docs/nats, over TLS, with a key for every node. */
export async function startSecuredNats(
  count: 1 | 3,
  options: Pick<NatsOptions, "hosts"> = {},
): Promise<SecuredNats> {
  const stack = new AsyncDisposableStack();
  try {
    const { path } = stack.use(await openFolder());
    const addresses = options.hosts?.map(({ address }) => address) ?? ["127.0.0.1"];
    await run(await certificateCommands(addresses), path);
    const access = await Deno.readTextFile(new URL("nats/access.conf", DOCS));
    const nodes = [...access.matchAll(/\bU([A-Z]+\d)\b/g)].map(([, node = ""]) => node);
    let filled = access;
    for (const node of nodes) {
      const file = join(path, `${node.toLowerCase()}.env`);
      filled = filled.replace(`U${node}`, await createNodeKey(file));
      await Deno.writeTextFile(file, "CLLM_CLUSTER_CA=ca.pem\n", { append: true });
    }
    await Deno.writeTextFile(join(path, "access.conf"), filled);
    const conf = new URL(`nats/${count === 1 ? "one" : "three"}.conf`, DOCS);
    const text = await Deno.readTextFile(conf);
    const nats = stack.use(await startNats(count, { ...options, conf: { text, folder: path } }));
    const owned = stack.move();
    return {
      ...nats,
      credentials: (node) => join(path, `${node}.env`),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
