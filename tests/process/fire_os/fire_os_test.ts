/**
 * The Kotlin class for Fire OS on the JVM, against the real service and the simulated Amazon. Each start of the app is a
 * process of its own, which halts at any step; what it stored and what the Appstore knows outlive it.
 */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { MAY_RUN } from "../../support/child_process.ts";
import { openTestBed, post, ServiceProcess, signIn, type TestBed } from "../../support/service_process.ts";

const HERE = fileURLToPath(new URL("./", import.meta.url));

/** Declares a test that runs where `deno task test:fire_os` has compiled the class. */
function test(name: string, fn: () => Promise<void>): void {
  const ignore = !MAY_RUN || Deno.permissions.querySync({ name: "write" }).state !== "granted" ||
    !isCompiled();
  Deno.test({ name, ignore, fn });
}

function isCompiled(): boolean {
  try {
    return Deno.statSync(`${HERE}target/classpath.txt`).isFile;
  } catch {
    return false;
  }
}

/** A line that the app prints. */
interface Line {
  readonly outcome: string;
  readonly steps: number;
  readonly restored?: boolean;
  readonly session?: { readonly session_token: string; readonly account: { readonly created: boolean } };
  readonly user_code?: string;
  readonly has?: boolean;
  readonly entitlements?: readonly { readonly receipt_id: string }[];
  readonly link_ticket?: string;
  readonly prefill?: Record<string, string>;
}

/** A TV with Fire OS: its Appstore, its storage, and the app, which can be started and killed. */
class FireTv {
  private constructor(readonly folder: string, readonly service: string) {}

  static async create(
    bed: TestBed,
    { url }: ServiceProcess,
    appstore: Record<string, unknown> = {},
  ): Promise<FireTv> {
    const folder = await Deno.makeTempDir({ dir: bed.folder });
    const state = {
      user: "amzn1.account.A",
      consent: true,
      spentBy: "status",
      spent: false,
      issued: 0,
      codes: [`new.${crypto.randomUUID()}`, `new.${crypto.randomUUID()}`, `new.${crypto.randomUUID()}`],
      ...appstore,
    };
    await Deno.writeTextFile(`${folder}/appstore.json`, JSON.stringify(state));
    return new FireTv(folder, url);
  }

  /** Starts the app and waits until it ends. Returns what it printed, and null when it was killed. */
  async start(...args: string[]): Promise<Line[] | null> {
    const classpath = await Deno.readTextFile(`${HERE}target/classpath.txt`);
    const command = new Deno.Command("java", {
      args: ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", `${HERE}target/classes:${classpath}`]
        .concat("test.AppKt", this.folder, this.service, args),
    });
    const { code, stdout, stderr } = await command.output();
    if (code === 137) return null;
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
  }

  async appstore(): Promise<{ issued: number; fulfilled?: string[] }> {
    return JSON.parse(await Deno.readTextFile(`${this.folder}/appstore.json`));
  }

  stored(): Promise<string> {
    return Deno.readTextFile(`${this.folder}/preferences`).catch(() => "");
  }
}

test("two onResume share one sign-in, and the next start of the app has its session", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  const tv = await FireTv.create(bed, service);
  const [first, second] = await tv.start() ?? [];
  assertEquals([first?.outcome, first?.restored, first?.session?.account.created], [
    "signed_in",
    false,
    true,
  ]);
  assertEquals(second, first);
  assertEquals((await tv.appstore()).issued, 1);
  const [again] = await tv.start() ?? [];
  assertEquals([again?.outcome, again?.restored], ["signed_in", true]);
  assertEquals(again?.session, first?.session);
});

for (const spentBy of ["status", "code"]) {
  test(`an app killed at any step signs in at its next start, where the ${spentBy} uses consent up`, async () => {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start(bed);
    const whole = await (await FireTv.create(bed, service, { spentBy })).start();
    const steps = whole?.[0]?.steps ?? 0;
    assert(steps >= 6, `${steps} steps`);
    for (let at = 1; at <= steps; at++) {
      for (const when of ["before", "after"]) {
        const tv = await FireTv.create(bed, service, { spentBy });
        assertEquals(await tv.start(String(at), when), null, `${at} ${when}`);
        const lost = (await tv.appstore()).issued === 1 && !/code|session/.test(await tv.stored());
        const [result] = await tv.start() ?? [];
        // Only a code that never reached the app, and a consent that it used up, lead to the keyboard.
        const expected = lost && spentBy === "code" ? "consent_unavailable" : "signed_in";
        assertEquals(result?.outcome, expected, `${at} ${when}`);
        assertEquals((await tv.appstore()).issued, lost && spentBy === "status" ? 2 : 1, `${at} ${when}`);
      }
    }
  });
}

