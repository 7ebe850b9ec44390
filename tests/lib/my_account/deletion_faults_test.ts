/** The database fails, or the process dies, at each operation of a deletion; another instance goes on. */
import { assert, assertEquals } from "@std/assert";
import { audit } from "../../support/invariants.ts";
import { addSessions, deleteAccount } from "../../support/deletion_requests.ts";
import { type SignedInBody, TestService } from "../../support/test_service.ts";
import { aroundKv } from "../../support/kv_hooks.ts";

const MINUTE_MS = 60_000;
/** More than one step removes. */
const SESSIONS = 150;
const MOST_OPERATIONS = 60;

type Fault = "fails" | "takes effect and fails";

/** Breaks the calls of a database from the `at`-th after it was armed on, or that one alone. */
class Breaker {
  #count = -Infinity;
  /** Whether the `at`-th call was made. */
  reached = false;

  constructor(readonly options: { at: number; fault: Fault; forever: boolean }) {}

  arm(): void {
    this.#count = 0;
  }

  disarm(): void {
    this.#count = -Infinity;
  }

  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    aroundKv(kv, async (_, call) => {
      const { at, fault, forever } = this.options;
      const number = ++this.#count;
      this.reached ||= number >= at;
      if (number < at || (number > at && !forever)) return await call();
      if (number === at && fault === "takes effect and fails") await call();
      throw new TypeError("connection reset");
    });
}

interface Deleted {
  readonly status: number;
  readonly signedIn: SignedInBody;
}

/** Deletes an account of many sessions on a database that breaks; gives the answer, when nothing goes on any more. */
async function deleteOn(service: TestService, breaker: Breaker): Promise<Deleted> {
  const signedIn = await service.signedIn("mork.1", { key: "the-key-of-the-device" });
  const { account, session, session_token: token } = signedIn;
  await addSessions(service.kv, service.services.keyring, {
    accountId: account.id,
    sessionId: session.id,
    count: SESSIONS,
  });
  breaker.arm();
  const { status } = await service.answerOf(deleteAccount(service, token));
  await service.answerOf(service.services.background.idle());
  breaker.disarm();
  return { status, signedIn };
}

for (const fault of ["fails", "takes effect and fails"] as const) {
  Deno.test(`a deletion whose process dies where an operation ${fault} is whole, or goes on elsewhere`, async () => {
    const seen = { whole: 0, gone: 0, finished: false };
    for (let at = 1; !seen.finished; at++) {
      assert(at < MOST_OPERATIONS);
      const breaker = new Breaker({ at, fault, forever: true });
      await using dying = await TestService.open({ wrapKv: breaker.wrap });
      const { status, signedIn: { session_token: token } } = await deleteOn(dying, breaker);
      seen.finished = !breaker.reached;

      await using other = await TestService.open({ kv: dying.kv, simulator: dying.simulator });
      await other.clock.advance(dying.clock.now() - other.clock.now() + 2 * MINUTE_MS);
      const { status: works } = await other.request("/v1/account", { token });
      assert([200, 401].includes(works));
      if (works === 200) {
        seen.whole++;
        assertEquals(status, 503, `operation ${at}`);
        const { accounts, sessions } = await audit(dying.kv, other.services.keyring);
        assertEquals([accounts.size, sessions.length], [1, SESSIONS + 1], `operation ${at}`);
        assertEquals((await deleteAccount(other, token)).status, 204);
      } else seen.gone++;
      await other.runDueTasks();
      assertEquals(await other.stored(), {}, `operation ${at}`);
      const mails = dying.mails.length + other.mails.length;
      // A mail that was handed in by a process that then died is sent again: at least once.
      assert(mails === 1 || (mails === 2 && dying.mails.length === 1), `${mails} mails, operation ${at}`);
    }
    assert(seen.whole > 3 && seen.gone > 3, JSON.stringify(seen));
  });

  Deno.test(`a deletion of which any one operation ${fault} answers 204, and all is gone`, async () => {
    for (let at = 1, finished = false; !finished; at++) {
      assert(at < MOST_OPERATIONS);
      const breaker = new Breaker({ at, fault, forever: false });
      await using service = await TestService.open({ wrapKv: breaker.wrap });
      const { status, signedIn: { session_token: token } } = await deleteOn(service, breaker);
      finished = !breaker.reached;
      assertEquals(status, 204, `operation ${at}`);
      assertEquals((await service.request("/v1/account", { token })).status, 401);
      // A lease of a mail that nobody knows to hold.
      await service.clock.advance(2 * MINUTE_MS);
      await service.runDueTasks();
      assertEquals([await service.stored(), service.mails.length], [{}, 1], `operation ${at}`);
    }
  });
}

Deno.test("a deletion whose commit takes effect and never answers is storage_unavailable, and done", async () => {
  let hangs = false;
  await using service = await TestService.open({
    wrapKv: (kv) =>
      aroundKv(kv, async (name, call) => {
        const result = await call();
        return hangs && name === "commit" ? await new Promise(() => {}) : result;
      }),
  });
  const { session_token: token } = await service.signedIn("mork.1");
  hangs = true;
  let answered = false;
  const asked = deleteAccount(service, token).finally(() => answered = true);
  while (!answered) {
    await service.kv.get(["the database has done what it was asked before"]);
    await service.clock.advance(100);
  }
  assertEquals((await asked).status, 503);
  hangs = false;
  assertEquals((await deleteAccount(service, token)).status, 401);
  await service.runDueTasks();
  assertEquals([await service.stored(), service.mails.length], [{}, 1]);
});
