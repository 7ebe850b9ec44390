/**
 * A deletion runs at the same time as other requests for its account. The order of all operations is drawn at random, and
 * some of them fail. Afterwards no record of the deleted account is left.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { signInWithAmazon } from "../../../lib/sign_in/one_click.ts";
import { parseConfig } from "../../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../../lib/dev/environment.ts";
import { createSimulator } from "../../../lib/dev/simulator/simulator.ts";
import { runDueTasks } from "../../../lib/due_tasks.ts";
import { parseEmail } from "../../../lib/base/email.ts";
// Loaded here, because the scheduler does not wait for the import on first use.
import "../../../lib/outbox/messages.ts";
import type { OutgoingMail } from "../../../lib/mail/outgoing_mail.ts";
import { signInWithPassword } from "../../../lib/sign_in/password.ts";
import { signUp } from "../../../lib/sign_in/sign_up.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { deleteAccount, deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { requestLink } from "../../../lib/my_account/link_request.ts";
import { changePassword } from "../../../lib/my_account/password_change.ts";
import { resetPassword } from "../../../lib/my_account/password_reset.ts";
import { changeProfile, unlinkAmazon } from "../../../lib/my_account/profile.ts";
import { putMail } from "../../../lib/outbox/outbox.ts";
import { createServices, type Services } from "../../../lib/services.ts";
import { revokeAllSessions, revokeCurrentSession } from "../../../lib/sessions/revocation.ts";
import { authenticate, type Authenticated } from "../../../lib/sessions/authentication.ts";
import type { SignedIn } from "../../../lib/sessions/sessions.ts";
import { Scheduler } from "../../promises/model/scheduler.ts";
import { MORK, PASSWORD } from "../../support/account_requests.ts";
import { findCustomerRecords } from "../../support/customer_records.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { numRuns } from "../../support/num_runs.ts";
import { aroundKv, withoutChecks } from "../../support/kv_hooks.ts";
import { tokenOf } from "../../support/mailed_links.ts";

const DAY_MS = 86_400_000;
const email = parseEmail(MORK)!;
const device = { name: "Living room" };
const client = "192.0.2.1";
const config = parseConfig({
  ...devEnvironment("https://amazon.test", 8000),
  MAIL_URL: "https://:mail-key@mail.test",
  MAIL_FROM: "hello@oneclick.example",
  PASSWORD_TRIES_PER_15_MINUTES: "0",
});

/** A service with one account, and what the requests for the account need. */
interface World {
  readonly services: Services;
  readonly simulator: ReturnType<typeof createSimulator>;
  readonly mails: OutgoingMail[];
  /** The two devices of the account. */
  readonly devices: readonly SignedIn[];
  /** The tokens of two valid links of the account. */
  readonly links: { readonly reset: string; readonly deletion: string };
  /** A ticket that links Amazon; undefined when the account is linked. */
  readonly ticket: string | undefined;
}

/** Sends one request. The nonce differs from request to request. */
type Actor = (world: World, nonce: number) => Promise<unknown>;

const authenticated = async ({ services, devices }: World, which: number) =>
  await authenticate(services, devices[which]?.session_token ?? "");

/** The password after a change. */
const OTHER_PASSWORD = "a much longer password";

/** Returns what a device sends as the proof of the password: a day has passed since it was given. */
const passwordOf = ({ account }: Authenticated) =>
  account.value.password.kind === "set" ? PASSWORD : undefined;

