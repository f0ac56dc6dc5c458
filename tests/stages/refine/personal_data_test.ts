import { assertEquals } from "@std/assert";
import { maskPersonalData } from "../../../stages/refine/personal_data.ts";

/** What is replaced, in each case by the first of its kind. */
const [MAIL, ADDRESS] = ["email@example.com", "22.214.171.124"];

Deno.test("e-mail addresses are replaced, what only looks like one stays", () => {
  const cases: readonly (readonly [raw: string, masked: string])[] = [
    ["Write to jane@site.net.", `Write to ${MAIL}.`],
    ["<Jane.Doe+news@mail.site.co.uk>", `<${MAIL}>`],
    ["mailto:o'brien_1@x-y.org?subject=a", `mailto:${MAIL}?subject=a`],
    ["two@a.org, three@b.org", `${MAIL}, firstname.lastname@example.org`],
    ["a@b", "a@b"],
    ["@name said 5 @ 3.20", "@name said 5 @ 3.20"],
    ["foo@.org and foo@-a", "foo@.org and foo@-a"],
    ["foo@2x.png, img/a@1.5x.webp", "foo@2x.png, img/a@1.5x.webp"],
    ["foo@2x.png.org", MAIL],
    ["", ""],
  ];
  for (const [raw, masked] of cases) assertEquals(maskPersonalData(raw).text, masked, raw);
});

Deno.test("public IPv4 addresses are replaced; private ones, versions and dates stay", () => {
  // Both sides of the blocks in IANA's registry of special-purpose addresses.
  const open = ["8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"]
    .concat(["126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255"])
    .concat(["172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"])
    .concat(["192.0.3.0", "198.51.101.0", "203.0.112.255", "223.255.255.255", "1.0.0.0"]);
  const closed = ["0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255"]
    .concat(["127.0.0.1", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.168.0.0"])
    .concat(["192.168.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.0", "198.19.255.255"])
    .concat(["198.51.100.1", "203.0.113.255", "224.0.0.0", "239.255.255.255", "255.255.255.255"]);
  for (const address of open) {
    assertEquals(maskPersonalData(`at (${address}), so`).text, `at (${ADDRESS}), so`, address);
  }
  const others = ["256.1.1.1", "1.2.3", "1.2.3.4.5", "8.8.8.888", "01.2.3.4"];
  for (const address of [...closed, ...others]) {
    assertEquals(maskPersonalData(address).text, address);
  }
  const { text, emails, addresses } = maskPersonalData("a@b.org 8.8.8.8 c@d.org 1.1.1.1:80");
  assertEquals([emails, addresses], [2, 2]);
  assertEquals(text, `${MAIL} ${ADDRESS} firstname.lastname@example.org 126.96.36.199:80`);
});

Deno.test("addresses in any script are masked (RFC 6531, RFC 5890)", () => {
  const cases = [
    "j\u00f6rg@m\u00fcller.de",
    "\u7528\u6237@\u4f8b\u5b50.\u5e7f\u544a",
    "\u0438\u0432\u0430\u043d@\u043f\u043e\u0447\u0442\u0430.\u0440\u0444",
  ]
    .concat(["jo\u0308rg@site.net", "jane@caf\u00e9.site.net"]);
  for (const address of cases) {
    assertEquals(maskPersonalData(`to <${address}>.`).text, `to <${MAIL}>.`, address);
  }
});

Deno.test("versions and sections of four numbers are no addresses", () => {
  const kept = ["v1.2.3.4", "version 8.8.8.8", "Version: 1.2.3.4", "Agent/8.0.5.7", "tool-1.2.3.4"]
    .concat(["1.2.3.4-rc1", "1.2.3.4b", "Section 1.2.3.4", "\u00a7 1.2.3.4", "release 9.9.9.9"]);
  for (const text of kept) assertEquals(maskPersonalData(text).text, text);
  const masked = ["http://8.8.8.8/a", "at 8.8.8.8:80", "(8.8.8.8)", "8.8.8.8-9", "ip=8.8.8.8"];
  for (const text of masked) {
    assertEquals(maskPersonalData(text).text, text.replace("8.8.8.8", ADDRESS), text);
  }
});

Deno.test("public IPv6 addresses are replaced; reserved ones and what only looks alike stay", () => {
  const open = ["2606:4700:4700::1111", "2001:4860:4860:0:0:0:0:8888", "2A00:1450::", "2002::1"]
    .concat(["2001:200::", "2001:db7::1", "2001:db9::1", "3fff:1000::1", "3ffe:ffff::"]);
  const closed = ["::1", "::", "fe80::1", "fc00::1", "ff02::1", "64:ff9b::1", "1fff::1", "4000::1"]
    .concat(["2001::1", "2001:1ff::1", "2001:db8::1", "2001:db8:ffff::", "3fff::1", "3fff:fff::1"]);
  const others = ["12:30:45", "std::vector", "2024:10:11", "2000:1::2::3", "x2606::1", "2606::1x"]
    .concat(["2606:1:2:3:4:5:6:7:8", "a::b", "2001"]);
  for (const address of open) {
    assertEquals(maskPersonalData(`at [${address}]:80.`).text, "at [2001:db8::1]:80.", address);
  }
  assertEquals(maskPersonalData("It is 2606::1: so").text, "It is 2001:db8::1: so");
  assertEquals(maskPersonalData("2606::1, 2606::2/64.").text, "2001:db8::1, 2001:db8::2/64.");
  for (const text of [...closed, ...others]) assertEquals(maskPersonalData(text).text, text);
});

Deno.test("masking hostile text takes linear time", () => {
  // A search that backs up at each sign would need hours for these.
  for (
    const text of ["a.".repeat(1e6), `${"a".repeat(1e6)}@`, "a@".repeat(5e5), "1.".repeat(1e6)]
  ) {
    assertEquals(maskPersonalData(text).text, text);
  }
  assertEquals(maskPersonalData(`a@${"b.".repeat(5e5)}`).emails, 1);
});
