/** Hosts as they may stand in a URL, and the range of RFC 6890's registries they belong to. */
export const BLOCKED: readonly (readonly [host: string, range: string])[] = [
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
  ["0177.0x0.0.01", "loopback"], // each part in its own base
  ["0x7f.1", "loopback"],
  ["127.0.1", "loopback"],
  ["127.0x1", "loopback"],
  ["0300.0250.0.1", "private"], // 192.168.0.1
  ["0xa000001", "private"], // 10.0.0.1
  ["2886729729", "private"], // 172.16.0.1
  ["\u{1d7cf}\u{1d7d0}\u{1d7d5}.0.0.1", "loopback"], // mathematical digits
  ["127\uff0e0\uff0e0\uff0e1", "loopback"], // full-width stops
  ["127.0.0.1\u3002", "loopback"],
  ["%30%78%37%66%30%30%30%30%30%31", "loopback"], // 0x7f000001
  ["[::ffff:0:0]", "this network"],
  ["[::ffff:a9fe:a9fe]", "link-local"],
  ["[0000:0000:0000:0000:0000:FFFF:C0A8:0101]", "private"],
  ["[64:ff9b::10.0.0.1]", "private"],
  ["[2002:a00:1::1]", "private"],
  ["[fe80::ffff:127.0.0.1]", "link-local"],
  ["[ff05::1:3]", "multicast"],
  ["[2001:0:4136:e378:8000:63bf:80ff:fffe]", "protocol assignment"], // Teredo of 127.0.0.1
  ["[2a00::5efe:127.0.0.1]", "loopback"], // ISATAP, RFC 5214
  ["[2a00::200:5efe:a00:1]", "private"],
  ["[2a00:1:2:3:0:5efe:a9fe:a9fe]", "link-local"],
  ["[2a00:1:2:3:200:5efe:192.0.2.33]", "documentation"],
  ["[2002:808:808::5efe:192.168.0.1]", "private"], // inside 6to4 of a public address
  ["[fe80::5efe:8.8.8.8]", "link-local"],
];
