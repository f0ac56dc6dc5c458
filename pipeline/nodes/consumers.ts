/**
 * The durable consumers of a run: where several nodes share one queue, or a keeper follows another.
 *
 * @module
 */
import { AckPolicy, type Consumer } from "@nats-io/jetstream";
import type { ClusterRun } from "../../cluster/run.ts";

/** Time until what a node took, and said nothing of, goes to another. */
export const ACK_MS = 20_000;
const NANOS = 1e6;

/** Options of {@linkcode openConsumer}. */
export interface ConsumerChoice {
  readonly stream: string;
  readonly name: string;
  readonly filter: string;
  /** Deliveries that may be unacknowledged at once. */
  readonly maxPending?: number;
  readonly ackMs?: number;
}

/** Makes the consumer where it is not there, and binds to it. */
export async function openConsumer(
  { cluster }: ClusterRun,
  { stream, name, filter, maxPending = 1000, ackMs = ACK_MS }: ConsumerChoice,
): Promise<Consumer> {
  await cluster.manager.consumers.add(stream, {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackMs * NANOS,
    filter_subject: filter,
    max_ack_pending: maxPending,
  });
  return await cluster.js.consumers.get(stream, name);
}
