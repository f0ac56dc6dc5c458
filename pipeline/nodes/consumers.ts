/**
 * The durable consumers of a run: where several nodes share one queue, or a keeper follows another.
 *
 * @module
 */
import { AckPolicy, type Consumer, JetStreamApiError } from "@nats-io/jetstream";
import type { ClusterRun } from "../../cluster/run.ts";

/** Time until what a node took, and said nothing of, goes to another. */
export const ACK_MS = 20_000;
const NANOS = 1e6;
/** JetStream's code for a consumer that is not there. */
const NOT_FOUND = 10014;

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

/** Removes the consumer where it is there: the next one gets all that is not acknowledged, in order. */
export async function removeConsumer(
  { cluster }: ClusterRun,
  { stream, name }: ConsumerChoice,
): Promise<void> {
  try {
    await cluster.manager.consumers.delete(stream, name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== NOT_FOUND) throw error;
  }
}
