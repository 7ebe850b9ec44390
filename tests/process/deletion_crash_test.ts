/**
 * A service is killed with SIGKILL before or after a commit of a deletion. The next service on the same database
 * finishes the deletion. Every step starts a process, so two steps run at once. For that the sanitizers are off.
 */
import { assertEquals } from "@std/assert";
import { type Clock, systemClock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { runDueTasks } from "../../lib/due_tasks.ts";
import { createServices } from "../../lib/services.ts";
import { checkInvariants } from "../support/invariants.ts";
import { addSessions } from "../support/session_requests.ts";
import { findCustomerRecords } from "../support/customer_records.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { limitConcurrency, openTestBed, ServiceProcess, signIn } from "../support/service_process.ts";

/** More sessions than two steps of the removal delete. */
const SESSIONS = 250;
/** The deletion, the lease of the mail, the delay of the mail, and the two steps that delete the sessions. */
const COMMITS = 5;
const HOUR_MS = 3_600_000;

Deno.test({
  name: "a service that is killed while it deletes an account leaves the whole account or nothing",
  ignore: !MAY_RUN,
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
  fn: async (t) => {
    const limited = limitConcurrency(2);
    const points = Array.from({ length: COMMITS }, (_, i) => [`before ${i + 1}`, `after ${i + 1}`]).flat();
    await Promise.all(points.map((point) =>
      t.step({
        name: `killed ${point} the commit`,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: () => limited(() => crash(point)),
      })
    ));
  },
});

async function crash(point: string): Promise<void> {
  // No mail server listens at this port: the mail waits for the next service.
  await using bed = await openTestBed({
    MAIL_URL: "smtp://127.0.0.1:1",
    MAIL_FROM: "hello@oneclick.example",
  });
  const config = parseConfig(bed.env);
  await using service = await ServiceProcess.start({
    env: { ...bed.env, KILL_AT: point },
    entry: "tests/process/self_killing_main.ts",
  });
  const request = { code: "new.1", key: "the-key-of-the-device" };
  const { body: { account, session, session_token: token } } = await signIn(service.url, request);
  using kv = await Deno.openKv(bed.kvPath);
  const mails: string[] = [];
  // The clock of the next service: the lease and the delay of the mail are over.
  const clock: Clock = {
    now: () => Date.now() + HOUR_MS,
    after: (ms, callback) => systemClock.after(ms, callback),
  };
  const made = createServices({ config, kv, clock, log: () => {}, fetch, cores: 1 });
  const services = { ...made, transport: ({ to }: { to: string }) => Promise.resolve(void mails.push(to)) };
  const ids = { accountId: account.id, sessionId: session.id };
  await addSessions(kv, services.keyring, { ...ids, count: SESSIONS });

  const headers = { authorization: `Bearer ${token}` };
  const deleting = fetch(`${service.url}/v1/account`, { method: "DELETE", headers });
  const status = await deleting.then((response) => response.status, () => "connection reset");
  await service.status;

  if (point === "before 1") {
    assertEquals(status, "connection reset");
    const { accounts, sessions } = await checkInvariants(kv, services.keyring);
    assertEquals([accounts.size, sessions.length], [1, SESSIONS + 1]);
    return;
  }
  assertEquals((await kv.get(["account", account.id])).value, null);
  await runDueTasks(services);
  const { email, name, postal_code } = account;
  const customer = {
    accountId: account.id,
    sessionIds: [session.id],
    email,
    texts: { name: String(name), postal_code: String(postal_code) },
    codes: [request],
  };
  assertEquals(await findCustomerRecords(kv, services.keyring, customer), []);
  assertEquals(mails, [email]);
  const left = await Array.fromAsync(kv.list({ prefix: [] }), ({ key }) => key[0]);
  // What is left names no customer: the sign that the data key has sealed something, and for 10 minutes the hash of
  // what the deletion has ended.
  assertEquals(left.filter((kind) => kind !== "data_key" && kind !== "ended"), []);
}
