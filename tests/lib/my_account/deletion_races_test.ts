/**
 * A deletion races with everything else that is done with an account, in an order that is drawn for every single
 * operation, and operations fail: afterwards nothing of the deleted account is there.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { signInWithAmazon } from "../../../lib/sign_in/one_click.ts";
import { parseConfig } from "../../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../../lib/dev/environment.ts";
import { createSimulator } from "../../../lib/dev/simulator/simulator.ts";
import { runDueTasks } from "../../../lib/due_tasks.ts";
import { parseEmail } from "../../../lib/base/email.ts";
import "../../../lib/outbox/messages.tsx"; // Loaded before it is asked for, so that no turn waits for it.
import type { OutgoingMail } from "../../../lib/mail/outgoing_mail.ts";
import { signInWithPassword } from "../../../lib/sign_in/password.ts";
import { signUp } from "../../../lib/sign_in/sign_up.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { deleteAccount, deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { requestLink } from "../../../lib/my_account/link_request.ts";
import { changePassword } from "../../../lib/my_account/password_change.ts";
import { resetPassword } from "../../../lib/my_account/password_reset.ts";
import { changeProfile, unlinkAmazon } from "../../../lib/my_account/profile.ts";
import { createServices, type Services } from "../../../lib/services.ts";
import { revokeAllSessions, revokeCurrentSession } from "../../../lib/sessions/revocation.ts";
import { authenticate } from "../../../lib/sessions/authentication.ts";
import type { SignedIn } from "../../../lib/sessions/sessions.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { Scheduler } from "../../promises/model/scheduler.ts";
import { findCustomerRecords } from "../../support/customer_records.ts";
import { numRuns } from "../../support/num_runs.ts";
import { aroundKv, wrapKv } from "../../support/kv_hooks.ts";

const DAY_MS = 86_400_000;
const PASSWORD = "correct horse battery";
const MORK = "mhashimoto-04@plaxo.com";
const email = parseEmail(MORK)!;
const device = { name: "Living room" };
const client = "192.0.2.1";
const config = parseConfig({
  ...devEnvironment("https://amazon.test", 8000),
  MAIL_URL: "https://:mail-key@mail.test",
  MAIL_FROM: "hello@oneclick.example",
  PASSWORD_TRIES_PER_15_MINUTES: "0",
});

interface World {
  readonly services: Services;
  readonly simulator: ReturnType<typeof createSimulator>;
  readonly mails: OutgoingMail[];
  /** Two devices of the account. */
  readonly devices: readonly SignedIn[];
  /** Good links of the account. */
  readonly links: { readonly reset: string; readonly deletion: string };
  /** A ticket that links Amazon, where the account is not linked. */
  readonly ticket: string | undefined;
}

type Actor = (world: World, nonce: number) => Promise<unknown>;

const as = async ({ services, devices }: World, which: number) =>
  await authenticate(services, devices[which]?.session_token ?? "");

/** What can be done with an account. */
const ACTORS: Readonly<Record<string, Actor>> = {
  oneClick: ({ services }, nonce) => oneClick(services, `mork.race-${nonce}`),
  passwordSignIn: ({ services }) =>
    signInWithPassword(services, { email, password: PASSWORD, device, linkTicket: undefined, client }),
  link: ({ services, ticket }) =>
    signInWithPassword(services, { email, password: PASSWORD, device, linkTicket: ticket, client }),
  renewal: (world) => as(world, 1),
  signOut: async (world) => await revokeCurrentSession(world.services, await as(world, 1)),
  signOutOthers: async (world) =>
    await revokeAllSessions(world.services, await as(world, 1), { keepCurrent: true }),
  changeProfile: async (world) => await changeProfile(world.services, await as(world, 1), { name: "Eve" }),
  unlink: async (world) => await unlinkAmazon(world.services, await as(world, 1)),
  changePassword: async (world) =>
    await changePassword(world.services, await as(world, 1), {
      current: PASSWORD,
      next: "a much longer password",
    }),
  askReset: ({ services }) => requestLink(services, { kind: "password_reset", email, client }),
  askDeletion: ({ services }) => requestLink(services, { kind: "account_deletion", email, client }),
  reset: ({ services, links }) =>
    resetPassword(services, { token: links.reset, password: PASSWORD, unlinkAmazon: false }),
  dueTasks: ({ services }) => runDueTasks(services),
  deletion: async (world) => await deleteAccount(world.services, await as(world, 1)),
  deletionByLink: ({ services, links }) => deleteAccountByLink(services, links.deletion),
};

