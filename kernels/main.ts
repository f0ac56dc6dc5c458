// deno-lint-ignore-file no-console -- a command prints
/** `deno task kernels`: builds both modules where stale and prints their sizes and digests. */
import { ensureKernels } from "./build.ts";

if (import.meta.main) {
  const [word] = Deno.args;
  if (word !== undefined) {
    console.error(`error: Cannot use ${word}: deno task kernels takes no arguments`);
    Deno.exit(2);
  }
  for (const [build, bytes] of Object.entries(await ensureKernels())) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
    console.log(`${build}: ${bytes.length} bytes, sha256 ${digest.toHex()}`);
  }
}
