import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { join } from "node:path";
import { createNodeKey, readCredentials } from "../../cluster/credentials.ts";
import { openFolder } from "../commands/program.ts";

const NONE = new Map<string, string>();

Deno.test("a new key is a credentials file that only its owner reads, and is never replaced", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "node.env");
  const publicKey = await createNodeKey(file);
  assert(/^U[A-Z2-7]{55}$/.test(publicKey), publicKey);
  assertEquals(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
  const { authenticator, tls } = await readCredentials({ file, env: NONE });
  assert(typeof authenticator === "function");
  assertEquals(tls, undefined);
  const { nkey } = authenticator("nonce") as { nkey: string };
  assertEquals(nkey, publicKey);
  await assertRejects(() => createNodeKey(file), Error, "it exists, and would be overwritten");
});

Deno.test("credentials come from the environment, or from a file with paths relative to it", async () => {
  await using folder = await openFolder();
  assertEquals(await readCredentials({ env: NONE }), {});
  const env = new Map([["CLLM_CLUSTER_CA", "/etc/ca.pem"], ["CLLM_CLUSTER_CERT", ""]]);
  assertEquals(await readCredentials({ env }), { tls: { caFile: "/etc/ca.pem" } });
  const file = join(folder.path, "node.env");
  await Deno.writeTextFile(file, "# ours\nCLLM_CLUSTER_CA=ca.pem\n", { mode: 0o600 });
  assertEquals(await readCredentials({ file, env }), {
    tls: { caFile: join(folder.path, "ca.pem") },
  });
});

Deno.test("bad credentials are refused with what to change, and no secret is quoted", async () => {
  await using folder = await openFolder();
  const file = join(folder.path, "node.env");
  const refused = async (text: string, said: string, mode = 0o600) => {
    await Deno.writeTextFile(file, text);
    await Deno.chmod(file, mode);
    const error = await assertRejects(() => readCredentials({ file, env: NONE }), Error, said);
    assertFalse(Deno.inspect(error).includes("SECRET"), Deno.inspect(error));
  };
  await refused("CLLM_CLUSTER_NKEY=SUSECRET", "it is not the seed of an nkey");
  await refused("CLLM_CLUSTER_NKEY=SUSECRET", "other users may read it; chmod 600", 0o644);
  await refused("CLLM_NKEY=SUSECRET", "unknown name CLLM_NKEY");
  await refused(
    "CLLM_CLUSTER_CERT=a.pem",
    "CLLM_CLUSTER_CERT and CLLM_CLUSTER_KEY need one another",
  );
  const missing = join(folder.path, "missing.env");
  await assertRejects(() => readCredentials({ file: missing, env: NONE }), Error, "no such file");
});
