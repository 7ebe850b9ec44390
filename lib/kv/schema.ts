/**
 * The data model: every key of the database, the record under it, how long the record lives, and whether it is sealed.
 *
 * | key | value | lives |
 * |---|---|---|
 * | `account, account_id` | a customer's login account; sealed | until it is deleted |
 * | `amazon_user, HMAC(user_id)` | pointer to the account | as long as the account |
 * | `email, HMAC(canonical email)` | pointer to the account | as long as the account |
 * | `session, account_id, session_id` | a signed-in device; sealed | `SESSION_TTL_DAYS`, sliding |
 * | `session, account_id, event_id` | events of one commit, beside the sessions of the account; sealed | `EVENT_RETENTION_DAYS` |
 * | `tries, HMAC(scope/account or client address)` | the number of tries that count, and the end of the wait | 15 minutes to 4 hours, and a day; 30 days when it remembers a success |
 * | `exchange, SHA-256(code)` | which request works on a code | 1 hour after its lease |
 * | `exchange, SHA-256(code), "token"` | how far the code is: Amazon's access token, then the ids of what the code led to; sealed | 10 minutes; 1 hour |
 * | `refresh_token, account_id` | Amazon's refresh token, with `AMAZON_KEEP_REFRESH_TOKEN`; sealed | as long as the link with Amazon |
 * | `link_ticket, account_id, SHA-256(ticket)` | the Amazon customer that may be linked to the account, and the session that the ticket led to; sealed | 15 minutes, and 10 from its use |
 * | `ended, SHA-256(session or link)` | that a request has ended a session, an account or a link | 10 minutes |
 * | `sign_up, SHA-256(Idempotency-Key)` | the ids of what a sign-up led to | 10 minutes |
 * | `activation, SHA-256(page token)` | a TV that is signed in from a phone, and what the customer decided; sealed | 15 minutes after it has ended, 10 minutes after its answer |
 * | `user_code, HMAC(user code)` | pointer to an activation, by the code that its TV shows; sealed | 30 minutes |
 * | `mail, HMAC(canonical email), slot` | a mail that waits to be sent, with its link; sealed | until it is delivered, at most 3 days |
 * | `webhook, account_id, event_id` | an event that waits to be posted to the app's back end; sealed | until it is taken, at most 3 days |
 * | `mailed_link, account_id, purpose, "sealed"` | the hash of the valid mailed link, and what its use led to; sealed | 1 hour or 7 days |
 * | `mailed_link, account_id, purpose, "sealed", "sending"` | the hash of the next link. It is valid beside the first one while its mail is being sent; sealed | 1 hour or 7 days |
 * | `receipt, HMAC(receipt_id)` | pointer to the account that the receipt is bound to | as long as the entitlement |
 * | `entitlement, account_id, HMAC(receipt_id)` | a purchase of the account, as RVS last told; sealed | until 90 days after its end; a claim that was never verified for 30 days |
 * | `parked_receipt, HMAC(receipt_id)` | a purchase that no account has; sealed | 30 days after its last notification |
 * | `notification, SHA-256(MessageId)` | a notification that Amazon has sent; sealed | 30 days |
 * | `receipt_check, lane, due, name, …ids` | a receipt or notification about which RVS is to be asked at a time | until done |
 * | `receipt_runner` | which instance asks RVS at the moment, and from when on it may ask next | for ever; one record |
 * | `task, due, name, …ids` | work that is due at a time: a mail to send, a customer to ask, a deletion to go on with | until done |
 * | `data_key, key_id` | bytes that only the data key of that id opens: the sign that it has sealed something here | until nothing needs the key |
 *
 * A record counts as absent from its `expires_at` on; the database removes it some time later. `v` is the version of the
 * record's shape. A record of an earlier version is migrated when it is read, one of an unknown version is refused:
 * nothing is guessed. A field that this version does not know is kept. The schemas are exported because the
 * types of the records are made from them; no other code uses them.
 *
 * @module
 */
import { z } from "zod";
import { later, object, record, type Schema, type ShapeOf } from "./later_schema.ts";

