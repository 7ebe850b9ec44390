/**
 * An attacker writes to the database and has no data key: each record is replaced by what it must not be, and the
 * service is used. Nobody gets into another account, and no record is an unexpected error.
 */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, MORK, signedUp, signInByPassword } from "../support/account_requests.ts";
import { startActivation } from "../support/activation_requests.ts";
import { deletionLink, linkIn, resetLink } from "../support/mailed_links.ts";
import { purchasesOf, USER } from "../support/purchases.ts";
import { TestService } from "../support/test_service.ts";

const ENV = {
  AMAZON_SIGN_INS_PER_MINUTE: "0",
  AMAZON_KEEP_REFRESH_TOKEN: "true",
  RECEIPT_SIGN_IN: "on",
};

/** What stands in the place of a record. `other`: the value of another record of its kind. */
const WRONG: Readonly<Record<string, (stored: unknown, other: unknown) => unknown>> = {
  "null": () => null,
  "a number": () => -1,
  "a KvU64": () => new Deno.KvU64(7n),
  "an empty object": () => ({}),
  "changed bytes": (stored) => {
    if (!(stored instanceof Uint8Array)) return stored;
    const bytes = stored.slice();
    bytes[bytes.length - 1]! ^= 1;
    return bytes;
  },
  "cut bytes": (stored) => stored instanceof Uint8Array ? stored.slice(0, -20) : stored,
  "the value of another record": (_, other) => other,
  "numbers that are none": (stored) => mapped(stored, (value) => typeof value === "number" ? NaN : value),
  "huge numbers": (stored) => mapped(stored, (value) => typeof value === "number" ? 1e308 : value),
  "another version": (stored) =>
    typeof stored === "object" && stored !== null ? { ...stored, v: 99 } : stored,
};

function mapped(stored: unknown, change: (value: unknown) => unknown): unknown {
  if (typeof stored !== "object" || stored === null || stored instanceof Uint8Array) return stored;
  return Object.fromEntries(
    Object.entries(stored).map(([name, value]) => [
      name,
      name === "v" ? value : typeof value === "object" ? mapped(value, change) : change(value),
    ]),
  );
}

/** Two customers with all that a service stores for them. */
async function populate(service: TestService) {
  const amazon = await service.signedIn("mork.1", {
    key: "0123456789abcdef",
    purchases: purchasesOf(["sub.active.1"]),
  });
  const password = await signedUp(service);
  await resetLink(service, MORK);
  const reset = linkIn(service);
  const deletion = await deletionLink(service, EMAIL);
  const tv = await startActivation(service);
  await signInByPassword(service, { password: "a wrong password" });
  return { amazon, password, reset, deletion, tv };
}

/** Uses the service as customers, devices and the clock do. Returns the accounts that each request got into. */
async function use(service: TestService, known: Awaited<ReturnType<typeof populate>>) {
  const { amazon, password, reset, deletion, tv } = known;
  const requests: readonly (readonly [string, () => Promise<Response>, string | null])[] = [
    ["one click again", () => service.signIn("mork.1", { key: "0123456789abcdef" }), amazon.account.id],
    ["one click", () => service.signIn("mork.2"), amazon.account.id],
    ["password", () => signInByPassword(service), password.account.id],
    ...[amazon, password].flatMap(({ session_token: token, account: { id } }) =>
      [
        "/v1/account",
        "/v1/sessions/current",
        "/v1/sessions",
        "/v1/account/events",
        "/v1/account/export",
        "/v1/entitlements",
      ]
        .map((path) => [`${path} of ${id}`, () => service.request(path, { token }), id] as const)
    ),
    [
      "receipt",
      () => service.send("POST", "/v1/sessions/receipt", { user_id: USER, receipt_id: "sub.active.1" }),
      amazon.account.id,
    ],
    [
      "refresh",
      () => service.request("/v1/account/profile-refresh", { method: "POST", token: amazon.session_token }),
      amazon.account.id,
    ],
    ["poll", () => service.send("POST", "/v1/sessions/activation", { device_code: tv.device_code }), null],
    ["reset", () => service.request(reset), null],
    ["deletion", () => service.request(deletion), null],
    ["code", () => service.request(`/activate?code=${tv.user_code}`, { redirect: "manual" }), null],
    ["mail", () => service.send("POST", "/v1/password-resets", { email: EMAIL }), null],
    ["ready", () => service.request("/readyz"), null],
  ];
  const outcomes: [string, number, string][] = [];
  for (const [name, send, owner] of requests) {
    const response = await service.answerOf(send());
    const text = await response.text();
    outcomes.push([name, response.status, text.slice(0, 200)]);
    const [, id] = /"account":\{"id":"(acc_\w+)"/.exec(text) ?? [];
    if (id !== undefined && owner !== null) assertEquals(id, owner, name);
  }
  await service.runDueTasks();
  return outcomes;
}

Deno.test("a record that was replaced is no unexpected error, and opens no other account", async () => {
  await using service = await TestService.open({ env: ENV });
  const known = await populate(service);
  const stored = await Array.fromAsync(service.kv.list({ prefix: [] }));
  const kinds = new Set(stored.map(({ key }) => String(key[0])));
  assert(kinds.size > 8, [...kinds].join());
  const faults: string[] = [];
  for (const { key, value } of stored) {
    const other = stored.find((entry) => entry.key[0] === key[0] && entry.key !== key)?.value ?? value;
    for (const [what, make] of Object.entries(WRONG)) {
      const wrong = make(value, other);
      if (wrong === value) continue;
      using kv = await Deno.openKv(":memory:");
      for (const entry of stored) await kv.set(entry.key, entry.key === key ? wrong : entry.value);
      await using tampered = await TestService.open({ kv, simulator: service.simulator, env: ENV });
      tampered.clock.jump(service.clock.now() - tampered.clock.now());
      const label = `${key.join("/").slice(0, 60)} is ${what}`;
      for (const [name, status, text] of await use(tampered, known)) {
        if (status === 500) faults.push(`${label}: ${name} ${status} ${text}`);
      }
      for (const { message, detail, error, stack } of tampered.log) {
        if (message === "unexpected") faults.push(`${label}: ${error} ${detail} ${stack}`);
      }
    }
  }
  assertEquals(faults, []);
});
