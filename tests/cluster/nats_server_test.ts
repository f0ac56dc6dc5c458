import { assertEquals } from "@std/assert";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { leaderOf } from "./leader.ts";
import { isWithoutNats, startNats } from "./nats_server.ts";

const ignore = await isWithoutNats();

Deno.test({
  name: "one server keeps what it stored when it is killed and started again",
  ignore,
  async fn() {
    await using nats = await startNats(1);
    const [server] = nats.servers;
    const first = await connect({ servers: nats.urls });
    const manager = await jetstreamManager(first);
    await manager.streams.add({ name: "test", subjects: ["test.*"] });
    await jetstream(first).publish("test.a", "kept");
    await first.close();
    await server?.kill();
    await server?.restart();
    const second = await connect({ servers: nats.urls });
    const stream = await jetstream(second).streams.get("test");
    assertEquals((await stream.getMessage({ last_by_subj: "test.a" }))?.string(), "kept");
    await second.close();
  },
});

Deno.test({
  name: "three servers agree who leads a stream, and go on without one of them",
  ignore,
  async fn() {
    await using nats = await startNats(3);
    const connection = await connect({ servers: nats.urls.split(","), reconnectTimeWait: 100 });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "test", subjects: ["test.*"], num_replicas: 3 });
    await jetstream(connection).publish("test.a", "kept");
    const leader = await leaderOf(connection, "test");
    const follower = nats.servers.find(({ name }) => name !== leader);
    await follower?.kill();
    assertEquals(await leaderOf(connection, "test"), leader);
    await follower?.restart();
    await connection.close();
  },
});
