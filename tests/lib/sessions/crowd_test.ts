/** The bound on the sessions of an account: the 101st signs the least recently used one out. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";
import { addSessions, assertInvalid, countTrips, signInDevices } from "../../support/session_requests.ts";
import { alterRecord } from "../../support/stored_records.ts";
import { SESSION } from "../../../lib/kv/schema.ts";
import { MOST_SESSIONS } from "../../../lib/sessions/crowd.ts";

const OPTIONS = {
  env: { AMAZON_SIGN_INS_PER_MINUTE: "0", PASSWORD_TRIES_PER_15_MINUTES: "0" },
  censusOneIn: 1,
};

async function sessionsOf(service: TestService, token: string): Promise<string[]> {
  const response = await service.request("/v1/sessions?limit=100", { token });
  const { sessions, next_cursor } = await response.json();
  assertEquals([response.status, next_cursor], [200, null]);
  return sessions.map(({ id }: { id: string }) => id);
}

Deno.test("the 101st session signs the least recently used one out, by one click and by password, with an event", async () => {
  await using service = await TestService.open(OPTIONS);
  const first = await signedUp(service);
  const byPassword = async (name: string): Promise<SignedInBody> => {
    const body = { email: EMAIL, password: PASSWORD, device: { name } };
    return await (await service.send("POST", "/v1/sessions", body)).json();
  };
  const devices = [first];
  for (let i = 1; i < MOST_SESSIONS; i++) {
    await service.clock.advance(1000);
    devices.push(await byPassword(`Device ${i}`));
  }
  assertEquals((await sessionsOf(service, first.session_token)).length, MOST_SESSIONS);
  // A day later two devices are used, the first one included.
  await service.clock.advance(86_400_000);
  for (const { session_token: token } of [devices[0]!, devices[2]!]) {
    assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
  }
  await service.services.background.idle();
  const last = [await byPassword("The 101st"), await byPassword("The 102nd")];
  const left = await sessionsOf(service, last[0]!.session_token);
  assertEquals(left.length, MOST_SESSIONS);
  const gone = [devices[1]!, devices[3]!];
  for (const { session_token: token } of gone) {
    await assertInvalid(await service.request("/v1/sessions/current", { token }));
  }
  const { events } = await (await service.request("/v1/account/events?limit=10", {
    token: last[0]!.session_token,
  })).json();
  const revoked = events.filter(({ type }: { type: string }) => type === "session.revoked");
  assertEquals(
    revoked.map(({ data }: { data: { session_id: string } }) => data.session_id).sort(),
    gone.map(({ session }) => session.id).sort(),
  );
});

Deno.test("a one-click sign-in to a full account signs one out in the same commit, and no code of it is given again", async () => {
  await using service = await TestService.open(OPTIONS);
  const devices = await signInDevices(service, "mork", MOST_SESSIONS);
  await service.services.background.idle();
  const { session_token: token } = await service.signedIn("mork.last", { key: "the-key-of-the-last-code" });
  assertEquals((await sessionsOf(service, token)).length, MOST_SESSIONS);
  await assertInvalid(
    await service.request("/v1/sessions/current", { token: devices[0].session_token }),
  );
  const { exchange, code_result } = await service.stored();
  assertEquals([exchange, code_result], [MOST_SESSIONS, MOST_SESSIONS]);
});

Deno.test("30 sign-ins at the same moment to a full account leave it full", async () => {
  await using service = await TestService.open(OPTIONS);
  await signInDevices(service, "mork", MOST_SESSIONS);
  await service.services.background.idle();
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => service.answerOf(service.signIn(`mork.at-once-${i}`))),
  );
  const tokens = [];
  for (const answer of answers) {
    assertEquals(answer.status, 200);
    tokens.push((await answer.json()).session_token);
  }
  await service.services.background.idle();
  for (const token of tokens) assertEquals((await service.request("/v1/account", { token })).status, 200);
  assertEquals((await sessionsOf(service, tokens[0])).length, MOST_SESSIONS);
});

Deno.test("a census brings an account of an earlier version back to the bound", async () => {
  await using service = await TestService.open(OPTIONS);
  const first = await service.signedIn("mork.1");
  const options = { accountId: first.account.id, sessionId: first.session.id, count: 130 };
  await addSessions(service.kv, service.services.keyring, options);
  const { session_token: token } = await service.signedIn("mork.2");
  await service.services.background.idle();
  const left = await sessionsOf(service, token);
  assert(left.length <= MOST_SESSIONS && left.length >= MOST_SESSIONS - 1, String(left.length));
});

Deno.test("the bound costs a customer with few devices no trip, and no write", async () => {
  const { counts, wrapKv } = countTrips();
  await using service = await TestService.open({ wrapKv });
  await service.signedIn("mork.1");
  Object.assign(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
  await service.signedIn("mork.2");
  assertEquals(counts, { eventualReads: 2, strongReads: 0, commits: 3 });
});

Deno.test("SESSION_MAX_DAYS ends a session however much it is used, also one that was there before", async () => {
  const DAY_MS = 86_400_000;
  await using before = await TestService.open();
  const old = await before.signedIn("mork.1");
  const env = { SESSION_MAX_DAYS: "3", SESSION_TTL_DAYS: "2" };
  await using service = await TestService.open({ kv: before.kv, simulator: before.simulator, env });
  const fresh = await service.signedIn("mork.2");
  assertEquals(fresh.expires_in, 2 * 86_400);
  for (let day = 1; day <= 3; day++) {
    const status = day < 3 ? 200 : 401;
    await service.clock.advance(DAY_MS);
    for (const { session_token: token } of [old, fresh]) {
      assertEquals((await service.request("/v1/sessions/current", { token })).status, status, `day ${day}`);
    }
    await service.services.background.idle();
  }
  // Its record still says that it lives.
  await using unlimited = await TestService.open({ kv: before.kv, simulator: before.simulator });
  await unlimited.clock.advance(3 * DAY_MS);
  await alterRecord(unlimited, SESSION, [old.account.id, old.session.id], (session) => ({
    ...session,
    expires_at: unlimited.clock.now() + DAY_MS,
  }));
  const { session_token: token } = await service.signedIn("mork.3");
  const { sessions } = await (await service.request("/v1/sessions", { token })).json();
  assertEquals(sessions.length, 1);
});
