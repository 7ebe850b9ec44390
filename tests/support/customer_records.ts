/**
 * Searches the whole database for data of a customer.
 *
 * @module
 */
import { parseEmail } from "../../lib/base/email.ts";
import { hashSecret, type Keyring } from "../../lib/kv/keyring.ts";
import { SCOPES } from "../../lib/limits/scopes.ts";
import { findSecrets, type Secret } from "./secret_scan.ts";

/** A code that a device of the customer sent, with its `Idempotency-Key` if it had one. */
export interface SentCode {
  readonly code: string;
  readonly key?: string;
}

/** All that a service was told about a customer, and the ids that it gave the customer. */
export interface Customer {
  readonly accountId: string;
  readonly sessionIds: readonly string[];
  readonly email: string;
  /** Further texts to search for, such as the name, the postal code or Amazon's `user_id`, by what they are. */
  readonly texts: Readonly<Record<string, string>>;
  readonly codes: readonly SentCode[];
}

/**
 * Searches all keys and values for data of a customer. Sealed values are opened with the key ring, and with the codes and
 * idempotency keys of the customer.
 *
 * @returns "kind: what was found" for each find. A sealed value that cannot be opened is a find, too.
 */
export async function findCustomerRecords(
  kv: Deno.Kv,
  keyring: Keyring,
  customer: Customer,
): Promise<string[]> {
  const wanted = textsToFind(keyring, customer);
  const found: string[] = [];
  for await (const { key, value } of kv.list({ prefix: [] })) {
    const place = key.join("/");
    const texts = [JSON.stringify(key), ...textsOf(place, value, { keyring, codes: customer.codes })];
    found.push(...findSecrets(texts.join("\n"), wanted).map((what) => `${String(key[0])}: ${what}`));
    if (value instanceof Uint8Array && texts.length < 3) found.push(`${String(key[0])}: does not open`);
  }
  return [...new Set(found)];
}

function textsToFind(
  keyring: Keyring,
  { accountId, sessionIds, email, texts, codes }: Customer,
): Secret[] {
  const canonical = parseEmail(email)?.canonical ?? email;
  const indexed = [
    ["email", canonical],
    ["amazon_user", texts.user_id ?? ""],
    ...Object.values(texts).map((text) => ["receipt", text]),
    ...Object.keys(SCOPES).flatMap((scope) => [canonical, accountId].map((name) => [`tries/${scope}`, name])),
  ];
  return [
    { name: "account id", text: accountId.slice("acc_".length) },
    ...sessionIds.map((id) => ({ name: "session id", text: id.slice("ses_".length) })),
    { name: "email", text: email },
    { name: "canonical email", text: canonical },
    ...Object.entries(texts).map(([name, text]) => ({ name, text })),
    ...codes.map(({ code }) => ({ name: "hash of a code", text: hashSecret(code) })),
    ...indexed.flatMap(([kind = "", value = ""]) =>
      keyring.blindIndexes(kind, value).map((text) => ({ name: `HMAC as ${kind}`, text }))
    ),
  ];
}

/** Returns a value as JSON with the bytes that it holds, and then every text that opens from these bytes. */
function textsOf(
  place: string,
  value: unknown,
  { keyring, codes }: { readonly keyring: Keyring; readonly codes: readonly SentCode[] },
): string[] {
  const opened: string[] = [];
  const open = (_: string, part: unknown) => {
    if (!(part instanceof Uint8Array)) return part;
    const proofs = codes.map(({ code, key }) => `${code.length}:${code}${key}`);
    for (const proof of [undefined, ...proofs]) {
      for (const end of ["", "/token", "/answer"]) {
        try {
          opened.push(keyring.open(part, `${place}${end}`, proof));
        } catch { /* The bytes are sealed for another place, or with another proof. */ }
      }
    }
    return new TextDecoder("latin1").decode(part);
  };
  return [JSON.stringify(value, open), ...opened];
}
