/**
 * Which names a server answers to. A page of a foreign site can have its own name point to this
 * machine (DNS rebinding), and then its scripts may read what is answered: the name gives it away.
 *
 * @module
 */
import { ApiError, errorResponse } from "./api_error.ts";
import type { Middleware } from "./middleware.ts";

/** Whether a host of a URL is this machine to itself (RFC 6761, 6.3; RFC 6890). */
function isLoopbackName(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Whether a host of a URL is an address, which nobody can have point elsewhere. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+(\.\d+){3}$/.test(hostname);
}

/** A name as URLs have it, without a port; undefined for what is none. */
export function hostnameOf(name: string): string | undefined {
  if (!/^(\[[^\]]+\]|[^:/@?#\\[\]\s]+)$/.test(name)) return undefined;
  return URL.parse(`http://${name}/`)?.hostname;
}

/**
 * Refuses requests by any name but `names` and those of this machine alone, with 421 (RFC 9110).
 * Addresses are answered: no page comes from one of this machine's unless this machine sent it.
 */
export function requireHostName(names: readonly string[]): Middleware {
  const known = new Set(names);
  return async (context, next) => {
    const { hostname } = new URL(context.req.url);
    if (isLoopbackName(hostname) || isAddress(hostname) || known.has(hostname)) return await next();
    return errorResponse(
      new ApiError(
        `This server does not answer by the name ${hostname}: start it with --host-name ${hostname}`,
        { status: 421, code: "unknown_host" },
      ),
    );
  };
}