/** A type of record. */
export interface RecordType<T> {
  /** The first part of the record's keys. */
  readonly kind: string;
  /** Whether the whole record is sealed for its key. */
  readonly sealed: boolean;
  /**
   * Whether a value that was read again proves that its commit took effect, as no other commit writes an equal one. A
   * sealed record is distinct by its nonce, unless this says otherwise.
   */
  readonly distinct?: boolean;
  /**
   * How the id after the account begins, when records of another type stand beside these. A list of the records of one
   * account holds only those whose id begins so.
   */
  readonly idPrefix?: string;
  /** Checks the shape of a stored value. */
  readonly schema: Schema<T>;
  /** Is read with each check of a token, so it is remembered as it is when it is opened: see `opened_records.ts`. */
  readonly often?: true;
  /**
   * How records of earlier versions are read: by the `v` of a stored record, the function that makes the next version of
   * it. A record runs through as many as it needs.
   */
  readonly migrations?: Readonly<Record<number, (stored: Readonly<Record<string, unknown>>) => unknown>>;
  /**
   * Makes the earlier version of a record that is to be written. A release has it while instances still run that cannot
   * read the new version.
   */
  writeAs?(record: T): unknown;
}

/** @internal */
export const deviceSchema = record(() => ({
  name: z.string().max(128).optional(),
  model: z.string().max(128).optional(),
  platform: z.string().max(128).optional(),
  language: z.string().max(128).optional(),
}));

/** A device, as it described itself at sign-in. Each field has at most 128 characters. */
export type Device = ShapeOf<typeof deviceSchema>;

/** The names of the fields of a {@linkcode Device}. */
export const DEVICE_FIELDS: ReadonlySet<string> = new Set(Object.keys(deviceSchema.made.shape));

const v = z.literal(1);
const milliseconds = z.int().nonnegative();

/** @internal */
export const accountSchema = record(() => ({
  v,
  email: z.string(),
  email_verified: z.boolean(),
  name: z.string().nullable(),
  postal_code: z.string().nullable(),
  amazon_user_id: z.string().nullable(),
  password: z.discriminatedUnion("kind", [
    /** The customer has not set a password, so no password signs in. */
    object({
      kind: z.literal("temporary"),
      /** Always empty. Earlier versions of the service kept a hash here, and cannot read an account without it. */
      sha256: z.string().default(""),
      /** When the customer is asked by mail to choose a password, in milliseconds since the epoch. Absent: never. */
      nudge_at: milliseconds.optional(),
    }),
    /** The hash of the customer's own password, as a PHC string. */
    object({ kind: z.literal("set"), phc: z.string() }),
  ]),
  /**
   * The fields that the customer has edited: a new profile of Amazon leaves them as they are. Absent: all, since it is not
   * known.
   */
  edited: z.array(z.enum(["name", "postal_code"])).optional(),
  /** A session of an earlier epoch is revoked. So one write signs every device out. */
  session_epoch: z.int().nonnegative(),
  /** Present when the account has so many sessions that a sign-in has to count them. */
  crowded: z.literal(true).optional(),
  /** The language of the device that signed in last and told one, as a BCP 47 tag. Mails are written in it. */
  language: z.string().optional(),
  /** When the operator has blocked the account. Absent: it is not blocked. */
  blocked_at: milliseconds.optional(),
  created_at: milliseconds,
}));

/** A stored account. */
export type AccountRecord = ShapeOf<typeof accountSchema>;

/** `account, account_id` */
export const ACCOUNT: RecordType<AccountRecord> = {
  kind: "account",
  sealed: true,
  often: true,
  schema: accountSchema,
};

/** @internal */
export const pointerSchema = record(() => ({ v, account_id: z.string() }));

/** A stored index: a pointer to an account. */
export type PointerRecord = ShapeOf<typeof pointerSchema>;

/** `amazon_user, HMAC(user_id)` */
export const AMAZON_USER: RecordType<PointerRecord> = {
  kind: "amazon_user",
  sealed: false,
  schema: pointerSchema,
};

/** `email, HMAC(canonical email)` */
export const EMAIL: RecordType<PointerRecord> = { kind: "email", sealed: false, schema: pointerSchema };

