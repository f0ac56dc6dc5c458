import { assertEquals, assertRejects } from "@std/assert";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type Credentials, readCredentials } from "../../cluster/credentials.ts";
import { expectServers } from "../../cluster/server_identity.ts";
import { leaderOf } from "./leader.ts";
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
  name: "docs/nats/three.conf joins three servers",
  ignore,
  async fn() {
    await using nats = await startSecuredNats(3);
    const own = await readCredentials({ file: nats.credentials("keeper1"), env: new Map() });
    const connection = await connectAs(nats, own);
    const manager = await jetstreamManager(connection);
    const config = { name: "cllm_books_doc", subjects: ["cllm.books.doc.*"], num_replicas: 3 };
    await manager.streams.add(config);
    assertEquals((await jetstream(connection).publish("cllm.books.doc.p1", "x")).seq, 1);
    nats.named(await leaderOf(connection, "cllm_books_doc"));
    await connection.close();
  },
});
