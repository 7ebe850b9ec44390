/** The operator's commands as processes of their own, beside a service that serves. */
import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/config/config.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { ACCOUNT } from "../../lib/kv/schema.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { checkInvariants } from "../support/invariants.ts";
import { runTask } from "../support/operator.ts";
import { openTestBed, ServiceProcess, signIn, signInWithRetries } from "../support/service_process.ts";

/** Accounts that are there before, so that a backup takes several reads. */
const ACCOUNTS = 300;
const DEVICES = 8;

Deno.test("a backup beside traffic has each commit wholly or not at all, and all that came before it", {
  ignore: !MAY_RUN,
}, async () => {
  await using bed = await openTestBed({ MAX_SIGN_INS_IN_FLIGHT: "64" });
  const { env, folder } = bed;
  await using service = await ServiceProcess.start(bed);
  for (let i = 0; i < ACCOUNTS; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => signInWithRetries(service.url, deviceOf(`old${i + n}`))),
    );
  }
  let running = true;
  let count = 0;
  const answered: string[] = [];
  const traffic = Array.from({ length: DEVICES }, async () => {
    while (running) {
      const { status, body } = await signIn(service.url, deviceOf(`busy${count++}`));
      if (status < 300) answered.push(body.session.id);
    }
  });
  const keyring = new Keyring(parseConfig(env).dataKeys);
  try {
    for (let round = 1; round <= 3; round++) {
      const before = [...answered];
      const file = `${folder}/backup${round}.jsonl`;
      const written = await runTask("backup", [file, "--json"], env);
      assertEquals([written.code, Object.keys(written.json)], [0, ["records"]], written.err);
      const to = { ...env, KV_PATH: `${folder}/restored${round}.sqlite3` };
      const restored = await runTask("restore", [file, "--yes", "--json"], to);
      assertEquals([restored.code, restored.json], [0, written.json], restored.err);

      using kv = await Deno.openKv(to.KV_PATH);
      const { accounts, sessions, results } = await checkInvariants(kv, keyring);
      assert(accounts.size >= ACCOUNTS + before.length);
      const ids = new Set<string>();
      for await (const { key } of kv.list({ prefix: ["session"] })) ids.add(String(key[2]));
      assertEquals(before.filter((id) => !ids.has(id)), [], "A commit that was answered before is missing");
      // Each sign-in of one commit: account, indexes, session, event, and the end of its code.
      let done = 0;
      for (const result of results) {
        if (result.outcome !== "signed_in") continue;
        done++;
        assert(
          ids.has(result.session_id) && accounts.has(result.account_id),
          "The end of a code is there without its session",
        );
      }
      assertEquals([accounts.size, sessions.length], [done, done]);
      assertEquals(
        [...ids].filter((id) => id.startsWith("evt_")).length,
        done,
        "A session is there without its event",
      );
    }
  } finally {
    running = false;
    await Promise.all(traffic);
  }
  assert(count > 30);
});

Deno.test(
  "the commands work beside a service, print one JSON value, and no secret",
  { ignore: !MAY_RUN },
  async () => {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start(bed);
    const { body } = await signIn(service.url, deviceOf("first"));
    const { DATA_KEYS = "", KV_PATH = "" } = bed.env;
    const env = { DATA_KEYS, KV_PATH };
    const { id, email } = body.account;
    const printed: string[] = [];
    const admin = async (args: string, code = 0) => {
      const ran = await runTask("admin", [...args.split(" "), "--json"], env);
      assertEquals([ran.code, typeof ran.json], [code, "object"], ran.out + ran.err);
      printed.push(ran.out + ran.err);
      return ran.json;
    };
    assertEquals((await admin(`find ${email}`)).account.id, id);
    assertEquals((await admin(`block ${id}`)).account.blocked, true);
    const headers = { authorization: `Bearer ${body.session_token}` };
    assertEquals(await statusOf(fetch(`${service.url}/v1/sessions/current`, { headers })), 401);
    assertEquals((await signIn(service.url, deviceOf("first", 2))).body.code, "account_blocked");
    await admin(`unblock ${id}`);
    assertEquals((await signIn(service.url, deviceOf("first", 3))).status, 200);
    assertEquals((await admin(`show ${id}`)).sessions.length, 1);
    assertEquals((await admin("stats")).accounts, 1);
    assertEquals((await admin("mails")).waiting, []);
    assertEquals((await admin("keys")).keys.length, 1);
    assertEquals((await admin("keys reseal")).resealed, 0);
    assertEquals((await admin("find nobody@example.com", 1)).error.code, "not_found");
    assertEquals((await admin(`delete ${id}`, 2)).error.code, "usage");
    await admin(`delete ${id} --yes`);
    assertEquals((await signIn(service.url, deviceOf("first", 4))).body.account.created, true);

    const keys = await runTask("keys", ["--json"], {});
    assertEquals(Object.keys(keys.json), ["DATA_KEYS", "SIGNING_KEYS", "WEBHOOK_SECRET"]);
    assertEquals(
      parseConfig({ ...bed.env, ...keys.json, WEBHOOK_URL: "https://app.example" }).dataKeys.length,
      1,
      "The service takes them as they are",
    );
    const secret = DATA_KEYS.split(":")[1] ?? "";
    for (const text of printed) {
      for (const word of [secret, body.session_token, body.session_token.slice(-43)]) {
        assert(
          !text.includes(word),
        );
      }
    }
  },
);

Deno.test(
  "data keys are rotated beside a service that is restarted with each ring",
  { ignore: !MAY_RUN },
  async () => {
    await using bed = await openTestBed();
    const { env } = bed;
    const [old = "", fresh = ""] = ["old", "new"].map((id) => `${id}:${btoa(id.padEnd(32, "."))}`);
    let known = "";
    for (const [i, ring] of [old, `${fresh},${old}`, fresh].entries()) {
      const service = await ServiceProcess.start({ env: { ...env, DATA_KEYS: ring } });
      const { body } = await signIn(service.url, deviceOf("known", i));
      known ||= body.account.id;
      assertEquals([body.account.id, body.account.created], [known, i === 0]);
      if (i === 1) {
        const { code, json } = await runTask("admin", ["keys", "reseal", "--json"], {
          ...env,
          DATA_KEYS: ring,
        });
        assertEquals([code, json], [0, { resealed: 6 }]);
      }
      await service.end();
    }
    // The start says so, and nobody is signed in, when the key that is needed is gone.
    const service = await ServiceProcess.start({ env: { ...env, DATA_KEYS: old } });
    const { status, body } = await signIn(service.url, deviceOf("known", 9));
    assertEquals([status, body.code], [503, "storage_unavailable"]);
    await service.line(/"level":"ERROR".*"data_key_fault".*"key":"new"/);
    await service.end();
    using kv = await Deno.openKv(env.KV_PATH);
    assertEquals((await Array.fromAsync(kv.list({ prefix: [ACCOUNT.kind] }))).length, 1);
  },
);

function deviceOf(customer: string, again = 0): { code: string; key: string } {
  // A delay of 0 ms makes another code of the same customer.
  return {
    code: `new${"~token-delay-0".repeat(again)}.${customer}`,
    key: `${customer}-${again}-0123456789abcdef`,
  };
}

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}
