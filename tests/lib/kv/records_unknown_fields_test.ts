/**
 * A newer version of the service has added a field to every record, at every level, and then this version changes the
 * records. The fields stay.
 */
import { assert, assertEquals } from "@std/assert";
import type { Keyring } from "../../../lib/kv/keyring.ts";
import { EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import { fieldsOf } from "../../support/reset_requests.ts";
import { linkIn, submit } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

const DAY_MS = 86_400_000;
const NEW_PASSWORD = "seven quiet herons";

/** What this version does: the kinds of records that it writes again, each of which existed before. */
const CHANGES: Readonly<
  Record<string, [kinds: readonly string[], change: (play: Play) => Promise<unknown>]>
> = {
  "a changed profile": [
    ["account"],
    ({ service, token }) => service.send("PATCH", "/v1/account", { name: "V." }, { token }),
  ],
  "a renewed session": [["session"], async ({ service, token }) => {
    service.clock.jump(2 * DAY_MS);
    return await service.request("/v1/sessions/current", { token });
  }],
  "a changed password": [["account", "session"], ({ service, token }) => {
    const body = { current_password: PASSWORD, new_password: NEW_PASSWORD };
    return service.answerOf(service.send("PUT", "/v1/account/password", body, { token }));
  }],
  "a sign-out of all devices but one": [
    ["account", "session"],
    ({ service, token }) => service.request("/v1/sessions?keep=current", { method: "DELETE", token }),
  ],
  "a renewed hash of a password": [["account", "tries"], async ({ service, second }) => {
    const body = { email: EMAIL, password: PASSWORD };
    const wrong = { ...body, password: "wrong password" };
    assertEquals((await service.answerOf(second.send("POST", "/v1/sessions", wrong))).status, 401);
    return await service.answerOf(second.send("POST", "/v1/sessions", body));
  }],
  "tries in a new window": [["tries"], async ({ service }) => {
    service.clock.jump(16 * 60_000);
    await service.answerOf(
      service.send("POST", "/v1/sessions", { email: EMAIL, password: "wrong password" }),
    );
  }],
  "a password that is reset": [["account", "mailed_link"], async ({ service, link }) => {
    return await service.answerOf(submit(service, link, fieldsOf(NEW_PASSWORD)));
  }],
  "a mail that is delayed": [["mail"], async ({ service, mailServer }) => {
    mailServer.down = true;
    await service.runDueTasks();
  }],
  "a nudge": [["account"], async ({ service }) => {
    service.clock.jump(DAY_MS);
    await service.runDueTasks();
  }],
};

interface Play {
  readonly service: TestService;
  /** Another instance, which hashes passwords with more rounds. */
  readonly second: TestService;
  readonly token: string;
  readonly link: string;
  readonly mailServer: { down: boolean };
}

for (const [name, [kinds, change]] of Object.entries(CHANGES)) {
  Deno.test(`an added field outlives ${name}`, async () => {
    const mailServer = { down: false };
    await using service = await TestService.open({
      wrapFetch: (fetch) => async (input, init) =>
        mailServer.down && String(input).includes("mail") ? Response.error() : await fetch(input, init),
    });
    await using second = await TestService.open({ kv: service.kv, passwordIterations: 2000 });
    second.clock.jump(service.clock.now() - second.clock.now());
    const { session_token: token } = await signedUp(service, { device: { name: "Kitchen" } });
    await service.signedIn("mork.1");
    await service.answerOf(
      service.send("POST", "/v1/sessions", { email: EMAIL, password: "wrong password" }),
    );
    assertEquals((await service.send("POST", "/v1/password-resets", { email: EMAIL })).status, 202);
    await service.runDueTasks();
    const link = linkIn(service);
    mailServer.down = true;
    await submit(service, "/delete-account", { email: EMAIL });
    // The mail comes after some seconds, and is not taken.
    await service.clock.advance(30_000);
    await service.services.background.idle();
    mailServer.down = false;
    await service.clock.advance(60_000);

    const before = await addFields(service.kv, service.services.keyring);
    await change({ service, second, token, link, mailServer });
    await service.services.background.idle();
    const written = new Set<string>();
    for await (const { key, value, versionstamp } of service.kv.list({ prefix: [] })) {
      const place = key.join("/");
      const levels = before.get(place);
      if (levels === undefined || levels.versionstamp === versionstamp) continue;
      // The link of a new attempt takes the place of the one before, as a record of its own.
      if (place.endsWith("/sending")) continue;
      written.add(String(key[0]));
      const record = open(service.services.keyring, place, value);
      // The use of a link is written with the first form.
      const lost = levelsWithout(record, String(key[0])).filter((level) => level !== "mailed_link.use");
      assertEquals(lost, [], `${place} has lost a field`);
    }
    for (const kind of kinds) assert(written.has(kind), `No ${kind} was written: ${[...written]}`);
  });
}

/** Adds a field to each record, at each level. Returns the version of each. */
async function addFields(kv: Deno.Kv, keyring: Keyring): Promise<Map<string, { versionstamp: string }>> {
  const written = new Map<string, { versionstamp: string }>();
  for await (const { key, value } of kv.list({ prefix: [] })) {
    const place = key.join("/");
    const record = withField(open(keyring, place, value));
    const stored = value instanceof Uint8Array ? keyring.seal(JSON.stringify(record), place) : record;
    const { versionstamp } = await kv.set(key, stored);
    written.set(place, { versionstamp });
  }
  return written;
}

function open(keyring: Keyring, place: string, value: unknown): unknown {
  return value instanceof Uint8Array ? JSON.parse(keyring.open(value, place)) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

function withField(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withField);
  if (!isObject(value)) return value;
  return {
    ...Object.fromEntries(Object.entries(value).map(([name, v]) => [name, withField(v)])),
    added_later: 1,
  };
}

/** Finds the levels of a record that lack the added field. */
function levelsWithout(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => levelsWithout(item, `${path}[]`));
  if (!isObject(value)) return [];
  const below = Object.entries(value).flatMap(([name, v]) => levelsWithout(v, `${path}.${name}`));
  return "added_later" in value ? below : [path, ...below];
}
