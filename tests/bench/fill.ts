/**
 * Fills a database with accounts, their indexes and one session each, as sign-ins leave them, settled codes left out.
 * Arguments: the database file, how many. `DATA_KEYS` as for the service.
 *
 * @module
 */
import { newAccount, stageAccount } from "../../lib/accounts/accounts.ts";
import { systemClock as clock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { Transaction } from "../../lib/kv/database.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { stageSession } from "../../lib/sessions/sessions.ts";

const [path, count] = Deno.args;
const { dataKeys, sessionTtlMs } = parseConfig(Deno.env.toObject());
const keyring = new Keyring(dataKeys);
const kv = await Deno.openKv(path);

for (let i = 0; i < Number(count); i += 90) {
  const tx = new Transaction(keyring, clock.now());
  for (let n = i; n < Math.min(i + 90, Number(count)); n++) stageCustomer(tx, n);
  await kv.atomic().mutate(...tx.mutations).commit();
}
kv.close();

function stageCustomer(tx: Transaction, n: number): void {
  const at = clock.now();
  const address = `grown-${n}@example.com`;
  const account = newAccount({
    email: { display: address, canonical: address },
    name: "Mork Hashimoto",
    postal_code: "98052",
    amazon_user_id: `amznl.account.grown-${n}`,
    password: { kind: "temporary", sha256: "x".repeat(43) },
  }, at);
  const [amazonUserIndex] = keyring.blindIndexes("amazon_user", `amznl.account.grown-${n}`);
  const [emailIndex] = keyring.blindIndexes("email", address);
  stageAccount(tx, account, { indexes: [], ofAmazonUser: null, ofEmail: null, amazonUserIndex, emailIndex });
  stageSession(tx, { ...account, created: true }, {
    device: { name: "Living room" },
    at,
    ttlMs: sessionTtlMs,
  });
}