/** The requests that can run at the same time as the deletion. */
const ACTORS: Readonly<Record<string, Actor>> = {
  oneClick: ({ services }, nonce) => oneClick(services, `mork.race-${nonce}`),
  passwordSignIn: ({ services }) =>
    signInWithPassword(services, { email, password: PASSWORD, device, linkTicket: undefined, client }),
  link: ({ services, ticket }) =>
    signInWithPassword(services, { email, password: PASSWORD, device, linkTicket: ticket, client }),
  renewal: (world) => authenticated(world, 1),
  signOut: async (world) => await revokeCurrentSession(world.services, await authenticated(world, 1)),
  signOutOthers: async (world) =>
    await revokeAllSessions(world.services, await authenticated(world, 1), { keepCurrent: true }),
  changeProfile: async (world) =>
    await changeProfile(world.services, await authenticated(world, 1), { name: "Eve" }),
  unlink: async (world) => {
    const session = await authenticated(world, 1);
    await unlinkAmazon(world.services, session, passwordOf(session));
  },
  changePassword: async (world) =>
    await changePassword(world.services, await authenticated(world, 1), {
      current: PASSWORD,
      next: OTHER_PASSWORD,
    }),
  askReset: ({ services }) => requestLink(services, { kind: "password_reset", email, client }),
  askDeletion: ({ services }) => requestLink(services, { kind: "account_deletion", email, client }),
  reset: ({ services, links }) =>
    resetPassword(services, { token: links.reset, password: PASSWORD, unlinkAmazon: false }),
  dueTasks: ({ services }) => runDueTasks(services),
  deletion: async (world) => {
    const session = await authenticated(world, 1);
    await deleteAccount(world.services, session, passwordOf(session));
  },
  deletionByLink: ({ services, links }) => deleteAccountByLink(services, links.deletion),
};

/** The password of the account, how it is deleted, the other requests, and the scheduler's choices. */
interface Plan {
  readonly kind: "temporary" | "set";
  readonly byLink: boolean;
  readonly actors: readonly string[];
  readonly choices: readonly number[];
}

function plansWith(actors: readonly string[], minLength = 1): fc.Arbitrary<Plan> {
  return fc.record({
    kind: fc.constantFrom("temporary" as const, "set" as const),
    byLink: fc.boolean(),
    actors: fc.array(fc.constantFrom(...actors), { minLength, maxLength: 4 }),
    choices: fc.array(fc.nat(2047), { maxLength: 120, size: "max" }),
  });
}

Deno.test("a deletion leaves no record of an account, with any other requests at the same time", async () => {
  using kv = await Deno.openKv(":memory:");
  const property = fc.asyncProperty(plansWith(Object.keys(ACTORS)), (plan) => play(plan, kv));
  await fc.assert(property, { numRuns: numRuns({ quick: 60, full: 400 }), seed: 20261122 });
});

/** Checks that a commit could lack, requests that then go wrong, and the error that the property reports. */
const MISSING_CHECKS = [
  {
    kinds: ["account", "session"],
    actors: ["passwordSignIn", "changeProfile", "renewal", "oneClick"],
    error: /Half an account|is not its own/,
  },
  {
    kinds: ["account", "mail"],
    actors: ["askReset", "dueTasks"],
    error: /Half an account|is not its own|mailed_link: account id/,
  },
];

for (const { kinds, actors, error } of MISSING_CHECKS) {
  Deno.test(`the races of deletion notice commits that do not check ${kinds.join(" and ")}`, async () => {
    using kv = await Deno.openKv(":memory:");
    const property = fc.asyncProperty(plansWith(actors, 2), (plan) => play(plan, kv, kinds));
    // With this seed a run fails soon.
    const options = { seed: 6, numRuns: 1000, endOnFailure: true };
    const { failed, errorInstance } = await fc.check(property, options);
    assert(failed, "No run failed");
    assertMatch(String(errorInstance), error);
  });
}

/**
 * Plays a plan.
 *
 * @param unchecked Kinds of records that no commit checks, to show that the property then fails.
 */
