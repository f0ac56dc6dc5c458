import { assert, assertEquals, assertThrows } from "@std/assert";
import { blockedRange } from "../../stages/crawl/address.ts";
import { guardedLookup } from "../../stages/crawl/address_guard.ts";

/** Hosts as they may stand in a URL, and the range of RFC 6890's registries they belong to. */
const BLOCKED: readonly (readonly [host: string, range: string])[] = [
  ["127.0.0.1", "loopback"],
  ["127.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["2130706433", "loopback"], // 127.0.0.1 as one decimal number
  ["0x7f000001", "loopback"],
  ["0x7f.0.0.1", "loopback"],
  ["0X7F.1", "loopback"],
  ["0177.0.0.1", "loopback"],
  ["017700000001", "loopback"],
  ["0x7f.0.0x0.01", "loopback"],
  ["127.0.0.1.", "loopback"],
  ["%31%32%37.0.0.1", "loopback"],
  ["①②⑦.⓪.⓪.①", "loopback"],
  ["127。0。0。1", "loopback"],
  ["0.0.0.0", "this network"],
  ["0", "this network"],
  ["0x0", "this network"],
  ["0.1.2.3", "this network"],
  ["10.0.0.1", "private"],
  ["10.255.255.255", "private"],
  ["167772161", "private"], // 10.0.0.1
  ["012.1.2.3", "private"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["192.168.0.1", "private"],
  ["192.168.257", "private"], // 192.168.1.1
  ["0xc0a80001", "private"],
  ["3232235521", "private"], // 192.168.0.1
  ["100.64.0.1", "carrier-grade NAT"],
  ["100.100.100.200", "carrier-grade NAT"], // Alibaba Cloud metadata
  ["100.127.255.255", "carrier-grade NAT"],
  ["169.254.0.1", "link-local"],
  ["169.254.169.254", "link-local"], // AWS, Google Cloud, Azure metadata
  ["0xa9fea9fe", "link-local"],
  ["2852039166", "link-local"],
  ["0251.0376.0251.0376", "link-local"],
  ["168.63.129.16", "cloud metadata"],
  ["192.0.0.192", "protocol assignment"], // Oracle Cloud metadata
  ["192.0.2.1", "documentation"],
  ["198.51.100.7", "documentation"],
  ["203.0.113.9", "documentation"],
  ["192.88.99.1", "6to4 relay"],
  ["198.18.0.1", "benchmarking"],
  ["198.19.255.255", "benchmarking"],
  ["224.0.0.1", "multicast"],
  ["239.255.255.250", "multicast"],
  ["240.0.0.1", "reserved"],
  ["255.255.255.255", "reserved"],
  ["4294967295", "reserved"],
  ["[::]", "unspecified"],
  ["[::1]", "loopback"],
  ["[0:0:0:0:0:0:0:1]", "loopback"],
  ["[0000:0000::0001]", "loopback"],
  ["[::ffff:127.0.0.1]", "loopback"],
  ["[::FFFF:7f00:1]", "loopback"],
  ["[0:0:0:0:0:ffff:169.254.169.254]", "link-local"],
  ["[::ffff:10.0.0.1]", "private"],
  ["[::127.0.0.1]", "IPv4-compatible"],
  ["[::a00:1]", "IPv4-compatible"],
  ["[::ffff:0:127.0.0.1]", "IPv4-translated"],
  ["[64:ff9b::127.0.0.1]", "loopback"],
  ["[64:ff9b::a9fe:a9fe]", "link-local"],
  ["[64:ff9b:1::1]", "local-use NAT64"],
  ["[2002:7f00:1::]", "loopback"],
  ["[2002:a9fe:a9fe::1]", "link-local"],
  ["[2002:c0a8:101::1]", "private"],
  ["[2001::1]", "protocol assignment"], // Teredo
  ["[2001:10::1]", "protocol assignment"],
  ["[2001:db8::1]", "documentation"],
  ["[3fff::1]", "documentation"],
  ["[100::1]", "discard-only"],
  ["[5f00::1]", "segment routing"],
  ["[fc00::1]", "private"],
  ["[fd00:ec2::254]", "private"], // AWS metadata over IPv6
  ["[fe80::1]", "link-local"],
  ["[febf::1]", "link-local"],
  ["[fec0::1]", "site-local"],
  ["[ff02::1]", "multicast"],
  ["[4000::1]", "reserved"],
  ["[1234::1]", "reserved"],
];

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
