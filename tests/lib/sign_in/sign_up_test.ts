/** Sign-up: its deadline and its commit. The other tests of `POST /v1/accounts` are in `tests/routes/api`. */
import { assertEquals, assertRejects } from "@std/assert";
import { accountOf, signedUp } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { HashQueue } from "../../../lib/passwords/hash_queue.ts";
import { PasswordHasher } from "../../../lib/passwords/hashing.ts";
import { signUp } from "../../../lib/sign_in/sign_up.ts";
import { parseEmail } from "../../../lib/base/email.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { TestService } from "../../support/test_service.ts";

/** Hashes after a wait, as a busy machine does. */
class SlowHasher extends PasswordHasher {
  constructor(readonly wait: () => Promise<void>) {
    super({ iterations: 1000, queue: new HashQueue(1) });
  }

  override async hash(password: string): Promise<string> {
    await this.wait();
    return await super.hash(password);
  }
}

Deno.test("signUp whose hash outlasts the deadline stores no account, and a retry makes it", async () => {
  await using service = await TestService.open();
  let waits = true;
  const hasher = new SlowHasher(() => waits ? service.clock.advance(10_001) : Promise.resolve());
  const request = {
    email: parseEmail("vera@example.com")!,
    password: "seven quiet herons",
    name: null,
    postalCode: null,
    device: {},
    linkTicket: undefined,
    idempotencyKey: null,
    client: "192.0.2.1",
  };
  const problem = await assertRejects(() => signUp({ ...service.services, hasher }, request), Problem);
  assertEquals(problem.code, "storage_unavailable");
  const { account = 0, email = 0, session = 0 } = await service.stored();
  assertEquals([account, email, session], [0, 0, 0]);
  waits = false;
  assertEquals((await signUp({ ...service.services, hasher }, request)).signedIn.account.created, true);
});

Deno.test("POST /v1/accounts answers 201 when its commit took effect and reported a failed check", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  commits.break("takes effect and conflicts", { kind: "account" });
  const { session_token, account } = await signedUp(service);
  assertEquals((await accountOf(service, session_token) as { id: string }).id, account.id);
  assertEquals([(await service.stored()).account, commits.faults], [1, 1]);
});