async function play(
  { kind, byLink, actors, choices }: Plan,
  kv: Deno.Kv,
  unchecked: readonly string[] = [],
): Promise<void> {
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
    kv: aroundKv(withoutChecks(kv, unchecked), park),
    clock: scheduler.clock(null),
    log: () => {},
    fetch: (url, init) => park("request to Amazon", () => simulator.fetch(url, init)),
    cores: 2,
    passwordIterations: 1,
  });
  const { hasher } = services;
  const { hash, verify } = hasher;
  hasher.hash = (...args) => scheduler.work(() => hash.apply(hasher, args));
  hasher.verify = (...args) => scheduler.work(() => verify.apply(hasher, args));
  const transport = (mail: OutgoingMail) =>
    park("mail is sent", () => Promise.resolve(void mails.push(mail)));
  const world = await createWorld({ services: { ...services, transport }, simulator, mails, kind });
  // One day later the use of a session renews it, and the nudge is due.
  scheduler.jump(DAY_MS);

  racing = true;
  scheduler.draw(choices);
  const names = [byLink ? "deletionByLink" : "deletion", ...actors];
  const requests = names.map((name, nonce) => ACTORS[name]!(world, nonce));
  try {
    await scheduler.race(requests);
    scheduler.calm();
    await scheduler.runToEnd(deleteAgain(world, scheduler));
    await scheduler.runToEnd(assertDeleted(world, kv));
  } catch (error) {
    if (error instanceof Error) error.message += `\n\n${names.join()}\n${scheduler.trace.join("\n")}\n`;
    throw error;
  }
}

/** Makes an account with two devices, two links and a ticket. */
async function createWorld(
  { kind, ...made }: Pick<World, "services" | "simulator" | "mails"> & { kind: "temporary" | "set" },
): Promise<World> {
  const { services, mails } = made;
  const first = kind === "temporary" ? await oneClick(services, "mork.1") : (await signUp(services, {
    email,
    password: PASSWORD,
    name: null,
    postalCode: null,
    device,
    linkTicket: undefined,
    idempotencyKey: "the-key-of-the-sign-up",
    client,
  })).signedIn;
  assert(first !== null);
  const second = kind === "temporary"
    ? await oneClick(services, "mork.2")
    : (await signInWithPassword(services, {
      email,
      password: PASSWORD,
      device,
      linkTicket: undefined,
      client,
    })).signedIn;
  assert(second !== null);
  const ticket = kind === "temporary" ? undefined : await ticketOf(services, "mork.3");
  for (const mail of ["password_reset", "account_deletion"] as const) {
    using store = services.db.within(3000);
    await store.transact((batch) => putMail(services, batch, { kind: mail, email }));
    await runDueTasks(services);
  }
  const [reset = "", deletion = ""] = mails.map(tokenOf);
  assert(reset !== "" && deletion !== "");
  mails.length = 0;
  return { ...made, devices: [first, second], links: { reset, deletion }, ticket };
}

/** Sends the deletion again, because the first one can have failed with `storage_unavailable`; then runs due tasks. */
async function deleteAgain(world: World, scheduler: Scheduler): Promise<void> {
  const { services, devices } = world;
  for (const { session_token } of devices) {
    for (const password of [undefined, PASSWORD, OTHER_PASSWORD]) {
      const session = await authenticate(services, session_token).catch(() => null);
      if (session === null) break;
      await deleteAccount(services, session, password).catch((error) => {
        if (!(error instanceof Problem && error.code === "invalid_credentials")) throw error;
      });
    }
    await deleteAccountByLink(services, world.links.deletion);
  }
  for (let run = 0; run < 3; run++) {
    await runDueTasks(services);
    scheduler.jump(DAY_MS / 4);
  }
}

/** Asserts that no record of the account is left. An account that one click made after the deletion must be complete. */
async function assertDeleted({ services, devices, mails }: World, kv: Deno.Kv): Promise<void> {
  const { keyring } = services;
  const [{ account: { id } }] = devices as [SignedIn];
  // When the device was signed out and the link replaced, nothing could delete the account: then it must be complete.
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
  const lastMails = mails.filter(({ subject }) => subject.includes("is deleted"));
  assert(lastMails.length >= 1, "No mail about the deletion");
}

async function signInWithCode(services: Services, code: string) {
  const [client] = config.amazonClients;
  const request = { code, idempotencyKey: null, client: client!, device, requestId: "" };
  return (await signInWithAmazon(services, request)).answer;
}

async function oneClick(services: Services, code: string): Promise<SignedIn | null> {
  const answer = await signInWithCode(services, code);
  return answer.outcome === "signed_in" ? answer.signedIn : null;
}

async function ticketOf(services: Services, code: string): Promise<string> {
  const answer = await signInWithCode(services, code);
  assert(answer.outcome === "link_required");
  return answer.linkTicket;
}
