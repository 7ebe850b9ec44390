/**
 * The blind indexes: which records are found by one, and under which keys. The index of another key of the ring leads to
 * other keys of the database, so a rotation moves what is stored there.
 *
 * Counted tries are left out: only the first key finds them, and each is forgotten within a day or so.
 *
 * @module
 */
import { parseEmail } from "../../base/email.ts";
import { checkKey } from "../../kv/receipt_checks.ts";
import {
  ACCOUNT,
  type AccountRecord,
  ACTIVATION,
  type ActivationRecord,
  AMAZON_USER,
  EMAIL,
  ENTITLEMENT,
  type EntitlementRecord,
  MAIL,
  type MailRecord,
  PARKED_RECEIPT,
  type ParkedReceiptRecord,
  RECEIPT,
  type RecordType,
  USER_CODE,
} from "../../kv/schema.ts";
import { taskKey } from "../../kv/tasks.ts";
import { readUserCode } from "../../sign_in/user_code.ts";

/** A record that knows a value which has a blind index. */
export interface Indexed<T> {
  /** The type of the record. */
  readonly type: RecordType<T>;
  /** The kind of the index, as `Keyring.blindIndexes` takes it. */
  readonly index: string;
  /** Returns the value; null when the record has none. */
  readonly valueOf: (record: T) => string | null;
  /** Returns the keys of the database that have the index in them: the record's own key, pointers to it, tasks. */
  readonly keysOf: (record: T, key: readonly string[], index: string) => (readonly string[])[];
  /** Whether the record is lost when no key of the ring finds it. */
  readonly required: boolean;
}

/** Every record that has a blind index. */
// deno-lint-ignore no-explicit-any -- each entry has a type of record of its own
export const INDEXED: readonly Indexed<any>[] = [
  {
    type: ACCOUNT,
    index: "email",
    valueOf: ({ email }) => parseEmail(email)?.canonical ?? null,
    keysOf: (_, __, index) => [[EMAIL.kind, index]],
    required: true,
  } satisfies Indexed<AccountRecord>,
  {
    type: ACCOUNT,
    index: "amazon_user",
    valueOf: ({ amazon_user_id }) => amazon_user_id,
    keysOf: (_, __, index) => [[AMAZON_USER.kind, index]],
    required: true,
  } satisfies Indexed<AccountRecord>,
  {
    type: MAIL,
    index: "email",
    valueOf: ({ email }) => parseEmail(email)?.canonical ?? null,
    keysOf: ({ due_at }, [kind = "", , ...slot], index) => [
      [kind, index, ...slot],
      taskKey({ name: "mail", ids: [index, ...slot] }, due_at),
    ],
    required: false,
  } satisfies Indexed<MailRecord>,
  {
    type: ACTIVATION,
    index: "user_code",
    valueOf: ({ user_code }) => readUserCode(user_code),
    keysOf: (_, __, index) => [[USER_CODE.kind, index]],
    required: false,
  } satisfies Indexed<ActivationRecord>,
  {
    type: ENTITLEMENT,
    index: "receipt",
    valueOf: ({ receipt_id }) => receipt_id,
    keysOf: ({ check }, [kind = "", accountId = ""], index) => [
      [kind, accountId, index],
      [RECEIPT.kind, index],
      ...(check === null ? [] : [checkKey({ name: "entitlement", ids: [accountId, index] }, check)]),
    ],
    required: false,
  } satisfies Indexed<EntitlementRecord>,
  {
    type: PARKED_RECEIPT,
    index: "receipt",
    valueOf: ({ receipt_id }) => receipt_id,
    keysOf: ({ check }, [kind = ""], index) => [
      [kind, index],
      ...(check === null ? [] : [checkKey({ name: "parked", ids: [index] }, check)]),
    ],
    required: false,
  } satisfies Indexed<ParkedReceiptRecord>,
];