/** @internal */
export const sessionSchema = record(() => ({
  v,
  /** SHA-256 of the secret part of the session token. */
  secret_hash: z.string(),
  epoch: z.int().nonnegative(),
  created_at: milliseconds,
  last_used_at: milliseconds,
  expires_at: milliseconds,
  device: deviceSchema.made,
  /** SHA-256 of the Appstore's code that the session came from. The code's record names the session, and goes with it. */
  code_hash: z.string().optional(),
  /** SHA-256 of the `Idempotency-Key` of the sign-up that the session came from. Its record goes with the session too. */
  sign_up_hash: z.string().optional(),
  /** The name of the Amazon client that the device's app has. Absent: the first one. */
  app: z.string().optional(),
  /**
   * When the customer last gave the account's password in this session, or used a link that was mailed to them to get it, in
   * milliseconds since the epoch. Absent: never, or a version before did not note it.
   */
  proved_at: milliseconds.optional(),
}));

/** A stored session. */
export type SessionRecord = ShapeOf<typeof sessionSchema>;

/** `session, account_id, session_id` */
export const SESSION: RecordType<SessionRecord> = {
  kind: "session",
  sealed: true,
  often: true,
  idPrefix: "ses_",
  schema: sessionSchema,
};

/** The types of events. */
export const EVENT_TYPES = [
  "account.created",
  "account.linked",
  "account.unlinked",
  "account.updated",
  "account.email_changed",
  "account.password_set",
  "account.deleted",
  "account.exported",
  "account.blocked",
  "account.unblocked",
  "session.created",
  "session.revoked",
  "entitlement.changed",
  "purchase.unfulfilled",
  "purchase.unclaimed",
] as const;

/** The ways in which a session comes to be. */
export const SIGN_IN_METHODS = ["one_click", "password", "receipt", "activation", "sign_up"] as const;

/** @internal */
export const eventSchema = record(() => ({
  type: z.enum(EVENT_TYPES),
  session_id: z.string().optional(),
  method: z.enum(SIGN_IN_METHODS).optional(),
  sku: z.string().optional(),
  state: z.string().optional(),
  device: deviceSchema.made.optional(),
}));

/** @internal */
export const eventsSchema = record(() => ({
  v,
  /** When the commit was made. */
  at: milliseconds,
  /** What the commit did, in its order. Their ids are that of the record with a number at the end. */
  events: z.array(eventSchema.made),
  expires_at: milliseconds,
}));

/** What one commit did to an account. */
export type EventsRecord = ShapeOf<typeof eventsSchema>;

/**
 * `session, account_id, event_id`: beside the sessions of the account, so a local database writes both into one page. One
 * record holds all events of one commit, so a new customer costs one write unit more and not two.
 */
export const EVENTS: RecordType<EventsRecord> = {
  kind: "session",
  sealed: true,
  // A commit with events has other records that prove it. Those are read again first.
  distinct: false,
  idPrefix: "evt_",
  schema: eventsSchema,
};

/** @internal */
export const triesSchema = record(() => ({
  v,
  /** Tries in this window, less those that were taken back. */
  failures: z.int().nonnegative(),
  /** Tries in this window and in the windows before that still count. */
  in_a_row: z.int().nonnegative(),
  window_ends_at: milliseconds,
  /** Present when the customer has signed in to the account from the address before. */
  known: z.literal(true).optional(),
  /** When the last try was counted. */
  counted_at: milliseconds.optional(),
  /** In the count of an account: tries from one address that were counted before do not count any more. */
  forgives_before: milliseconds.optional(),
  expires_at: milliseconds,
}));

/** Stored tries. */
export type TriesRecord = ShapeOf<typeof triesSchema>;

/** `tries, HMAC(scope/account or client address)` */
export const TRIES: RecordType<TriesRecord> = { kind: "tries", sealed: false, schema: triesSchema };

