import { assertEquals } from "@std/assert";
import { openScripted } from "./scripted_server.ts";

// The content types of a request that a page sends elsewhere without asking first (Fetch, 2.2.2).
Deno.test("no route takes a post that a page of another site can send unasked", async () => {
  await using server = await openScripted();
  const { paths } = await (await fetch(`${server.url}/openapi.json`)).json();
  const posts = Object.entries<object>(paths).filter(([, item]) => "post" in item)
    .map(([path]) => path);
  assertEquals(posts.length, 13);
  const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""];
  for (const path of posts) {
    for (const type of types) {
      const response = await fetch(server.url + path, {
        method: "POST",
        headers: { origin: "https://evil.example", ...type && { "content-type": type } },
        body: new TextEncoder().encode('{"model":"scripted"}'),
      });
      assertEquals(response.status, 415, `${path} ${type}`);
      await response.body?.cancel();
    }
    const asked = await fetch(server.url + path, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    assertEquals(asked.headers.get("access-control-allow-origin"), null, path);
    await asked.body?.cancel();
  }
  assertEquals([server.engine.prompts, server.failures], [[], []]);
});
