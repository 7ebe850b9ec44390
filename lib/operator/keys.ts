/**
 * Runs `deno task keys`: makes new keys and secrets to copy into the environment.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { main } from "./program.ts";
import { type Program } from "./command.ts";

/** The program. */
export const KEYS: Program = {
  name: "deno task keys",
  does: "Make a new entry for DATA_KEYS, a key for SIGNING_KEYS, and a WEBHOOK_SECRET.",
  commands: [{
    name: "",
    args: "",
    does: "Make a new entry for DATA_KEYS, a key for SIGNING_KEYS, and a WEBHOOK_SECRET",
    more:
      "Nothing is stored. Add a new data key behind the others on every instance, and then move it to the front.",
    async run() {
      const second = new Date().toISOString().slice(0, 19).replaceAll(/\D/g, "");
      const made = {
        DATA_KEYS: `k${second}:${randomBytes(32).toString("base64")}`,
        SIGNING_KEYS: JSON.stringify([await newSigningKey(`s${second}`)]),
        WEBHOOK_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
      };
      // The quotes keep those of the JSON, in a shell and in a file for --env-file.
      const quoted = { ...made, SIGNING_KEYS: `'${made.SIGNING_KEYS}'` };
      return { json: made, text: Object.entries(quoted).map(([name, value]) => `${name}=${value}`) };
    },
  }],
};

/** Makes a private Ed25519 key as a JWK. */
async function newSigningKey(kid: string): Promise<Record<string, unknown>> {
  const { privateKey } = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const { kty, crv, x, d } = await crypto.subtle.exportKey("jwk", privateKey);
  return { kty, crv, kid, alg: "EdDSA", use: "sig", x, d };
}

if (import.meta.main) await main(KEYS);