const bytes = z.instanceof(Uint8Array<ArrayBuffer>);
const claim = () => ({
  v,
  /** Random id of the request that holds the claim. */
  claim_id: z.string(),
  /** Hash over the code and `Idempotency-Key` of the request that claimed. Null without a key. */
  requester: z.string().nullable(),
  expires_at: milliseconds,
});
/** What is kept of a sign-in, so that the same request can be answered again. It does not give the token away. */
const repeatable = () => ({
  account_id: z.string(),
  session_id: z.string(),
  /** Whether the sign-in created the account. */
  created: z.boolean(),
  /** The data key from which the secret of the session was derived. */
  key_id: z.string(),
});

/** @internal */
export const repeatableSchema = record(repeatable);

/** A sign-in that can be answered again. */
export type RepeatableSignIn = ShapeOf<typeof repeatableSchema>;

/** @internal */
export const codeResultSchema = later(() =>
  z.discriminatedUnion("outcome", [
    object({ outcome: z.literal("signed_in"), ...repeatable() }),
    /** The ticket was derived from this data key. */
    object({ outcome: z.literal("link_required"), account_id: z.string(), key_id: z.string() }),
  ])
);

/** What a code led to. */
export type CodeResult = ShapeOf<typeof codeResultSchema>;

/** @internal */
export const exchangeSchema = later(() =>
  z.discriminatedUnion("state", [
    /** A request works on the code until `lease_until`. The record outlives what can be stored of the code's progress. */
    object({ ...claim(), state: z.literal("claimed"), lease_until: milliseconds }),
    /** A code that an earlier version has ended. This version reads it, and writes the end into {@linkcode CODE_PROGRESS}. */
    object({
      ...claim(),
      state: z.literal("done"),
      /** The answer, sealed by a version that stored it; null when the version stored `result`. */
      answer: bytes.nullable(),
      answer_until: milliseconds,
      /** Absent when the request had no `Idempotency-Key`. */
      result: codeResultSchema.made.optional(),
    }),
  ])
);

/** The stored claim of a code. */
export type ExchangeRecord = ShapeOf<typeof exchangeSchema>;

/** `exchange, SHA-256(code)` */
export const EXCHANGE: RecordType<ExchangeRecord> = {
  kind: "exchange",
  sealed: false,
  distinct: true,
  schema: exchangeSchema,
};

/** @internal */
export const keptTokenSchema = record(() => ({
  v,
  token: z.string().min(1),
  /** Amazon's refresh token, when the operator keeps them. */
  refresh_token: z.string().optional(),
  expires_at: milliseconds,
}));

/** A stored access token of Amazon. */
export type KeptTokenRecord = ShapeOf<typeof keptTokenSchema>;

/** @internal */
export const doneCodeSchema = record(() => ({
  v,
  /**
   * Always empty. The version before takes each record under this key for a token. With an empty one, Amazon refuses it
   * the profile, and the device gets a new code. Without one it could not read the record, and the device would ask in
   * vain.
   */
  token: z.literal(""),
  /** Null when the request had no `Idempotency-Key`: then the answer cannot be asked for again. */
  result: codeResultSchema.made.nullable(),
  /** Until when the same requester may get the answer again. */
  answer_until: milliseconds,
  expires_at: milliseconds,
}));

/** What is stored of a code that is done. */
export type DoneCodeRecord = ShapeOf<typeof doneCodeSchema>;

/** @internal */
export const codeProgressSchema = later(() => z.union([doneCodeSchema.made, keptTokenSchema.made]));

/** How far a code is, after Amazon gave a token for it. */
export type CodeProgressRecord = KeptTokenRecord | DoneCodeRecord;

/**
 * `exchange, SHA-256(code), "token"`: beside the claim, so a local database writes both into one page. It holds the token
 * that Amazon gave. What the code led to overwrites the token, so that no delete is paid for.
 */
export const CODE_PROGRESS: RecordType<CodeProgressRecord> = {
  kind: "exchange",
  sealed: true,
  schema: codeProgressSchema,
};

/** @internal */
export const ticketOutcomeSchema = later(() => z.enum(["linked", "kept"]));

/** Whether a ticket linked its account, or account and Amazon customer kept the links that they had. */
export type TicketOutcome = ShapeOf<typeof ticketOutcomeSchema>;

