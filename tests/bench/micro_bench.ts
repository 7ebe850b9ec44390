/** `deno task bench:micro`: measures the parts of a sign-in one by one. */
import { parseEmail } from "../../lib/base/email.ts";
import { newId, newSecret } from "../../lib/base/ids.ts";
import { hashSecret, Keyring } from "../../lib/kv/keyring.ts";
import { createLog } from "../../lib/base/log.ts";
import { TestService } from "../support/test_service.ts";

const keyring = new Keyring([{ id: "bench", secret: new Uint8Array(32) }]);
const record = JSON.stringify({
  v: 1,
  email: "customer@example.com",
  name: "Mork Hashimoto",
  filler: "x".repeat(200),
});
const sealed = keyring.seal(record, "account/acc_bench");
const log = createLog({ level: "info", clock: { now: () => 0 }, write: () => {} });
const service = await TestService.open();
const { session_token: token } = await service.signedIn("mork.1");

Deno.bench("seal a record", () => void keyring.seal(record, "account/acc_bench"));
Deno.bench("open a record", () => void keyring.open(sealed, "account/acc_bench"));
Deno.bench("index a value", () => void keyring.blindIndexes("email", "customer@example.com"));
Deno.bench("hash a secret", () => void hashSecret("x".repeat(43)));
Deno.bench("make an id", () => void newId(0));
Deno.bench("make a secret", () => void newSecret());
Deno.bench("read an email address", () => void parseEmail("customer@example.com"));
Deno.bench("log an entry", () => log("info", "request", { request_id: "x".repeat(36), status: 201, ms: 4 }));
Deno.bench("answer /healthz", async () => void await service.request("/healthz"));
Deno.bench("check a token", async () => void await service.request("/v1/sessions/current", { token }));
Deno.bench("sign a new customer in, simulated Amazon", async () => {
  await (await service.signIn(`new.${crypto.randomUUID()}`, { address: crypto.randomUUID() })).body?.cancel();
});
