import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UsageError } from "../../cli/flags.ts";
import { listen } from "../../serve/listen.ts";
import { readTlsKeys } from "../../serve/listen_keys.ts";
import { reload } from "../../serve/reload.ts";
import { openFolder } from "../commands/program.ts";
import { openApp } from "./golden_app.ts";

const FILES = new URL("../fixtures/tls", import.meta.url).pathname;
const paths = { "tls-cert": `${FILES}/cert.pem`, "tls-key": `${FILES}/key.pem` };

async function openTls() {
  const opened = await openApp({ context: 100_000 });
  const stopping = new AbortController();
  const tls = await readTlsKeys(paths);
  assert(tls);
  const { port, finished, renewTls } = await listen(opened.app, {
    port: 0,
    signal: stopping.signal,
    tls,
    limits: { headersMs: 300, checkMs: 50 },
  });
  const client = Deno.createHttpClient({
    caCerts: [await Deno.readTextFile(`${FILES}/root.pem`)],
  });
  return { ...opened, client, port, finished, renewTls, stop: () => stopping.abort() };
}

Deno.test("over TLS a text streams, also while the server stops, and plain HTTP is not spoken", async () => {
  const server = await openTls();
  await using _engine = { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  const { client, port } = server;
  const url = `https://localhost:${port}`;
  const health = await fetch(`${url}/health`, { client });
  assertEquals((await health.json()).status, "ok");
  await assertRejects(() => fetch(`http://localhost:${port}/health`), TypeError);
  await assertRejects(() => fetch(`${url}/health`), TypeError);
  const response = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "2%", max_tokens: 100, temperature: 0, stream: true }),
    client,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert(reader);
  let text = (await reader.read()).value ?? "";
  server.stop();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += piece.value;
  }
  assert(text.endsWith("data: [DONE]\n\n"));
  await server.finished;
  client.close();
});

Deno.test("a renewed certificate is shown from now on, and streams go on under the old one", async () => {
  const server = await openTls();
  await using _engine = { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  await using folder = await openFolder();
  const { client, port, renewTls } = server;
  const at = (name: string) => join(folder.path, name);
  const values = {
    hostname: "127.0.0.1",
    "api-key-file": undefined,
    "host-name": [],
    "tls-cert": at("cert.pem"),
    "tls-key": at("key.pem"),
  };
  const renew = async (cert: string, key: string) => {
    await Deno.copyFile(`${FILES}/${cert}.pem`, values["tls-cert"]);
    await Deno.copyFile(`${FILES}/${key}.pem`, values["tls-key"]);
    return await reload(values, { apiKeys: undefined, renewTls });
  };
  const url = `https://localhost:${port}`;
  const { body } = await fetch(`${url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ prompt: "2%", max_tokens: 90_000, temperature: 0, stream: true }),
    client,
  });
  const reader = body?.getReader();
  assert(reader);
  await reader.read();
  const asked = async (root: string) => {
    using fresh = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(`${FILES}/${root}`)] });
    const response = await fetch(`${url}/health`, { client: fresh });
    await response.body?.cancel();
  };
  const wrong = await renew("renewed_cert", "key");
  assertMatch(wrong, /^Cannot reload, all stays as it was: Cannot use --tls-key .*not the key of/);
  assertMatch(await renew("renewed_key", "key"), /^Cannot reload, .* has no CERTIFICATE in PEM/);
  await asked("root.pem");
  assertEquals(await renew("renewed_cert", "renewed_key"), "Read again: the certificate");
  await asked("renewed_cert.pem");
  await assertRejects(() => asked("root.pem"), TypeError);
  for (let i = 0; i < 20; i++) assert(!(await reader.read()).done);
  await reader.cancel();
  client.close();
  server.stop();
  await server.finished;
});

Deno.test("who does not shake hands is hung up on, and holds nobody up", async () => {
  const server = await openTls();
  await using _engine = { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  {
    using silent = await Deno.connect({ port: server.port });
    const buffer = new Uint8Array(64);
    // The server may say why before it hangs up.
    while (await silent.read(buffer) !== null);
  }
  server.stop();
  await server.finished;
  server.client.close();
});

Deno.test("files that are no certificate and key are refused by their flag", async () => {
  const swapped = { "tls-cert": paths["tls-key"], "tls-key": paths["tls-cert"] };
  await assertRejects(() => readTlsKeys(swapped), UsageError, "--tls-cert");
  const missing = { ...paths, "tls-key": `${FILES}/none.pem` };
  await assertRejects(() => readTlsKeys(missing), UsageError, "--tls-key");
  assertEquals(await readTlsKeys({ "tls-cert": undefined, "tls-key": undefined }), undefined);
});
