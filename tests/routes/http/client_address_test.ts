import { assertEquals } from "@std/assert";
import { parseConfig } from "../../../lib/config/config.ts";
import { findClientAddress } from "../../../routes/http/client_address.ts";
import { LEAST } from "../../support/config_cases.ts";
import { TestService } from "../../support/test_service.ts";

/** `TRUST_PROXY`, the connection, `X-Forwarded-For`, and the client. */
const CASES: [trust: string, connected: string | undefined, forwarded: string | null, client: string][] = [
  ["false", "192.0.2.1", "198.51.100.1", "192.0.2.1"],
  ["0", "192.0.2.1", "198.51.100.1", "192.0.2.1"],
  ["false", undefined, "198.51.100.1", "unknown"],
  ["true", "192.0.2.1", null, "192.0.2.1"],
  ["true", "192.0.2.1", "", "192.0.2.1"],
  ["true", "192.0.2.1", " , ", "192.0.2.1"],
  ["true", "192.0.2.1", "made.up, 198.51.100.1", "198.51.100.1"],
  ["1", "192.0.2.1", "made.up, 198.51.100.1", "198.51.100.1"],
  // A CDN in front of a load balancer: the last hop is the CDN.
  ["2", "192.0.2.1", "made.up, 198.51.100.1, 203.0.113.9", "198.51.100.1"],
  ["2", "192.0.2.1", "198.51.100.1", "198.51.100.1"],
  ["3", "192.0.2.1", "198.51.100.1, 203.0.113.9", "198.51.100.1"],
  ["10.0.0.0/8", "10.1.2.3", "made.up, 198.51.100.1", "198.51.100.1"],
  ["10.0.0.0/8", "10.1.2.3", "198.51.100.1, 10.9.9.9", "198.51.100.1"],
  ["10.0.0.0/8", "192.0.2.1", "198.51.100.1", "192.0.2.1"],
  ["10.0.0.0/8,203.0.113.0/24", "10.1.2.3", "made.up, 198.51.100.1, 203.0.113.9", "198.51.100.1"],
  ["10.0.0.0/8", "10.1.2.3", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
  ["10.0.0.0/8", "10.1.2.3", null, "10.1.2.3"],
  ["fd00::/8", "fd12::1", "2001:db8::7", "2001:db8::7"],
  ["10.0.0.0/8", "10.1.2.3", "198.51.100.1:5678", "198.51.100.1:5678"],
  ["10.0.0.0/8", undefined, "198.51.100.1", "unknown"],
];

for (const [TRUST_PROXY, connected, forwarded, client] of CASES) {
  Deno.test(`TRUST_PROXY=${TRUST_PROXY} finds ${client} behind ${connected} with ${forwarded}`, () => {
    const headers = new Headers(forwarded === null ? {} : { "x-forwarded-for": forwarded });
    const { trustProxy } = parseConfig({ ...LEAST, TRUST_PROXY });
    assertEquals(findClientAddress(headers, connected, trustProxy), client);
  });
}

Deno.test("a proxy that is not believed is logged once", async () => {
  for (const header of ["x-forwarded-for", "forwarded", "x-real-ip"]) {
    for (const [TRUST_PROXY, lines] of [["false", 1], ["true", 0]] as const) {
      await using service = await TestService.open({ env: { TRUST_PROXY } });
      for (let i = 0; i < 3; i++) {
        await (await service.request("/healthz", { headers: { [header]: "for=198.51.100.1" } })).body
          ?.cancel();
      }
      const seen = service.log.filter(({ message }) => message === "proxy_ignored");
      assertEquals(seen.map(({ level }) => level), Array(lines).fill("WARN"));
      assertEquals(JSON.stringify(seen).includes("198.51"), false);
    }
  }
});
