/**
 * The service is killed with SIGKILL before and after each commit of a deletion; whoever opens the file next goes on
 * with it. Every step starts a process, so some of them run at once; that is why the sanitizers are off.
 */
import { assert, assertEquals } from "@std/assert";
import { type Clock, systemClock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { runDueTasks } from "../../lib/due_tasks.ts";
import { createServices } from "../../lib/services.ts";
import { audit } from "../support/invariants.ts";
import { addSessions } from "../support/session_requests.ts";
import { findCustomerRecords } from "../support/customer_records.ts";
import { MAY_RUN } from "./running.ts";
import { type Amazon, ask, atMost, environmentOf, serveAmazon, Service } from "./service.ts";

/** More than two steps remove. */
const SESSIONS = 250;
/** The deletion, a lease of the mail, its delay, and the steps that remove what is left. */
const COMMITS = 5;
const HOUR_MS = 3_600_000;

Deno.test({
  name: "a service that is killed while it deletes an account leaves the whole of it or nothing",
  ignore: !MAY_RUN,
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
  fn: async (t) => {
    const limited = atMost(2);
    await using amazon = await serveAmazon();
    const points = Array.from({ length: COMMITS }, (_, i) => [`before ${i + 1}`, `after ${i + 1}`]).flat();
    await Promise.all(points.map((dies, i) =>
      t.step({
        name: `killed ${dies}`,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: () => limited(() => crash({ amazon, dies, code: `new.${i}` })),
      })
    ));
  },
});

async function crash({ amazon, dies, code }: { amazon: Amazon; dies: string; code: string }): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "oneclick-deletion-" });
  try {
    const kvPath = `${directory}/kv.sqlite3`;
    const env = {
      ...environmentOf(amazon, kvPath),
      // Nobody is there: the mail waits for the next process.
      MAIL_URL: "smtp://127.0.0.1:1",
      MAIL_FROM: "hello@oneclick.example",
    };
    const config = parseConfig(env);
    await using service = await Service.start({
      env: { ...env, DIES: dies },
      entry: "tests/process/dying_main.ts",
    });
    const { body: { account, session, session_token: token } } = await ask(service.url, {
      code,
      key: "the-key-of-the-device",
    });
    using kv = await Deno.openKv(kvPath);
    const mails: string[] = [];
    // Later, so that the lease and the delay of the mail are over.
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

    if (dies === "before 1") {
      assertEquals(status, "connection reset");
      const { accounts, sessions } = await audit(kv, services.keyring);
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
      codes: [{ code, key: "the-key-of-the-device" }],
    };
    assertEquals(await findCustomerRecords(kv, services.keyring, customer), []);
    assertEquals(mails, [email]);
    assert((await Array.fromAsync(kv.list({ prefix: [] }))).length === 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
