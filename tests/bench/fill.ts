/**
 * Fills a database with accounts, their indexes and one session each, as sign-ins do, but without exchanges. Arguments:
 * the database file and the number of accounts. The environment is that of the service.
 *
 * @module
 */
import { newAccount, putAccount } from "../../lib/accounts/accounts.ts";
import { Background } from "../../lib/base/background.ts";
import { systemClock as clock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { Database } from "../../lib/kv/database.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import type { WriteBatch } from "../../lib/kv/write_batch.ts";
import { putSession } from "../../lib/sessions/sessions.ts";
import { SessionUpkeep } from "../../lib/sessions/upkeep.ts";

const [path, count] = Deno.args;
const config = parseConfig(Deno.env.toObject());
const keyring = new Keyring(config.dataKeys);
const kv = await Deno.openKv(path);
const db = new Database({ kv, keyring, clock });
const log = () => {};
const upkeep = new SessionUpkeep({ background: new Background(log), clock, log });
using store = db.within(0);

for (let i = 0; i < Number(count); i += 90) {
  const batch = store.batch();
  for (let n = i; n < Math.min(i + 90, Number(count)); n++) await putCustomer(batch, n);
  // Committed in the order of the customers, and without a deadline.
  await kv.atomic().mutate(...batch.mutations).commit();
}
kv.close();

async function putCustomer(batch: WriteBatch, n: number): Promise<void> {
  const at = clock.now();
  const address = `grown-${n}@example.com`;
  const account = newAccount({
    email: { display: address, canonical: address },
    name: "Mork Hashimoto",
    postal_code: "98052",
    amazon_user_id: `amznl.account.grown-${n}`,
    password: { kind: "temporary", sha256: "" },
  }, at);
  const [amazonUserIndex] = keyring.blindIndexes("amazon_user", `amznl.account.grown-${n}`);
  const [emailIndex] = keyring.blindIndexes("email", address);
  putAccount(batch, account, { amazonUserIndex, emailIndex });
  await putSession({ clock, config, db, log, upkeep, censusOneIn: 0 }, batch, {
    account: { ...account, created: true },
    method: "one_click",
    device: { name: "Living room" },
  });
}
