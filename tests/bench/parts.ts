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
import { amazonSignInSchema } from "../../routes/openapi/schemas.ts";
import { median } from "./measure.ts";

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

const TIMES = 2000;
const ROUNDS = 15;

/** Measures each part, as a multiple of one bare SHA-256 of the same round: the median of the rounds. */
export function partTimes(): Record<string, number> {
  const bare = () => createHash("sha256").update(secret).digest("base64url");
  const times = new Map<string, number[]>(Object.keys(PARTS).map((name) => [name, []]));
  for (let round = -ROUNDS; round < ROUNDS; round++) {
    for (const [name, part] of Object.entries(PARTS)) {
      const ratio = timeOf(part) / timeOf(bare);
      // The first rounds let the engine compile the parts.
      if (round >= 0) times.get(name)?.push(ratio);
    }
  }
  return Object.fromEntries(Array.from(times, ([name, own]) => [name, median(own)]));
}

function timeOf(part: () => unknown): number {
  const start = performance.now();
  for (let i = 0; i < TIMES; i++) part();
  return performance.now() - start;
}
