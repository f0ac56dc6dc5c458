import { assert, assertEquals, assertThrows } from "@std/assert";
import { blockedRange } from "../../../stages/crawl/address.ts";
import { guardedLookup } from "../../../stages/crawl/address_guard.ts";
import { BLOCKED } from "./special_addresses.ts";

const ALLOWED = [
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.0",
  "93.184.215.14",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.0",
  "134744072", // 8.8.8.8
  "169.253.255.255",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "[2606:4700:4700::1111]",
  "[2001:200::1]",
  "[2001:4860:4860::8888]",
  "[3ffe:ffff::1]",
  "[::ffff:8.8.8.8]",
  "[64:ff9b::808:808]",
  "[2002:808:808::1]",
  "[2a00::5efe:8.8.8.8]",
  "[2a00::5eff:127.0.0.1]",
  "[2a00::100:5efe:127.0.0.1]",
];

/** The address as a crawler sees it: after the URL parser. */
const hostOf = (spelling: string) => new URL(`http://${spelling}/`).hostname.replace(/[[\]]/g, "");

Deno.test("every spelling of a special address is refused, with its range named", () => {
  assert(BLOCKED.length >= 60);
  for (const [spelling, range] of BLOCKED) {
    assertEquals(blockedRange(hostOf(spelling)), range, spelling);
  }
});

Deno.test("global unicast addresses, up to the edges of the special ranges, are allowed", () => {
  for (const spelling of ALLOWED) {
    assertEquals(blockedRange(hostOf(spelling)), undefined, spelling);
  }
});

Deno.test("a zone is ignored and a name is no address", () => {
  assertEquals(blockedRange("fe80::1%eth0"), "link-local");
  assertThrows(() => blockedRange("localhost"), SyntaxError, "not an IP address");
});

Deno.test("a name's answers are filtered, and each lookup judges its own answers", async () => {
  const answers = [["93.184.215.14", "10.0.0.1"], ["127.0.0.1"], ["::ffff:127.0.0.1"]];
  const lookup = guardedLookup(new URL("http://rebind.test/"), {
    rules: { allowPrivate: false, allowOrigins: new Set() },
    resolve: () =>
      Promise.resolve(
        (answers.shift() ?? []).map((address) => ({
          address,
          family: address.includes(":") ? 6 : 4,
        })),
      ),
  });
  const ask = () =>
    new Promise((resolve) =>
      lookup("rebind.test", { all: true }, (error, found) => resolve(error?.message ?? found))
    );
  assertEquals(await ask(), [{ address: "93.184.215.14", family: 4 }]);
  const refusal = (address: string) =>
    `rebind.test is ${address}, a loopback address: not connected to; ` +
    "allow http://rebind.test with --allow-private";
  assertEquals(await ask(), refusal("127.0.0.1"));
  assertEquals(await ask(), refusal("::ffff:127.0.0.1"));
  assertEquals(await ask(), "rebind.test has no address");
});
