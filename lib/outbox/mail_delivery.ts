/**
 * The sending of mails that are due. The account of a mail is looked up here, so that a request for a mail costs the same
 * whether or not there is an account.
 *
 * @module
 */
import { findOwners } from "../accounts/account_indexes.ts";
import type { IdentifiedAccount } from "../accounts/accounts.ts";
import { deliveryAddress, parseEmail } from "../base/email.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import {
  ACCOUNT,
  type AccountRecord,
  ACTIVATION,
  MAIL,
  type MailedLinkRecord,
  type MailRecord,
} from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { DueTask } from "../kv/tasks.ts";
import type { Present } from "../kv/write_batch.ts";
import { MailDelayedError } from "../mail/outgoing_mail.ts";
import type { Services } from "../services.ts";
import { type Language, languageOf } from "../texts/languages.ts";
import { deliver, type Delivery } from "./delivery.ts";
import { formatLinkToken, type LinkToken, putMailedLink, replaceEarlierLink } from "./links.ts";
import type { WrittenMail } from "./messages.ts";
import { type KindOfMail, MAIL_KINDS } from "./outbox.ts";

/** The recipient of a mail. */
interface Recipient {
  /** The address, as mail is sent to it. */
  readonly to: string;
  /** The link of the mail; null when it has none. */
  readonly link: LinkToken & NonNullable<KindOfMail["link"]> | null;
  /** The account of the mail, which must be unchanged when the attempt begins; null when the mail needs none. */
  readonly account: Present<AccountRecord> | null;
  /** The language of the mail. */
  readonly language: Language;
  /** What the link does, when its purpose does not say all. */
  readonly does: Pick<MailedLinkRecord, "activation" | "change" | "proves">;
  /** The code that the TV of an activation shows. */
  readonly userCode: string;
}

/** The recipient in the text of a mail that is sent to nobody. */
const NOWHERE = { link: null, language: languageOf(undefined), userCode: "" };

const DELIVERY: Delivery<MailRecord, Recipient> = {
  name: "mail",
  type: MAIL,
  withinMs: 30_000,
  firstWaitMs: 60_000,
  growth: 1,
  describe: ({ id, kind }) => ({ mail: id, mail_kind: kind }),
  async findTarget(services, store, mail) {
    const recipient = await findRecipient(services, store, mail);
    // A mail that goes nowhere keeps the service as busy as one that is sent, as far as that is in our hands.
    if (recipient === null) await write(services, mail, NOWHERE);
    return recipient;
  },
  // The account is the one that was found, and the link of the mail is valid from now on.
  putStart(batch, { link, account, does }, now) {
    if (account !== null) batch.check(account);
    if (link === null) return;
    putMailedLink(batch, link, { purpose: link.purpose, expiresAt: now + link.lifeMs, does });
  },
  send,
  finish: endEarlierLink,
};

/**
 * Tries once to send the mail of a due task.
 *
 * @returns When the next attempt is due, as {@linkcode deliver} does.
 * @throws {Problem} `storage_unavailable`: then the task stays due
 */
export function sendDueMail(services: Services, task: DueTask): Promise<number | null> {
  return deliver(services, task, DELIVERY);
}

/**
 * Finds the recipient of a mail: the account that has its email now.
 *
 * @returns Null when there is no such account, or when the account does not need the mail.
 */
async function findRecipient(services: Services, store: Store, mail: MailRecord): Promise<Recipient | null> {
  const { kind, email, secret, language } = mail;
  const { link } = MAIL_KINDS[kind];
  if (link === null) {
    const to = addressOf(email);
    return { to, link, account: null, language: languageOf(language), does: {}, userCode: "" };
  }
  const address = parseEmail(email);
  const { ofEmail } = await findOwners(store, services.keyring, { email: address });
  if (ofEmail === null) return null;
  const { value, ...entry } = await store.get(ACCOUNT, [ofEmail]);
  // An index that points at another account gets no link into it.
  if (value === null || parseEmail(value.email)?.canonical !== address?.canonical) return null;
  const account = { ...entry, value };
  const errand = await findErrand(services, store, mail, { id: ofEmail, record: value });
  if (errand === null) return null;
  return {
    to: addressOf(errand.does?.change?.email ?? value.email),
    link: { ...link, accountId: ofEmail, secret },
    account,
    language: languageOf(value.language ?? language),
    does: errand.does ?? {},
    userCode: errand.userCode ?? "",
  };
}

/** Finds what the link of a mail does. Returns null when the account does not need the mail any more. */
async function findErrand(
  { keyring, clock }: Pick<Services, "keyring" | "clock">,
  store: Store,
  { kind, activation, change }: MailRecord,
  { id, record }: IdentifiedAccount,
): Promise<Partial<Pick<Recipient, "does" | "userCode">> | null> {
  switch (kind) {
    case "password_nudge":
      return record.password.kind === "set" || record.blocked_at !== undefined ? null : {};
    case "activation": {
      const tv = activation === undefined ? null : (await store.get(ACTIVATION, [activation])).value;
      // The customer has decided meanwhile, or the code has ended.
      if (tv?.decision.is !== "pending" || clock.now() >= tv.ends_at) return null;
      return { does: { activation }, userCode: tv.user_code };
    }
    case "email_verification":
      return record.email_verified ? null : { does: { proves: record.email } };
    case "email_change": {
      if (change?.account_id !== id || change.epoch !== record.session_epoch) return null;
      // A taken address gets no link, and the customer who asked is told nothing of it.
      const { ofEmail } = await findOwners(store, keyring, { email: parseEmail(change.email) });
      return ofEmail === null ? { does: { change } } : null;
    }
    default:
      return {};
  }
}

function addressOf(stored: string): string {
  const email = parseEmail(stored);
  return email === null ? stored : deliveryAddress(email);
}

async function send(
  services: Services,
  { record, target, signal }: {
    readonly record: MailRecord;
    readonly target: Recipient;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { transport } = services;
  if (transport === null) throw new MailDelayedError("No MAIL_URL is set");
  const written = await write(services, record, target);
  await transport({ id: record.id, to: target.to, ...written }, signal);
}

/** Writes the text of a mail. */
async function write(
  { config: { appName, publicUrl, brand } }: Pick<Services, "config">,
  { kind }: MailRecord,
  { link, language, userCode }: Pick<Recipient, "link" | "language" | "userCode">,
): Promise<WrittenMail> {
  const { writeMail } = await import("./messages.ts");
  const token = link === null ? "" : formatLinkToken(link);
  return writeMail(kind, { appName, publicUrl, brand, token, language, userCode });
}

/** Ends the earlier link, also when a newer mail has replaced this one meanwhile. */
async function endEarlierLink({ db }: Services, { link }: Recipient): Promise<void> {
  if (link === null) return;
  using store = db.within(STORAGE_DEADLINE_MS, "started");
  await replaceEarlierLink(store, link, link.purpose);
}
