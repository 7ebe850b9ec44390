/** Decisions that a replica without the newest changes must not make. */
import { assertEquals } from "@std/assert";
import { TestService } from "../support/test_service.ts";
import { StaleReplica } from "../support/stale_replica.ts";

const DAY_MS = 86_400_000;

Deno.test("a stale replica does not make a known customer without an email a new one", async () => {
  const replica = new StaleReplica();
  let email = true;
  await using service = await TestService.open({
    wrapKv: replica.wrap,
    wrapFetch: (fetch) => async (input, init) => {
      const response = await fetch(input, init);
      if (email || !String(input).includes("/profile")) return response;
      const { email: _, ...profile } = await response.json();
      return Response.json(profile);
    },
  });
  await replica.freeze(service.kv);
  const { account } = await service.signedIn("mork.1");
  email = false;
  assertEquals((await service.signedIn("mork.2")).account, { ...account, created: false });
});

Deno.test("a stale replica does not make a new session count as revoked", async () => {
  const replica = new StaleReplica();
  await using service = await TestService.open({ wrapKv: replica.wrap });
  const { session_token } = await service.signedIn("mork.1");
  await replica.freeze(service.kv);
  await service.request("/v1/sessions", { method: "DELETE", token: session_token });
  const { session_token: token } = await service.signedIn("mork.2");
  assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
});

Deno.test("a stale replica does not bring a revoked session back when the session is renewed", async () => {
  const replica = new StaleReplica();
  await using service = await TestService.open({ wrapKv: replica.wrap });
  const { session_token: token } = await service.signedIn("mork.1");
  await replica.freeze(service.kv);
  await service.request("/v1/sessions/current", { method: "DELETE", token });
  await service.clock.advance(DAY_MS);
  // A check passes as long as the replica is behind. Its renewal writes nothing.
  assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
  await service.services.background.idle();
  assertEquals((await service.stored()).session, undefined);
});
