/**
 * From where a request came.
 *
 * @module
 */
import type { Context } from "hono";
import { isIP } from "node:net";

/** What listen.ts hands over beside a request. */
interface SocketBindings {
  readonly incoming?: { readonly socket: { readonly remoteAddress?: string } };
}

/**
 * The address at the other end of the socket or, behind a proxy that is to be trusted, the one that
 * the proxy added last to `x-forwarded-for`: those before it are the client's own claims.
 */
export function clientAddress(
  context: Context,
  { trustProxy }: { trustProxy: boolean },
): string {
  if (trustProxy) {
    const last = context.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() ?? "";
    if (isIP(last) !== 0) return last;
  }
  const { incoming }: SocketBindings = context.env ?? {};
  return incoming?.socket.remoteAddress ?? "local";
}
