import { assertEquals } from "@std/assert";
import { isInNetworks, parseAddress, parseNetwork } from "../../../lib/base/networks.ts";

Deno.test("parseAddress() reads IPv4 and IPv6, as proxies write them", () => {
  for (const text of ["192.0.2.1", "192.0.2.1:443", "::ffff:192.0.2.1", "[::ffff:c000:201]:80"]) {
    assertEquals(parseAddress(text), 0xffff_c000_0201n, text);
  }
  for (
    const text of [
      "2001:db8::1",
      "[2001:db8::1]",
      "[2001:db8::1]:443",
      "2001:DB8:0:0:0:0:0:1",
      "2001:db8::1%eth0",
    ]
  ) {
    assertEquals(parseAddress(text), (0x2001_0db8n << 96n) + 1n, text);
  }
  assertEquals(parseAddress("::"), 0n);
  for (const text of ["", "unknown", "1.2.3", "256.0.0.1", "1.2.3.4.5", "1:2", "_hidden", "a.example"]) {
    assertEquals(parseAddress(text), null, text);
  }
});

Deno.test("isInNetworks() compares the first bits", () => {
  const isIn = (address: string, ...networks: string[]) =>
    isInNetworks(parseAddress(address)!, networks.map((network) => parseNetwork(network)!));
  assertEquals(isIn("10.255.0.1", "10.0.0.0/8"), true);
  assertEquals(isIn("11.0.0.1", "10.0.0.0/8"), false);
  assertEquals(isIn("::ffff:10.0.0.1", "10.0.0.0/8"), true);
  assertEquals(isIn("192.0.2.130", "192.0.2.128/25"), true);
  assertEquals(isIn("192.0.2.127", "192.0.2.128/25"), false);
  assertEquals(isIn("192.0.2.7", "192.0.2.7"), true);
  assertEquals(isIn("192.0.2.8", "192.0.2.7/32", "192.0.2.7"), false);
  assertEquals(isIn("fd12::1", "10.0.0.0/8", "fd00::/8"), true);
  assertEquals(isIn("fe80::1", "fd00::/8"), false);
  assertEquals([isIn("1.2.3.4", "0.0.0.0/0"), isIn("2001:db8::1", "0.0.0.0/0"), isIn("1.2.3.4", "::/0")], [
    true,
    false,
    true,
  ]);
});

Deno.test("parseNetwork() refuses what is no network", () => {
  for (
    const text of [
      "",
      "/8",
      "10.0.0.0/33",
      "fd00::/129",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "a.example/8",
      "10.0.0.0/x",
    ]
  ) {
    assertEquals(parseNetwork(text), null, text);
  }
});