const plans = fc.record({
  kind: fc.constantFrom("temporary" as const, "set" as const),
  byLink: fc.boolean(),
  actors: fc.array(fc.constantFrom(...Object.keys(ACTORS)), { minLength: 1, maxLength: 4 }),
  choices: fc.array(fc.nat(2047), { maxLength: 120, size: "max" }),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

const RUNS = { numRuns: numRuns({ quick: 60, full: 400 }), seed: 20261122 };

Deno.test("a deletion leaves nothing of an account, whatever else is done with it at the same time", async () => {
  using kv = await Deno.openKv(":memory:");
  await fc.assert(fc.asyncProperty(plans, (plan) => play(plan, kv)), RUNS);
});

/** Kinds of records without their checks, and what is then seen. */
const UNCHECKED = {
  "account and session": /Half an account|is not its own/,
  "account and mail": /Half an account|is not its own|mailed_link: account id/,
};

for (const [kind, seen] of Object.entries(UNCHECKED)) {
  Deno.test(`the race notices commits without the checks of ${kind}`, async () => {
    using kv = await Deno.openKv(":memory:");
    const property = fc.asyncProperty(plans, (plan) => play(plan, kv, kind));
    const options = { ...RUNS, numRuns: 3000, endOnFailure: true };
    const { failed, errorInstance } = await fc.check(property, options);
    assert(failed, "Not noticed");
    assertMatch(String(errorInstance), seen);
  });
}

/** @param unchecked Records of these kinds are not checked by any commit: the race has to notice. */
async function play({ kind, byLink, actors, choices }: Plan, kv: Deno.Kv, unchecked?: string): Promise<void> {
  for await (const { key } of kv.list({ prefix: [] })) await kv.delete(key);
  const scheduler = new Scheduler([]);
  const mails: OutgoingMail[] = [];
  const simulator = createSimulator({ clock: scheduler.clock(null), clients: DEV_CLIENT_SECRETS });
  let racing = false;
  const park = async <T>(label: string, call: () => Promise<T>): Promise<T> => {
    const fate = racing ? await scheduler.park(label, null) : "done";
    if (fate === "failed") throw new TypeError("database is locked");
    const result = await scheduler.work(call);
    if (fate === "done and reported as failed") throw new TypeError("connection reset");
    return result;
  };
  const services = createServices({
    config,
    kv: aroundKv(unchecked === undefined ? kv : withoutChecks(kv, unchecked), park),
    clock: scheduler.clock(null),
    log: () => {},
    fetch: (url, init) => park("asks Amazon", () => simulator.fetch(url, init)),
    cores: 2,
    passwordIterations: 1,
  });
  const { hasher } = services;
  const { hash, verify } = hasher;
  hasher.hash = (...args) => scheduler.work(() => hash.apply(hasher, args));
  hasher.verify = (...args) => scheduler.work(() => verify.apply(hasher, args));
  const transport = (mail: OutgoingMail) => park("hands in", () => Promise.resolve(void mails.push(mail)));
  const world = await furnish({ services: { ...services, transport }, simulator, mails, kind });
  // A day on, so that a session is renewed by its use, and the nudge is due.
  scheduler.jump(DAY_MS);

  racing = true;
  scheduler.draw(choices);
  const failures: unknown[] = [];
  let pending = 0;
  const names = [byLink ? "deletionByLink" : "deletion", ...actors];
  for (const [nonce, name] of names.entries()) {
    pending++;
    ACTORS[name]!(world, nonce).catch((error) => {
      if (!(error instanceof Problem) || error.code === "internal") failures.push(error);
    }).finally(() => pending--);
  }
  try {
    await scheduler.run(() => pending === 0);
    assertEquals(pending, 0);
    for (const failure of failures) throw failure;
    scheduler.calm();
    await driven(scheduler, settle(world, scheduler));
    await driven(scheduler, assertGone(world, kv));
  } catch (error) {
    if (error instanceof Error) error.message += `\n\n${names.join()}\n${scheduler.trace.join("\n")}\n`;
    throw error;
  }
}

async function furnish(
  { kind, ...made }: Pick<World, "services" | "simulator" | "mails"> & { kind: "temporary" | "set" },
): Promise<World> {
  const { services, mails } = made;
  const first = kind === "temporary"
    ? await oneClick(services, "mork.1")
    : await signUp(services, { email, password: PASSWORD, name: null, postalCode: null, device, client });
  assert(first !== null);
  const second = kind === "temporary"
    ? await oneClick(services, "mork.2")
    : await signInWithPassword(services, {
      email,
      password: PASSWORD,
      device,
      linkTicket: undefined,
      client,
    });
  assert(second !== null);
  const ticket = kind === "temporary" ? undefined : await ticketOf(services, "mork.3");
  for (const mail of ["password_reset", "account_deletion"] as const) {
    await requestLink(services, { kind: mail, email, client });
    await runDueTasks(services);
  }
  const [reset = "", deletion = ""] = mails.map(({ text }) => /\/([\w-]{64})/.exec(text)?.[1]);
  assert(reset !== "" && deletion !== "");
  mails.length = 0;
  return { ...made, devices: [first, second], links: { reset, deletion }, ticket };
}

async function driven(scheduler: Scheduler, work: Promise<void>): Promise<void> {
  let settled = false;
  const settle = () => void (settled = true);
  work.then(settle, settle);
  while (!settled) await scheduler.run(() => settled);
  await work;
}

/** The deletion can have failed, with `storage_unavailable`: then it is asked for again. */
async function settle(world: World, scheduler: Scheduler): Promise<void> {
  const { services, devices } = world;
  for (const { session_token } of devices) {
    await authenticate(services, session_token).then((who) => deleteAccount(services, who), () => {});
    await deleteAccountByLink(services, world.links.deletion);
  }
  for (let run = 0; run < 3; run++) {
    await runDueTasks(services);
    scheduler.jump(DAY_MS / 4);
  }
}

/** Another account can have come by one click after the deletion: then it is whole. */
async function assertGone({ services, devices, mails }: World, kv: Deno.Kv): Promise<void> {
  const { keyring } = services;
  const [{ account: { id } }] = devices as [SignedIn];
  // A device that was signed out and a link that a newer one has ended cannot ask again: then the account is whole.
  if ((await kv.get(["account", id])).value !== null) {
    const [index] = keyring.blindIndexes("email", email.canonical);
    const { value } = await kv.get<{ account_id: string }>(["email", index]);
    return assertEquals(value?.account_id, id, "Half an account");
  }
  const customer = { accountId: id, sessionIds: [], email: "nobody@example.com", texts: {}, codes: [] };
  assertEquals(await findCustomerRecords(kv, keyring, customer), []);
  for (const { session_token } of devices) {
    const works = await authenticate(services, session_token).then(() => true, () => false);
    assert(!works, "A session of a deleted account works");
  }
  for (const kind of ["tries", "mailed_link", "mail"]) {
    for await (const { key } of kv.list({ prefix: [kind] })) await kv.delete(key);
  }
  await checkInvariants(kv, keyring);
  const farewells = mails.filter(({ subject }) => subject.includes("is deleted"));
  assert(farewells.length >= 1, "No farewell");
}

async function oneClick(services: Services, code: string): Promise<SignedIn | null> {
  const [amazon] = config.amazonClients;
  const request = { code, idempotencyKey: null, client: amazon!, device, requestId: "" };
  const { answer } = await signInWithAmazon(services, request);
  return answer.outcome === "signed_in" ? answer.signedIn : null;
}

async function ticketOf(services: Services, code: string): Promise<string> {
  const [amazon] = config.amazonClients;
  const request = { code, idempotencyKey: null, client: amazon!, device, requestId: "" };
  const { answer } = await signInWithAmazon(services, request);
  assert(answer.outcome === "link_required");
  return answer.linkTicket;
}

function withoutChecks(kv: Deno.Kv, kinds: string): Deno.Kv {
  return wrapKv(kv, {
    commit: (commit, perform) =>
      perform({ ...commit, checks: commit.checks.filter(({ key }) => !kinds.includes(String(key[0]))) }),
  });
}
