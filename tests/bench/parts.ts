/**
 * The parts of a sign-in that need neither database nor network.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { parseEmail } from "../../lib/base/email.ts";
import { newId, newSecret } from "../../lib/base/ids.ts";
import { createLog } from "../../lib/base/log.ts";
import { hashSecret, Keyring } from "../../lib/kv/keyring.ts";
import { amazonSignInSchema } from "../../routes/openapi/sign_in_schemas.ts";

const keyring = new Keyring([{ id: "bench", secret: new Uint8Array(32) }]);
const record = JSON.stringify({ v: 1, email: "customer@example.com", filler: "x".repeat(200) });
const sealed = keyring.seal(record, "account/acc_bench");
const log = createLog({ level: "info", clock: { now: () => 0 }, write: () => {} });
const body = { code: "SplxlOBezQQYbYS6WxSbIA", device: { name: "Living room", model: "AFTKM" } };
const secret = "x".repeat(43);

/** Does each part once. */
export const PARTS: Readonly<Record<string, () => unknown>> = {
  "check a body": () => amazonSignInSchema.parse(body),
  "seal a record": () => keyring.seal(record, "account/acc_bench"),
  "open a record": () => keyring.open(sealed, "account/acc_bench"),
  "index a value": () => keyring.blindIndexes("email", "customer@example.com"),
  "derive a secret": () => keyring.deriveSecret("bench", "session", [secret, secret]),
  "hash a secret": () => hashSecret(secret),
  "make an id": () => newId(0),
  "make a secret": () => newSecret(),
  "read an email address": () => parseEmail("customer@example.com"),
  "log an entry": () => log("info", "request", { request_id: "x".repeat(36), status: 201, ms: 4 }),
};

const TIMES = 100;
const ROUNDS = 400;

/**
 * Measures each part, as a multiple of one bare SHA-256. The fastest of its rounds counts: other work of the machine
 * makes a round slower, and never faster.
 */
export function partTimes(): Record<string, number> {
  const bare = () => createHash("sha256").update(secret).digest("base64url");
  const fastest = new Map<() => unknown, number>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const part of [bare, ...Object.values(PARTS)]) {
      fastest.set(part, Math.min(fastest.get(part) ?? Infinity, timeOf(part)));
    }
  }
  const timeOfBare = fastest.get(bare) ?? NaN;
  return Object.fromEntries(
    Object.entries(PARTS).map(([name, part]) => [name, (fastest.get(part) ?? NaN) / timeOfBare]),
  );
}

function timeOf(part: () => unknown): number {
  const start = performance.now();
  for (let i = 0; i < TIMES; i++) part();
  return performance.now() - start;
}