/** @internal */
export const signUpSchema = record(() => ({
  v,
  ...repeatable(),
  /** What became of the ticket of the sign-up, if it had one. */
  link: ticketOutcomeSchema.made.optional(),
  expires_at: milliseconds,
}));

/** A stored sign-up that can be answered again. */
export type SignUpRecord = ShapeOf<typeof signUpSchema>;

/** `sign_up, SHA-256(Idempotency-Key)` */
export const SIGN_UP: RecordType<SignUpRecord> = {
  kind: "sign_up",
  sealed: false,
  distinct: true,
  schema: signUpSchema,
};

/** @internal */
export const endedBySchema = later(() => z.enum(["sign_out", "sign_out_everywhere", "account_deletion"]));

/** The kind of request that ended something. */
export type EndedBy = ShapeOf<typeof endedBySchema>;

/** @internal */
export const endedSchema = record(() => ({ v, by: endedBySchema.made, expires_at: milliseconds }));

/** What is stored of something that a request has ended. */
export type EndedRecord = ShapeOf<typeof endedSchema>;

/** `ended, SHA-256(session or link)` */
export const ENDED: RecordType<EndedRecord> = { kind: "ended", sealed: false, schema: endedSchema };

/** @internal */
export const usedTicketSchema = record(() => ({
  ...repeatable(),
  link: ticketOutcomeSchema.made,
  replay_until: milliseconds,
}));

/** The use of a ticket. The same request gets the same session again until `replay_until`. */
export type UsedTicket = ShapeOf<typeof usedTicketSchema>;

/** @internal */
export const refreshTokenSchema = record(() => ({
  v,
  /** Amazon's refresh token. */
  token: z.string(),
  /** The customer whose it is. An account that has another one since does not use it. */
  amazon_user_id: z.string(),
  /** The name of the Amazon client that it was given to. */
  app: z.string(),
}));

/** A stored refresh token of Amazon. */
export type RefreshTokenRecord = ShapeOf<typeof refreshTokenSchema>;

/** `refresh_token, account_id` */
export const REFRESH_TOKEN: RecordType<RefreshTokenRecord> = {
  kind: "refresh_token",
  sealed: true,
  schema: refreshTokenSchema,
};

/** @internal */
export const linkTicketSchema = record(() => ({
  v,
  amazon_user_id: z.string(),
  expires_at: milliseconds,
  /** Absent until the ticket is used. */
  used: usedTicketSchema.made.optional(),
  /** SHA-256 of the Appstore's code that the ticket came from. The code's record names the account, and goes with it. */
  code_hash: z.string().optional(),
}));

/** A stored link ticket. */
export type LinkTicketRecord = ShapeOf<typeof linkTicketSchema>;

/** `link_ticket, account_id, SHA-256(ticket)`. The id is all zeros while the ticket is for any account. */
export const LINK_TICKET: RecordType<LinkTicketRecord> = {
  kind: "link_ticket",
  sealed: true,
  schema: linkTicketSchema,
};

/** @internal */
export const activationSchema = record(() => ({
  v,
  /** The code that the TV shows, with its hyphen. */
  user_code: z.string(),
  device: deviceSchema.made,
  /** What the sign-up form is filled in with. */
  prefill: object({ name: z.string().optional(), postal_code: z.string().optional() }),
  /** The Amazon customer that the approval links, with the ids of the ticket that proved it. Absent without a ticket. */
  ticket: object({ amazon_user_id: z.string(), ids: z.array(z.string()) }).optional(),
  /** Passwords that were tried. Each one counts from before it is checked. */
  tries: z.int().nonnegative(),
  /** From here on nobody can approve or deny, in milliseconds since the epoch. */
  ends_at: milliseconds,
  decision: z.discriminatedUnion("is", [
    object({ is: z.literal("pending") }),
    object({ is: z.literal("denied") }),
    object({
      is: z.literal("approved"),
      account_id: z.string(),
      /** Whether the account was made on the phone. */
      created: z.boolean(),
      /** What became of the ticket, if there was one. */
      link: ticketOutcomeSchema.made.optional(),
      /** The account's epoch at the approval. A revocation of all sessions ends the approval too. */
      epoch: z.int().nonnegative(),
      /** When the customer gave the password or used the mailed link. Absent: a version before did not note it. */
      proved_at: milliseconds.optional(),
      /** Until when the TV gets its answer, in milliseconds since the epoch. */
      until: milliseconds,
      /** The session that the TV got; null until the TV has asked. */
      answer: repeatableSchema.made.nullable(),
    }),
  ]),
  expires_at: milliseconds,
}));

