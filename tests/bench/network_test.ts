import { assertEquals, assertRejects } from "@std/assert";

import { connect, deadline } from "@nats-io/transport-node";
import { isWithoutNats, startNats } from "../cluster/nats_server.ts";
import { isWithoutNetworks, openNetwork } from "../../bench/network.ts";

Deno.test({
  name: "a cable that is pulled stops an open connection, and one put back lets it go on",
  ignore: await isWithoutNats() || await isWithoutNetworks(),
  async fn() {
    await using network = await openNetwork(2);
    await using nats = await startNats(1, { hosts: network.hosts });
    const connection = await connect({ servers: nats.urls });
    assertEquals(
      network.hosts.map(({ address }) => address).includes(new URL(nats.urls).hostname),
      true,
    );
    await connection.flush();
    await network.hosts[0]?.setCable(false);
    const answer = connection.flush();
    await assertRejects(() => deadline(Promise.resolve(answer), 300), Error, "timeout");
    await network.hosts[0]?.setCable(true);
    await answer;
    await connection.close();
  },
});
