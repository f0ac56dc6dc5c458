/**
 * Broker → T: the values of a durable consumer, each acknowledged by whom it is done.
 *
 * @module
 */
import type { Consumer, JsMsg } from "@nats-io/jetstream";
import { joinBytes } from "../model/bytes.ts";
import { generated } from "../stages/flow.ts";
import { pause } from "./lease.ts";
import { isAway, PIECE, VALUE_ID } from "./to_stream.ts";

const NEXT_MS = 2_000;
const RETRY_MS = 500;

/** A value as it came, not yet acknowledged. */
export interface Delivery<T> {
  readonly value: T;
  /** The same for a value that comes again. */
  readonly id: string;
  readonly subject: string;
  /** Sequence of its last message in the stream. */
  readonly sequence: number;
  /** Messages that wait behind it. */
  readonly pending: number;
  /** Whether it was delivered before, to this node or another. */
  readonly redelivered: boolean;
  /** Says that it is done. */
  ack(): void;
  /** Asks for more time before it goes to another node. */
  working(): void;
  /** Gives it back, to be delivered again. */
  nak(delayMs?: number): void;
}

/** Choices for {@linkcode fromStream}. */
export interface FromStreamOptions<T> {
  readonly decode: (bytes: Uint8Array) => T;
  readonly signal: AbortSignal;
}

/**
 * The values of a consumer, each as often as the broker delivers it. `open` gives the consumer, and
 * is called again where the broker has forgotten it. One message is asked for at a time, by a reader
 * that has room for it. Ends with the signal's reason.
 */
export function fromStream<T>(
  open: () => Promise<Consumer>,
  { decode, signal }: FromStreamOptions<T>,
): ReadableStream<Delivery<T>> {
  /** Pieces that have come of values that are not whole. */
  const partial = new Map<string, JsMsg[]>();

  function take(message: JsMsg): Delivery<T> | undefined {
    const id = message.headers?.get(VALUE_ID) ?? "";
    const [, number, count] = /^(\d+)\/(\d+)$/.exec(message.headers?.get(PIECE) || "1/1") ?? [];
    const pieces = partial.get(id) ?? [];
    pieces[Number(number) - 1] = message;
    partial.set(id, pieces);
    for (let i = 0; i < Number(count); i++) if (pieces[i] === undefined) return undefined;
    partial.delete(id);
    return deliveryOf(pieces, { id, decode });
  }

  async function* deliveries(cancelled: AbortSignal): AsyncGenerator<Delivery<T>, void> {
    const stop = AbortSignal.any([signal, cancelled]);
    let consumer: Consumer | undefined;
    for (;;) {
      stop.throwIfAborted();
      try {
        consumer ??= await open();
        const message = await ended(consumer.next({ expires: NEXT_MS }), stop);
        const delivery = message && take(message);
        if (delivery) yield delivery;
      } catch (error) {
        stop.throwIfAborted();
        if (!isAway(error) && !isForgotten(error)) throw error;
        consumer = undefined;
        await pause(RETRY_MS, stop);
      }
    }
  }

  return generated(deliveries);
}

function deliveryOf<T>(
  pieces: readonly JsMsg[],
  { id, decode }: { id: string; decode: (bytes: Uint8Array) => T },
): Delivery<T> {
  const [first] = pieces;
  const last = pieces.at(-1);
  if (first === undefined || last === undefined) throw new RangeError("a value has no piece");
  return {
    value: decode(pieces.length === 1 ? first.data : joinBytes(pieces.map(({ data }) => data))),
    id,
    subject: first.subject,
    sequence: last.seq,
    pending: last.info.pending,
    redelivered: pieces.some(({ redelivered }) => redelivered),
    ack: () => pieces.forEach((piece) => piece.ack()),
    working: () => pieces.forEach((piece) => piece.working()),
    nak: (delayMs) => pieces.forEach((piece) => piece.nak(delayMs)),
  };
}

function isForgotten(error: unknown): boolean {
  return error instanceof Error && /(consumer|stream) (not found|deleted)/i.test(error.message);
}

/** The value, or the signal's reason where that comes first. */
function ended<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
