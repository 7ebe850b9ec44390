/**
 * A service is killed with SIGKILL before or after each write of a sign-in from a phone, and started again on the same
 * database. TV and phone send what got no answer again, and nobody has to scan a second code that was shown before.
 */
import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/config/config.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import type { StartedActivation } from "../../lib/sign_in/activation.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { checkInvariants } from "../support/invariants.ts";
import {
  type Answer,
  limitConcurrency,
  openTestBed,
  post,
  ServiceProcess,
} from "../support/service_process.ts";
import type { SignedInBody } from "../support/bodies.ts";

const CUSTOMER = { email: "vera@example.com", password: "correct horse battery" };

/** The writes of an activation, by what the phone does: the start, a counted password, the approval, the TV's session. */
const WRITES = { sign_in: 4, sign_up: 3 } as const;
type Way = keyof typeof WRITES;

Deno.test({
  name: "a service that is killed while a phone signs a TV in costs neither a scan nor a second session",
  ignore: !MAY_RUN,
  sanitizeOps: false,
  sanitizeResources: false,
  sanitizeExit: false,
  fn: async (t) => {
    const limited = limitConcurrency(2);
    const points = (Object.keys(WRITES) as Way[]).flatMap((way) =>
      Array.from({ length: WRITES[way] }, (_, i) => [`before ${i + 1}`, `after ${i + 1}`]).flat()
        .map((point) => [way, point] as const)
    );
    await Promise.all(points.map(([way, point]) =>
      t.step({
        name: `${way}, killed ${point} of its writes`,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: () => limited(() => crash(way, point)),
      })
    ));
  },
});

async function crash(way: Way, point: string): Promise<void> {
  await using bed = await openTestBed();
  await using dying = await ServiceProcess.start({
    env: { ...bed.env, KILL_AT: `${point} activation` },
    entry: "tests/process/self_killing_main.ts",
  });
  await using next = new AsyncDisposableStack();
  let { url } = dying;
  let deaths = 0;
  /** Sends a request, and once more to the next service when this one has died. */
  const send = async <T>(request: () => Promise<T>): Promise<T> => {
    try {
      return await request();
    } catch {
      await dying.status;
      deaths++;
      url = next.use(await ServiceProcess.start(bed)).url;
      return await request();
    }
  };
  if (way === "sign_in") assertEquals((await post(`${url}/v1/accounts`, CUSTOMER)).status, 201);

  const { status, body: tv } = await send(() => post<StartedActivation>(`${url}/v1/activations`, {}));
  assertEquals(status, 201);
  const path = await send(() => scan(url, tv));
  assertEquals(await send(() => approve(url + path, way)), 200);
  const ask = (): Promise<Answer<SignedInBody>> =>
    post(`${url}/v1/sessions/activation`, { device_code: tv.device_code });
  const first = await send(ask);
  assertEquals(first.status, way === "sign_up" ? 201 : 200);
  assertEquals(first.body.account.email, CUSTOMER.email);
  assertEquals((await ask()).body.session_token, first.body.session_token);
  assertEquals(await approve(url + path, way), 200);
  assertEquals(deaths, 1);
  await dying.end();

  using kv = await Deno.openKv(bed.kvPath);
  const { accounts, sessions } = await checkInvariants(kv, new Keyring(parseConfig(bed.env).dataKeys));
  // The sign-up before has left a session too.
  assertEquals([accounts.size, sessions.length], [1, way === "sign_in" ? 2 : 1]);
}

async function scan(url: string, { verification_uri_complete }: StartedActivation): Promise<string> {
  const { pathname, search } = new URL(verification_uri_complete);
  const response = await fetch(url + pathname + search, { redirect: "manual" });
  await response.body?.cancel();
  assertEquals(response.status, 303);
  const location = response.headers.get("location");
  assert(location !== null);
  return new URL(location, `${url}${pathname}`).pathname;
}

async function approve(page: string, way: Way): Promise<number> {
  const response = await fetch(page, {
    method: "POST",
    body: new URLSearchParams({ ...CUSTOMER, do: way }),
    headers: { "origin": "null", "sec-fetch-site": "same-origin" },
  });
  const text = await response.text();
  assert(response.status !== 200 || text.includes("TV"), text);
  return response.status;
}
