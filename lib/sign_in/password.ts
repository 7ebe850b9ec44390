/**
 * Sign-in by email and password, and with a link ticket the linking of an Amazon customer in the same commit.
 *
 * @module
 */
import { findOwners } from "../accounts/accounts.ts";
import type { Email } from "../base/email.ts";
import { stageLink } from "../accounts/linking.ts";
import { Deadline } from "../base/clock.ts";
import type { Entry } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, type Device, SESSION } from "../kv/schema.ts";
import { Problem } from "../base/problem.ts";
import type { Services } from "../services.ts";
import { type SignedIn, stageSession } from "../sessions/sessions.ts";
import type { PasswordHasher } from "../passwords/hashing.ts";
import { countTry } from "../limits/tries.ts";

/** A sign-in as a device asks for it, validated. */
export interface PasswordSignIn {
  /** As it was typed, and as it is compared. */
  readonly email: Email;
  /** 1 to 256 characters. */
  readonly password: string;
  /** As it describes itself. */
  readonly device: Device;
  /** The ticket of a `link_required`, as its device gave it back; undefined when nothing is to be linked. */
  readonly linkTicket: string | undefined;
  /** The client's address, as limits count it. */
  readonly client: string;
}

/** Milliseconds for the whole of it, waiting for a turn to hash included. */
const DEADLINE_MS = 10_000;
const MOST_COMMITS = 20;
/** Where the account of an unknown email is looked for, so that looking takes as long. */
const NOBODY = "acc_none";

/**
 * Signs in. An unknown email, a wrong password and an account without a password of its own take the same trips
 * to the database and the same hashing, and get the same answer.
 *
 * @throws {Problem} `invalid_credentials`, `link_ticket_invalid`, `already_linked`, `rate_limited` or
 *   `storage_unavailable`
 */
export async function signInWithPassword(services: Services, request: PasswordSignIn): Promise<SignedIn> {
  const { db, clock, config, hasher, keyring } = services;
  hasher.queue.assertRoom();
  using deadline = new Deadline(clock, DEADLINE_MS);
  const counted = await countTry(services, [
    { scope: "sign_in_account", name: request.email.canonical },
    { scope: "sign_in_address", name: request.client },
  ], deadline);

  let proof: Proof | null = null;
  let signedIn: SignedIn | null = null;
  for (let tries = 1; tries <= MOST_COMMITS; tries++) {
    const { id, account } = await findAccount(services, request.email, deadline);
    if (signedIn !== null) {
      // The commit can have taken effect although it was told to have failed: then its session is there.
      const ids = [signedIn.account.id, signedIn.session.id];
      const session = await db.get(SESSION, ids, { consistency: "strong", deadline });
      if (session.value !== null) return signedIn;
      await counted.refresh(deadline);
    }
    const stored = account.value?.password.kind === "set" ? account.value.password.phc : null;
    // What was changed since it was checked has to be checked again.
    if (proof === null || proof.phc !== stored) proof = await prove(hasher, request.password, stored);
    if (account.value === null) throw new Problem("invalid_credentials");

    const tx = db.transaction().check(account);
    let record: AccountRecord = account.value;
    if (proof.upgraded !== proof.phc) record = { ...record, password: { kind: "set", phc: proof.upgraded } };
    if (request.linkTicket !== undefined) {
      const link = { ticket: request.linkTicket, account: { id, record } };
      record = await stageLink(tx, link, { db, keyring, deadline });
    }
    if (record !== account.value) tx.set(ACCOUNT, [id], record);
    counted.stageSuccess(tx);
    signedIn = stageSession(tx, { id, record, created: false }, {
      device: request.device,
      at: clock.now(),
      ttlMs: config.sessionTtlMs,
    });
    if (await db.commit(tx, deadline) !== null) return signedIn;
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}

/** A hash that the password was checked against, and the one to store in its place: the same, but for old ones. */
interface Proof {
  readonly phc: string;
  readonly upgraded: string;
}

async function prove(hasher: PasswordHasher, password: string, phc: string | null): Promise<Proof> {
  const matches = await hasher.verify(password, phc);
  if (!matches || phc === null) throw new Problem("invalid_credentials");
  if (!hasher.needsRehash(phc)) return { phc, upgraded: phc };
  // When too many wait to hash, the next sign-in will do it.
  return { phc, upgraded: await hasher.hash(password).catch(() => phc) };
}

/** Two reads, whether or not there is such an account. */
async function findAccount(
  services: Services,
  email: Email,
  deadline: Deadline,
): Promise<{ id: string; account: Entry<AccountRecord> }> {
  const read = { consistency: "strong", deadline } as const;
  const id = (await findOwners(services, { userId: null, email }, read)).ofEmail ?? NOBODY;
  return { id, account: await services.db.get(ACCOUNT, [id], read) };
}