test("the app follows each next of the service", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  const outcomeOf = async (...scenarios: string[]) => {
    const codes = scenarios.map((scenario) => `${scenario}.${crypto.randomUUID()}`);
    const tv = await FireTv.create(bed, service, { codes });
    const [result] = await tv.start() ?? [];
    return { ...result, issued: (await tv.appstore()).issued };
  };
  const renewed = await outcomeOf("unknown", "new");
  assertEquals([renewed.outcome, renewed.issued], ["signed_in", 2]);
  const dead = await outcomeOf("unknown", "unknown", "new");
  assertEquals([dead.outcome, dead.issued], ["try_later", 2]);
  const retried = await outcomeOf("new~profile-503*1");
  assertEquals([retried.outcome, retried.issued], ["signed_in", 1]);
  const incomplete = await outcomeOf("noemail");
  assertEquals(incomplete.outcome, "sign_up_needed");
  assert(incomplete.prefill?.name);
  const misconfigured = await outcomeOf("new~token-invalid_client");
  assertEquals(misconfigured.outcome, "refused");

  const customer = { email: "mhashimoto-04@plaxo.com", password: "a good long password" };
  assertEquals((await post(`${service.url}/v1/accounts`, customer)).status, 201);
  const known = await outcomeOf("mork");
  assertEquals(known.outcome, "sign_in_needed");
  assert(known.link_ticket);
});

test("a sign-in with the ticket keeps the consent, so one click signs in after a sign-out", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  const email = "mhashimoto-04@plaxo.com";
  const customer = { email, password: "a good long password" };
  assertEquals((await post(`${service.url}/v1/accounts`, customer)).status, 201);
  const codes = [`mork.${crypto.randomUUID()}`, `mork.${crypto.randomUUID()}`];
  const tv = await FireTv.create(bed, service, { codes });
  const lines = await tv.start(email, customer.password, "link");
  assertEquals(lines?.map(({ outcome }) => outcome), ["sign_in_needed", "sign_in_needed", "signed_in"]);
  const [again] = await tv.start() ?? [];
  assertEquals([again?.outcome, again?.restored, again?.session?.account.created], [
    "signed_in",
    false,
    false,
  ]);
});

test("without consent the app asks the service for nothing", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  const tv = await FireTv.create(bed, service, { consent: false });
  assertEquals((await tv.start())?.map(({ outcome }) => outcome), Array(2).fill("consent_unavailable"));
  assertEquals((await tv.appstore()).issued, 0);
  const { status } = await signIn(service.url, { code: `new.${crypto.randomUUID()}` });
  assertEquals(status, 201);
});

test("sign in, sign out and sign in again without waiting end with a session", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  const tv = await FireTv.create(bed, service);
  const lines = await tv.start("again") ?? [];
  assertEquals(lines.slice(1).map(({ outcome }) => outcome), ["signed_out", "signed_in", "token"]);
  assertEquals(lines.at(-1)?.has, true);
});

test("the receipts of a device are sent after a sign-in by password too", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  const tv = await FireTv.create(bed, service, { receipts: ["sub.active.1"] });
  const [signedIn, ...synced] = await tv.start("password") ?? [];
  assertEquals(signedIn?.outcome, "signed_in");
  for (const { entitlements } of synced.slice(0, 2)) {
    assertEquals(entitlements?.[0]?.receipt_id, "sub.active.1");
  }
});

test("what somebody else has written to the preferences counts as nothing", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  for (
    const state of [
      "{",
      "[]",
      "5",
      '{"kind":"session","session":{"session_token":null,"account":null}}',
      '{"kind":"session","user":7,"session":{"session_token":7,"account":{"id":"a"}}}',
      '{"kind":"code","user":{},"code":"a","key":"b"}',
    ]
  ) {
    const tv = await FireTv.create(bed, service);
    await Deno.writeTextFile(`${tv.folder}/preferences`, `state=${state.replaceAll(":", "\\:")}\n`);
    assertEquals((await tv.start())?.map(({ outcome }) => outcome), ["signed_in", "signed_in"], state);
  }
});

test("an Appstore that never calls back does not keep the app waiting for ever", async () => {
  await using bed = await openTestBed();
  await using service = await ServiceProcess.start(bed);
  const tv = await FireTv.create(bed, service, { silent: "requestUserProfileAccess" });
  assertEquals((await tv.start())?.[0]?.outcome, "consent_unavailable");
});
