import { assertEquals, assertRejects } from "@std/assert";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Credentials, readCredentials } from "../../cluster/credentials.ts";
import { expectServers } from "../../cluster/server_identity.ts";
import { isWithoutNats } from "./nats_server.ts";
import { type SecuredNats, startSecuredNats } from "./secured.ts";

const ignore = await isWithoutNats();

async function connectAs(
  nats: SecuredNats,
  credentials: Credentials,
  addresses = nats.urls.split(","),
): Promise<NatsConnection> {
  const tls = expectServers(addresses, credentials.tls ?? {});
  return await connect({ servers: nats.urls.split(","), ...credentials, tls, timeout: 5_000 });
}

Deno.test({
  name: "docs/nats/one.conf lets in the nodes it lists, over TLS, and nobody else",
  ignore,
  async fn() {
    await using nats = await startSecuredNats(1);
    const own = await readCredentials({ file: nats.credentials("keeper1"), env: new Map() });
    const connection = await connectAs(nats, own);
    await jetstreamManager(connection);
    await connection.close();
    const { tls = {}, ...withoutAuthority } = own;
    await assertRejects(() => connectAs(nats, { tls }), Error, "Authorization Violation");
    await assertRejects(() => connectAs(nats, own, ["tls://127.0.0.2:1"]), Error, "127.0.0.2");
    // A server whose authority is unknown.
    await assertRejects(() => connectAs(nats, withoutAuthority), Error);
  },
});

Deno.test({
  name: "docs/nats/access.conf lets each role do what it must, and no more",
  ignore,
  async fn() {
    await using nats = await startSecuredNats(1);
    await using stack = new AsyncDisposableStack();
    const join = async (node: string) => {
      const own = await readCredentials({ file: nats.credentials(node), env: new Map() });
      const connection = await connectAs(nats, own);
      stack.defer(() => connection.close());
      return { js: jetstream(connection), kvm: new Kvm(connection) };
    };
    const keeper = await join("keeper1");
    const manager = await keeper.js.jetstreamManager();
    for (const name of ["url", "part", "doc", "stored"]) {
      await manager.streams.add({ name: `cllm_books_${name}`, subjects: [`cllm.books.${name}.>`] });
    }
    for (const bucket of ["cllm_books", "cllm_books_leases"]) await keeper.kvm.create(bucket);
    await (await keeper.kvm.open("cllm_books")).put("run", "of the keeper");
    const allowed: Readonly<Record<string, readonly string[]>> = {
      keeper1: [
        "url",
        "part",
        "part's",
        "shard's",
        "stored",
        "lease keeper",
        "lease shard.1",
        "run",
      ],
      crawl1: ["url", "shard's", "lease shard.1"],
      text1: ["part's"],
    };
    for (const [node, rights] of Object.entries(allowed)) {
      const { js, kvm } = node === "keeper1" ? keeper : await join(node);
      const [bucket, leases] = [await kvm.open("cllm_books"), await kvm.open("cllm_books_leases")];
      const tries: Record<string, () => Promise<unknown>> = {
        url: () => js.publish("cllm.books.url.1", ""),
        part: () => js.publish("cllm.books.part.1", ""),
        "part's": () => js.publish("cllm.books.doc.p.1", ""),
        "shard's": () => js.publish("cllm.books.doc.s.1", ""),
        stored: () => js.publish("cllm.books.stored.p1", ""),
        "lease keeper": () => leases.put("keeper", ""),
        "lease shard.1": () => leases.put("shard.1", ""),
        run: () => bucket.put("run", "of the keeper"),
      };
      for (const [what, attempt] of Object.entries(tries)) {
        if (rights.includes(what)) await attempt();
        else await assertRejects(attempt, Error, "Permissions Violation", `${node}: ${what}`);
      }
      await bucket.put(`node.${node}`, "");
      assertEquals((await bucket.get("run"))?.string(), "of the keeper");
    }
  },
});

Deno.test({
  name: "docs/nats/three.conf joins three servers",
  ignore,
  async fn() {
    await using nats = await startSecuredNats(3);
    const own = await readCredentials({ file: nats.credentials("keeper1"), env: new Map() });
    const connection = await connectAs(nats, own);
    const manager = await jetstreamManager(connection);
    const config = { name: "cllm_books_doc", subjects: ["cllm.books.doc.>"], num_replicas: 3 };
    await manager.streams.add(config);
    assertEquals((await jetstream(connection).publish("cllm.books.doc.p.1", "x")).seq, 1);
    const { cluster } = await manager.streams.info("cllm_books_doc");
    assertEquals(cluster?.replicas?.length, 2);
    await connection.close();
  },
});
