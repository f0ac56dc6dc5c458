import { assertMatch } from "@std/assert";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { answerSocketErrors } from "../../serve/socket_errors.ts";

Deno.test("an answer on its way out survives that what comes in is found malformed", async () => {
  await using server = createServer();
  answerSocketErrors(server);
  // As on a busy machine: time is over before the bytes that wait are parsed and found incomplete.
  server.on("connection", (socket: Socket) => {
    for (const code of ["ERR_HTTP_REQUEST_TIMEOUT", "HPE_INVALID_EOF_STATE"]) {
      server.emit("clientError", Object.assign(new Error(code), { code }), socket);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const answer = await new Response(connection.readable).text();
  assertMatch(answer, /^HTTP\/1.1 408 [^]*took too long to arrive"/);
});