/** A stored activation. */
export type ActivationRecord = ShapeOf<typeof activationSchema>;

/**
 * `activation, SHA-256(page token)`. The page token is itself a hash, of the device code: who reads the database can
 * neither poll nor open the page.
 */
export const ACTIVATION: RecordType<ActivationRecord> = {
  kind: "activation",
  sealed: true,
  schema: activationSchema,
};

/** @internal */
export const userCodeSchema = record(() => ({ v, page_token: z.string(), expires_at: milliseconds }));

/** A stored user code. */
export type UserCodeRecord = ShapeOf<typeof userCodeSchema>;

/** `user_code, HMAC(user code)` */
export const USER_CODE: RecordType<UserCodeRecord> = {
  kind: "user_code",
  sealed: true,
  schema: userCodeSchema,
};

/** What each record that waits in the outbox has. */
const waiting = () => ({
  v,
  created_at: milliseconds,
  /** The due time of the one task that may send it, in milliseconds since the epoch. */
  due_at: milliseconds,
  /** The attempts that were begun. Absent before the first one. */
  tries: z.int().positive().optional(),
  /** Why the last attempt failed: one of our own sentences. */
  detail: z.string().optional(),
});

/** @internal */
export const emailChangeSchema = record(() => ({
  /** The account that asked. Another one can have its email by now. */
  account_id: z.string(),
  /** The new email, as it was typed. */
  email: z.string(),
  /** The session that asked. It stays signed in. */
  session_id: z.string(),
  /** The epoch of the account then. Who signs everybody out, or sets a password, ends the change too. */
  epoch: z.int().nonnegative(),
}));

/** @internal */
export const mailSchema = record(() => ({
  ...waiting(),
  /** The id of the mail, in its `Message-ID` and in the log. */
  id: z.string(),
  kind: z.enum([
    "password_nudge",
    "password_reset",
    "account_deletion",
    "account_deleted",
    "activation",
    "email_change",
    "email_change_notice",
    "email_verification",
    "password_changed",
    "amazon_linked",
    "amazon_unlinked",
  ]),
  /**
   * The email whose account gets the mail. A mail without a link goes to this email itself, and an `email_change` mail to
   * the new email.
   */
  email: z.string(),
  /** The language of the mail as a BCP 47 tag, when the account has none of its own or is gone. */
  language: z.string().optional(),
  /** The secret part of the mail's link. */
  secret: z.string(),
  /** The id of the activation that the link of an `activation` mail approves. */
  activation: z.string().optional(),
  /** What the link of an `email_change` mail does. */
  change: emailChangeSchema.made.optional(),
}));

/** A change of email that was asked for. */
export type EmailChange = ShapeOf<typeof emailChangeSchema>;

/** A stored mail. */
export type MailRecord = ShapeOf<typeof mailSchema>;

/** `mail, HMAC(canonical email), slot`: a newer mail replaces the one that waits in its slot. */
export const MAIL: RecordType<MailRecord> = { kind: "mail", sealed: true, schema: mailSchema };

/** @internal */
export const webhookSchema = record(() => ({
  ...waiting(),
  /** The id of the event. */
  id: z.string(),
  /** The body of the webhook: what happened, when, and what its type tells. */
  type: z.enum(EVENT_TYPES),
  at: milliseconds,
  data: z.record(z.string(), z.unknown()),
}));

/** A stored webhook. */
export type WebhookRecord = ShapeOf<typeof webhookSchema>;

