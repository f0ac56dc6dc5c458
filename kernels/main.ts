/** `deno task kernels`: builds both modules where stale and prints their sizes and digests. */
import { ensureKernels } from "./build.ts";

if (import.meta.main) {
  for (const [build, bytes] of Object.entries(await ensureKernels())) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
    // deno-lint-ignore no-console -- a command prints
    console.log(`${build}: ${bytes.length} bytes, sha256 ${digest.toHex()}`);
  }
}
