/**
 * T → broker: publishes a value, however large, and waits until the broker has it.
 *
 * @module
 */
import { headers } from "@nats-io/transport-node";
import { JetStreamApiError, type PubAck } from "@nats-io/jetstream";
import type { Cluster } from "./connect.ts";
import { pause } from "./lease.ts";

/** Header of a message that is a piece of a larger value: `2/5` is the second of five. */
export const PIECE = "Cllm-Piece";
/** Header of the value's id, which all its pieces have. */
export const VALUE_ID = "Cllm-Id";

/** JetStream's code for a stream that is full. */
const FULL = 10077;
/** Codes of the stream or its leader being away for a while. */
const AWAY: ReadonlySet<number> = new Set([10008, 10039, 10059, 10076, 10009]);
/** What is said of it that has no code; the last two by a server to who waits for a message. */
const AWAY_WORDS =
  /timeout|no responders|disconnect|heartbeats missed|stale connection|leadership change|server shutdown/i;
const FIRST_WAIT_MS = 25, LAST_WAIT_MS = 1_000;
/** Room for the headers of a message. */
const HEADER_BYTES = 1024;
const PUBLISH_MS = 5_000;

/** Choices for {@linkcode publish}. */
export interface PublishOptions {
  readonly cluster: Cluster;
  /** The same for the same value, so that what comes twice is known. */
  readonly id: string;
  /** Sets apart what is asked for again from what the broker still knows as published. */
  readonly offer?: string;
  /** Ends the waiting for room, or for the broker. */
  readonly signal: AbortSignal;
  /** Hears that the stream is full. */
  readonly onFull?: () => void;
}

/**
 * Publishes one value and resolves when the broker has all of it, to the sequence of its last message.
 * While the stream is full or away, it waits: that is how backpressure reaches another machine.
 */
export async function publish(
  subject: string,
  bytes: Uint8Array,
  options: PublishOptions,
): Promise<number> {
  const { cluster: { maxPayload }, id, offer = "" } = options;
  const room = maxPayload - HEADER_BYTES;
  const pieces = Math.max(1, Math.ceil(bytes.byteLength / room));
  let last = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const own = headers();
    own.set(VALUE_ID, id);
    if (pieces > 1) own.set(PIECE, `${piece + 1}/${pieces}`);
    const msgID = [offer, id, pieces > 1 ? piece : ""].join(" ").trim();
    const body = bytes.subarray(piece * room, (piece + 1) * room);
    const { seq } = await publishMessage(subject, body, {
      ...options,
      send: { msgID, headers: own },
    });
    last = seq;
  }
  return last;
}

async function publishMessage(
  subject: string,
  body: Uint8Array,
  { cluster: { js }, send, signal, onFull = () => {} }: PublishOptions & {
    send: { msgID: string; headers: ReturnType<typeof headers> };
  },
): Promise<PubAck> {
  for (let waitMs = FIRST_WAIT_MS;; waitMs = Math.min(2 * waitMs, LAST_WAIT_MS)) {
    signal.throwIfAborted();
    try {
      return await js.publish(subject, body, { ...send, timeout: PUBLISH_MS });
    } catch (error) {
      if (isFull(error)) onFull();
      else if (!isAway(error)) throw error;
    }
    await pause(waitMs, signal);
  }
}

const isFull = (error: unknown) => error instanceof JetStreamApiError && error.code === FULL;

/** Whether the broker may answer later: it, its leader or the way to it is gone for now. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof JetStreamApiError) {
    // Two servers are too few for good, and three of which one restarts for a while.
    return AWAY.has(error.code) || error.status === 503 || /peer offline/.test(error.message);
  }
  return /^(TimeoutError|NoResponders|RequestError|JetStreamNotEnabled|DisconnectedError)/
    .test(error.name) ||
    AWAY_WORDS.test(error.message);
}
