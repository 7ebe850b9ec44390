/** `deno task bench:micro`: measures the parts of a sign-in one by one. */
import { TestService } from "../support/test_service.ts";
import { PARTS } from "./parts.ts";

const service = await TestService.open();
const { session_token: token } = await service.signedIn("mork.1");

for (const [name, part] of Object.entries(PARTS)) Deno.bench(name, () => void part());
Deno.bench("answer /healthz", async () => void await service.request("/healthz"));
Deno.bench("check a token", async () => void await service.request("/v1/sessions/current", { token }));
Deno.bench("sign a new customer in, simulated Amazon", async () => {
  await (await service.signIn(`new.${crypto.randomUUID()}`, { address: crypto.randomUUID() })).body?.cancel();
});
