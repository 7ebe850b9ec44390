/**
 * Four processes of the service share one database and serve 64 devices at once. The database is a file; with
 * `KV_PATH=http://127.0.0.1:4512 DENO_KV_ACCESS_TOKEN=… deno task test:cluster` it is a KV service.
 */
import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/config/config.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { checkInvariants } from "../support/invariants.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { type Answer, openTestBed, ServiceProcess, signInWithRetries } from "../support/service_process.ts";

const PROCESSES = 4;

interface Device {
  readonly customer: string;
  readonly code: string;
  readonly key: string;
}

Deno.test("four processes on one database serve 64 devices at once", { ignore: !MAY_RUN }, async () => {
  const remote = await remoteKv();
  await using bed = await openTestBed(remote === null ? {} : { KV_PATH: remote });
  const { env } = bed;
  const services = await Promise.all(Array.from({ length: PROCESSES }, () => ServiceProcess.start(bed)));
  try {
    const stored = async () => {
      using kv = await Deno.openKv(env.KV_PATH);
      const { accounts, sessions } = await checkInvariants(kv, new Keyring(parseConfig(env).dataKeys));
      return { accounts: accounts.size, sessions: sessions.length };
    };
    const before = await stored();
    const run = crypto.randomUUID().slice(0, 8);
    for (const round of ["first", "second"]) {
      const devices = devicesOf(run, round);
      const answers = await Promise.all(devices.map((device, i) => {
        const { url } = services[i % PROCESSES] as ServiceProcess;
        return signInWithRetries(url, device);
      }));
      assertServed(devices, answers, { returning: round === "second" });
      for (const { code } of devices) {
        const parameter = new URLSearchParams({ code }).toString();
        const requests = bed.simulator.requests.filter(({ url }) => url.includes(`${parameter}&`));
        assertEquals(requests.length, 1, "A code went to Amazon more than once");
      }
    }
    const after = await stored();
    assertEquals(after, { accounts: before.accounts + 37, sessions: before.sessions + 2 * 52 });
  } finally {
    await Promise.all(services.map((service) => service.end()));
  }
});

/**
 * Returns 64 devices: 32 customers with one code each, one customer with 16 codes, and four codes that four devices
 * each send with one key.
 */
function devicesOf(run: string, round: string): Device[] {
  const device = (customer: string, again: number, key = `${customer}-${again}`): Device => ({
    customer,
    // A delay of 0 ms makes another code of the same customer.
    code: `new${"~token-delay-0".repeat(again)}${
      round === "first" ? "" : "~profile-delay-0"
    }.${run}${customer}`,
    key: `${run}-${round}-${key}`,
  });
  return [
    ...Array.from({ length: 32 }, (_, i) => device(`each${i}`, 0)),
    ...Array.from({ length: 16 }, (_, i) => device("one", i)),
    ...Array.from({ length: 16 }, (_, i) => device(`shared${i % 4}`, 0)),
  ];
}

function assertServed(
  devices: readonly Device[],
  answers: readonly (readonly [Answer, ...Answer[]])[],
  { returning }: { returning: boolean },
): void {
  const accounts = new Map<string, Set<string>>();
  const tokens = new Map<string, Set<string>>();
  const created = new Map<string, number>();
  for (const [i, { customer, code }] of devices.entries()) {
    const all = answers[i] ?? [];
    for (const { status, body } of all) assert(status < 500, `${status} ${body.code}`);
    const last = all.at(-1);
    assert(last !== undefined && last.status < 300, `${code}: ${last?.body.code}`);
    const { account, session_token: token } = last.body;
    accounts.set(customer, (accounts.get(customer) ?? new Set()).add(account.id));
    tokens.set(code, (tokens.get(code) ?? new Set()).add(token));
    const replayed = last.headers.get("idempotency-replayed") === "true";
    if (account.created && !replayed) created.set(customer, (created.get(customer) ?? 0) + 1);
  }
  for (const [customer, ids] of accounts) assertEquals(ids.size, 1, `${customer} has several accounts`);
  for (const [code, secrets] of tokens) assertEquals(secrets.size, 1, `${code} has several sessions`);
  assertEquals([...created.values()], returning ? [] : Array(37).fill(1));
}

/**
 * Returns the URL of the KV service to test against, or null for a file.
 *
 * @throws {Error} when a KV service was asked for and does not answer.
 */
async function remoteKv(): Promise<string | null> {
  const url = Deno.env.get("KV_PATH") ?? "";
  if (!/^https?:/.test(url)) {
    if (!Deno.args.includes("remote")) return null;
    throw new Error("Set KV_PATH to the URL of a KV service, and DENO_KV_ACCESS_TOKEN to its token");
  }
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2000) })).body?.cancel();
  } catch {
    throw new Error(
      `No KV service answers at ${url}. Start one by: denokv --sqlite-path F serve --access-token T (cargo install denokv --locked)`,
    );
  }
  return url;
}
