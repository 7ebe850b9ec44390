/**
 * The commits of a deletion fail, or its process dies between them. `tests/lib/kv` shows for every operation that a commit
 * takes effect as a whole or not at all; here are the answers of a deletion, and its continuation by another process.
 */
import { assert, assertEquals } from "@std/assert";
import { CommitControl } from "../../support/commit_control.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { addSessions } from "../../support/session_requests.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";

const MINUTE_MS = 60_000;
/** More sessions than one commit of a deletion removes. */
const SESSIONS = 150;
const MOST_COMMITS = 20;

/** Signs a customer in, and adds sessions to the account. */
async function signInWithManySessions(service: TestService): Promise<SignedInBody> {
  const signedIn = await service.signedIn("mork.1", { key: "the-key-of-the-device" });
  const { account, session } = signedIn;
  await addSessions(service.kv, service.services.keyring, {
    accountId: account.id,
    sessionId: session.id,
    count: SESSIONS,
  });
  return signedIn;
}

for (const fault of ["fails", "takes effect and fails", "takes effect and conflicts"] as const) {
  Deno.test(`a deletion whose commit ${fault} once answers 204 and removes all records`, async () => {
    const commits = new CommitControl();
    await using service = await TestService.open({ wrapKv: commits.wrap });
    const { session_token: token } = await signInWithManySessions(service);
    commits.break(fault, { kind: "account", times: 1 });
    const { status } = await service.answerOf(deleteAccount(service, token));
    assertEquals([status, commits.faults], [204, 1]);
    assertEquals((await service.request("/v1/account", { token })).status, 401);
    await service.runDueTasks();
    assertEquals([await service.stored(), service.mails.length], [{}, 1]);
  });
}

for (const fault of ["fails", "hangs"] as const) {
  Deno.test(`a deletion whose commit ${fault} answers 503 and changes nothing, and a retry answers 204`, async () => {
    const commits = new CommitControl();
    await using service = await TestService.open({ wrapKv: commits.wrap });
    const { session_token: token } = await signInWithManySessions(service);
    commits.break(fault, { kind: "account" });
    const response = await service.answerOf(deleteAccount(service, token));
    assertEquals([response.status, response.headers.get("retry-after")], [503, "1"]);
    commits.mend();
    const { accounts, sessions } = await checkInvariants(service.kv, service.services.keyring);
    assertEquals([accounts.size, sessions.length], [1, SESSIONS + 1]);
    assertEquals((await service.request("/v1/account", { token })).status, 200);
    assertEquals((await deleteAccount(service, token)).status, 204);
    await service.runDueTasks();
    assertEquals([await service.stored(), service.mails.length], [{}, 1]);
  });
}

Deno.test("a deletion whose commit takes effect and hangs answers 503, and the account is deleted", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token } = await service.signedIn("mork.1");
  commits.break("takes effect and hangs", { kind: "account" });
  assertEquals((await service.answerOf(deleteAccount(service, token))).status, 503);
  commits.mend();
  assertEquals((await deleteAccount(service, token)).status, 204);
  await service.runDueTasks();
  assertEquals([await service.stored(), service.mails.length], [{}, 1]);
});

for (const fault of ["fails", "takes effect and fails"] as const) {
  Deno.test(`a deletion whose process dies where a commit ${fault} changes nothing, or another process completes it`, async () => {
    const seen = { alive: 0, deleted: 0 };
    for (let after = 0, reached = true; reached; after++) {
      assert(after < MOST_COMMITS);
      const commits = new CommitControl();
      await using dying = await TestService.open({ wrapKv: commits.wrap });
      const { session_token: token } = await signInWithManySessions(dying);
      commits.break(fault, { after });
      const { status } = await dying.answerOf(deleteAccount(dying, token));
      await dying.answerOf(dying.services.background.idle());
      commits.mend();
      reached = commits.faults > 0;

      await using other = await TestService.open({ kv: dying.kv, simulator: dying.simulator });
      await other.clock.advance(dying.clock.now() - other.clock.now() + 2 * MINUTE_MS);
      const isAlive = (await other.request("/v1/account", { token })).status === 200;
      seen[isAlive ? "alive" : "deleted"]++;
      if (isAlive) {
        assertEquals(status, 503, `commit ${after + 1}`);
        const { accounts, sessions } = await checkInvariants(dying.kv, other.services.keyring);
        assertEquals([accounts.size, sessions.length], [1, SESSIONS + 1], `commit ${after + 1}`);
        assertEquals((await deleteAccount(other, token)).status, 204);
      }
      await other.runDueTasks();
      assertEquals(await other.stored(), {}, `commit ${after + 1}`);
      const mails = dying.mails.length + other.mails.length;
      // A mail is sent at least once: again, when the process died after it had sent the mail.
      assert(mails === 1 || (mails === 2 && dying.mails.length === 1), `${mails} mails, commit ${after + 1}`);
    }
    assertEquals(seen.alive, fault === "fails" ? 1 : 0);
    assert(seen.deleted > 3, JSON.stringify(seen));
  });
}
