import { deadline, type NatsConnection } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";

/** How long one question, or one wait for an election, takes at most. */
const TURN_MS = 2000;
const TURNS = 15;

/** The name of the server that leads `stream`, after the election if there is none now. */
export async function leaderOf(connection: NatsConnection, stream: string): Promise<string> {
  const subject = `$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.${stream}`;
  const elections = connection.subscribe(subject);
  try {
    const events = elections[Symbol.asyncIterator]();
    let next = events.next();
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: TURN_MS });
    for (let turn = 0; turn < TURNS; turn++) {
      // Only a leader answers. Without one, or while the connection moves to another server, nobody does.
      const info = await manager.streams.info(stream).catch(() => undefined);
      if (info?.cluster?.leader !== undefined) return info.cluster.leader;
      const isElected = await deadline(next, TURN_MS).then(() => true, () => false);
      if (isElected) next = events.next();
    }
    throw new Error(`nobody leads stream ${stream}`);
  } finally {
    elections.unsubscribe();
  }
}
