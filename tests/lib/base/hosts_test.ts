import { assertEquals } from "@std/assert";
import { isThisMachine } from "../../../lib/base/hosts.ts";

const HOSTS: readonly [host: string, expected: boolean][] = [
  ["localhost", true],
  ["LocalHost:8000", true],
  ["127.0.0.1:8000", true],
  ["2130706433", true], // the number that is 127.0.0.1
  ["[::1]", true],
  ["[0:0:0:0:0:0:0:1]:25", true],
  // Perhaps another machine: the connection needs TLS.
  ["127.0.0.2", false],
  ["0.0.0.0", false],
  ["localhost.example", false],
  ["localhost.", false],
  ["127.0.0.1.example", false],
  ["localhost@mail.example", false],
];

for (const [host, expected] of HOSTS) {
  Deno.test(`isThisMachine() is ${expected} for http://${host}`, () => {
    assertEquals(isThisMachine(new URL(`http://${host}`)), expected);
  });
}

Deno.test("isThisMachine() reads the host of an smtp: URL too", () => {
  assertEquals(["smtp://[::1]:25", "smtp://mail.example"].map((url) => isThisMachine(new URL(url))), [
    true,
    false,
  ]);
});