/** `webhook, account_id, event_id`: an event of no account has `none` in the place of the account. */
export const WEBHOOK: RecordType<WebhookRecord> = {
  kind: "webhook",
  sealed: true,
  // As for the events themselves: another record of the commit proves it.
  distinct: false,
  schema: webhookSchema,
};

/** @internal */
export const mailedLinkSchema = record(() => ({
  v,
  /** SHA-256 of the secret part of the link. */
  secret_hash: z.string(),
  /** Whether the link was used. A used link only tells that it was used. */
  used: z.boolean(),
  /** The id of the activation that the link approves. */
  activation: z.string().optional(),
  /** The change of email that the link makes. */
  change: emailChangeSchema.made.optional(),
  /** The email that the link proves, when it changes none. */
  proves: z.string().optional(),
  /** The form that used the link. The same form gets the same page until `replay_until`. */
  use: object({
    /** A secret that was derived from the link and the fields of the form. */
    form: z.string(),
    key_id: z.string(),
    devices_stay: z.boolean(),
    amazon_linked: z.boolean(),
    replay_until: milliseconds,
  }).optional(),
  expires_at: milliseconds,
}));

/** A stored mailed link. */
export type MailedLinkRecord = ShapeOf<typeof mailedLinkSchema>;

/**
 * `mailed_link, account_id, purpose, "sealed"`. The link of a mail that is being sent stands under the same key with
 * `"sending"` after it, and replaces the earlier link when the mail was sent. It is sealed, so that nobody who can write to
 * the database makes a link. Earlier versions kept links in the clear, without `"sealed"` in the key: those are not read.
 */
export const MAILED_LINK: RecordType<MailedLinkRecord> = {
  kind: "mailed_link",
  sealed: true,
  schema: mailedLinkSchema,
};

/** @internal */
export const taskSchema = record(() => ({ v }));

/** A stored task. Its key says all. */
export type TaskRecord = ShapeOf<typeof taskSchema>;

/** `task, due, name, …ids` */
export const TASK: RecordType<TaskRecord> = { kind: "task", sealed: false, schema: taskSchema };

/** @internal */
export const dataKeySchema = record(() => ({
  v,
  /** A text that the key has sealed for this record. Null: it is not known yet whether the key of the ring is the one. */
  check: bytes.nullable(),
  created_at: milliseconds,
}));

/** The stored sign of a data key. */
export type DataKeyRecord = ShapeOf<typeof dataKeySchema>;

/** `data_key, key_id` */
export const DATA_KEY: RecordType<DataKeyRecord> = { kind: "data_key", sealed: false, schema: dataKeySchema };

/** @internal */
export const receiptPointerSchema = record(() => ({
  v,
  account_id: z.string(),
  /** The end of the entitlement's record. */
  expires_at: milliseconds.exactOptional(),
}));

/** A stored pointer from a receipt to its account. */
export type ReceiptPointerRecord = ShapeOf<typeof receiptPointerSchema>;

/** `receipt, HMAC(receipt_id)` */
export const RECEIPT: RecordType<ReceiptPointerRecord> = {
  kind: "receipt",
  sealed: false,
  schema: receiptPointerSchema,
};

const timeOrNull = milliseconds.nullable();

/** @internal */
export const purchaseSchema = record(() => ({
  sku: z.string(),
  term_sku: z.string().nullable(),
  product_type: z.string(),
  purchased_at: timeOrNull,
  renews_at: timeOrNull,
  cancels_at: timeOrNull,
  trial_ends_at: timeOrNull,
  grace_ends_at: timeOrNull,
  auto_renewing: z.boolean(),
  fulfilled: z.boolean(),
  quick_subscribe: z.boolean(),
  test: z.boolean(),
}));

/** @internal */
export const checkTimeSchema = record(() => ({ lane: z.enum(["soon", "routine"]), due: milliseconds }));

/** The place of a check in the queue: see `lib/kv/receipt_checks.ts`. */
export type CheckTime = ShapeOf<typeof checkTimeSchema>;

