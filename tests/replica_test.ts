/** What a replica that is behind must not decide. */
import { assertEquals } from "@std/assert";
import { House } from "./house.ts";
import { assertProblem } from "./problems.ts";
import { Replica } from "./replica.ts";

const DAY_MS = 86_400_000;

Deno.test("a replica that is behind does not make a known customer without an email a new one", async () => {
  const replica = new Replica();
  let email = true;
  await using house = await House.open({
    wrapKv: replica.wrap,
    wrapFetch: (fetch) => async (input, init) => {
      const response = await fetch(input, init);
      if (email || !String(input).includes("/profile")) return response;
      const { email: _, ...profile } = await response.json();
      return Response.json(profile);
    },
  });
  await replica.freeze(house.kv);
  const { account } = await house.signedIn("mork.1");
  email = false;
  assertEquals((await house.signedIn("mork.2")).account, { ...account, created: false });
});

Deno.test("a replica that is behind does not give a session that was revoked before it began", async () => {
  const replica = new Replica();
  await using house = await House.open({ wrapKv: replica.wrap });
  const { session_token } = await house.signedIn("mork.1");
  await replica.freeze(house.kv);
  await house.request("/v1/sessions", { method: "DELETE", token: session_token });
  const { session_token: token } = await house.signedIn("mork.2");
  assertEquals((await house.request("/v1/sessions/current", { token })).status, 200);
});

Deno.test("a replica that is behind does not bring a session back when its life is renewed", async () => {
  const replica = new Replica();
  await using house = await House.open({ wrapKv: replica.wrap });
  const { session_token: token } = await house.signedIn("mork.1");
  await replica.freeze(house.kv);
  await house.request("/v1/sessions/current", { method: "DELETE", token });
  await house.clock.advance(DAY_MS);
  await assertProblem(await house.request("/v1/sessions/current", { token }), "invalid_session");
  assertEquals((await house.stored()).session, undefined);
});
