/**
 * Faults of the extract stage's worker: what a page's address names happens before the page is
 * looked at.
 */
import type { ExtractRequest } from "../../../stages/extract/extract_worker.ts";

/** Longer than the tests' limit on a page; a blocked thread cannot be ended sooner. */
const HANG_MS = 3000;

const PERMISSIONS = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

self.addEventListener("message", (event: MessageEvent<ExtractRequest>) => {
  const { data } = event;
  if (data.kind !== "extract") return;
  const { url } = data.page;
  if (url.includes("crash")) throw new Error("made to fail");
  if (url.includes("leave")) self.close();
  if (url.includes("hang")) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HANG_MS);
  }
  if (url.includes("permissions")) {
    const granted = PERMISSIONS.filter((name) =>
      Deno.permissions.querySync({ name }).state === "granted"
    );
    data.page.body.set(new TextEncoder().encode(`granted: ${granted.join(" ") || "none"}`));
  }
});