const receipt = () => ({
  v,
  receipt_id: z.string(),
  /** The Appstore user who has the receipt. */
  user_id: z.string(),
  /** The purchase as RVS last told. Null: RVS has not confirmed it yet, or has answered 410 from the start. */
  purchase: purchaseSchema.made.nullable(),
  /** Whether RVS has answered 410: the receipt is not valid any more. */
  gone: z.boolean(),
  /** When RVS last told. Null: never. */
  verified_at: timeOrNull,
  /** Checks that got no answer since RVS last told. */
  failures: z.int().nonnegative(),
  /** The check that waits. Null: RVS is not asked again. */
  check: checkTimeSchema.made.nullable(),
  /** The `timestamp` of the newest notification about the receipt. Absent: there was none. */
  notified_at: milliseconds.exactOptional(),
});

/** @internal */
export const entitlementSchema = record(() => ({
  ...receipt(),
  /** The name of the Amazon client whose shared secret is used. */
  app: z.string(),
  /** When the receipt was bound to the account. Null: a claim that is not verified, and binds nothing. */
  bound_at: timeOrNull,
  /** The state that the last event told. Null: none was told. */
  told_state: z.string().nullable(),
  /** Events that told of the missing fulfilment: 0 to 2. */
  warnings: z.int().nonnegative(),
  /** When the service itself last acknowledged the purchase. Absent: never. */
  acknowledged_at: milliseconds.exactOptional(),
  expires_at: milliseconds.exactOptional(),
}));

/** A stored entitlement. */
export type EntitlementRecord = ShapeOf<typeof entitlementSchema>;

/** `entitlement, account_id, HMAC(receipt_id)` */
export const ENTITLEMENT: RecordType<EntitlementRecord> = {
  kind: "entitlement",
  sealed: true,
  schema: entitlementSchema,
};

/** @internal */
export const parkedReceiptSchema = record(() => ({
  ...receipt(),
  notified_at: milliseconds,
  /** Whether an event has told that nobody claims the receipt. */
  told: z.boolean(),
  expires_at: milliseconds,
}));

/** A stored receipt that no account has. */
export type ParkedReceiptRecord = ShapeOf<typeof parkedReceiptSchema>;

/** `parked_receipt, HMAC(receipt_id)` */
export const PARKED_RECEIPT: RecordType<ParkedReceiptRecord> = {
  kind: "parked_receipt",
  sealed: true,
  schema: parkedReceiptSchema,
};

/** @internal */
export const notificationSchema = record(() => ({
  v,
  /** What is to be done. Null: it is done, and nothing of the message is kept. */
  notice: z.discriminatedUnion("is", [
    /** RVS is to be asked about these receipts. */
    object({
      is: z.literal("receipts"),
      receipt_ids: z.array(z.string()),
      user_id: z.string(),
      timestamp: milliseconds,
    }),
    /** The subscription is to be confirmed by this URL. */
    object({ is: z.literal("confirmation"), url: z.string(), tries: z.int().nonnegative() }),
  ]).nullable(),
  expires_at: milliseconds,
}));

/** A stored notification. */
export type NotificationRecord = ShapeOf<typeof notificationSchema>;

/** `notification, SHA-256(MessageId)` */
export const NOTIFICATION: RecordType<NotificationRecord> = {
  kind: "notification",
  sealed: true,
  schema: notificationSchema,
};

/** @internal */
export const receiptRunnerSchema = record(() => ({
  v,
  /** A random id of the instance that asks RVS. */
  holder: z.string(),
  /** When another instance may take its place, in milliseconds since the epoch. */
  lease_until: milliseconds,
  /** From when on RVS may be asked next, in milliseconds since the epoch. */
  next_at: milliseconds,
}));

/** A stored lease of the instance that asks RVS. */
export type ReceiptRunnerRecord = ShapeOf<typeof receiptRunnerSchema>;

/** `receipt_runner` */
export const RECEIPT_RUNNER: RecordType<ReceiptRunnerRecord> = {
  kind: "receipt_runner",
  sealed: false,
  distinct: true,
  schema: receiptRunnerSchema,
};

/** `receipt_check, lane, due, name, …ids` */
export const RECEIPT_CHECK: RecordType<TaskRecord> = {
  kind: "receipt_check",
  sealed: false,
  schema: taskSchema,
};
