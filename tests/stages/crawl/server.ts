/** A loopback site for crawl tests. */
export interface TestSite extends AsyncDisposable {
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
}

/** Whether a path is a page's, and not of a file that is asked for at every origin. */
export const isPage = (path: string) => path !== "/robots.txt" && path !== "/llms.txt";

type Route = string | ((request: Request) => Response | Promise<Response>);

/** Serves HTML bodies by path; what is not listed, robots.txt included, is a 404. */
export function serveSite(routes: Readonly<Record<string, Route>>): TestSite {
  const requests: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    requests.push(pathname);
    const route = routes[pathname];
    if (route === undefined) return new Response("not found", { status: 404 });
    if (typeof route === "function") return route(request);
    return new Response(route, { headers: { "content-type": "text/html" } });
  });
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Answers every connection with these raw bytes, then closes it, or leaves it open. */
export function serveRaw(response: string, { close }: { close: boolean }) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const counts = { connections: 0 };
  const accepting = (async () => {
    for await (const connection of listener) {
      counts.connections++;
      await connection.read(new Uint8Array(4096));
      await connection.write(new TextEncoder().encode(response));
      if (close) connection.close();
      else open.push(connection);
    }
  })();
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    counts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of open) connection.close();
    },
  };
}
