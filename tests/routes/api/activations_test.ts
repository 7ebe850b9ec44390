/** `POST /v1/activations` and `POST /v1/sessions/activation`: the TV's side, in the order of the statuses. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { poll, startActivation, TV } from "../../support/activation_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { readQrCode } from "../../support/qr_reader.ts";
import { assertAnswer, countTrips } from "../../support/session_requests.ts";
import { StaleReplica } from "../../support/stale_replica.ts";
import { TestService } from "../../support/test_service.ts";

const MINUTE_MS = 60_000;

Deno.test("POST /v1/activations answers 201 with what the TV shows and how it asks", async () => {
  await using service = await TestService.open({ env: { PUBLIC_URL: "https://tv.example/app" } });
  const response = await service.send("POST", "/v1/activations", { device: TV });
  assertAnswer(response, 201, { "content-type": "application/json", "cache-control": "no-store" });
  const { device_code, user_code, qr_image, ...rest } = await response.json();
  assertMatch(device_code, /^ocd_[A-Za-z0-9_-]{43}$/);
  assertMatch(user_code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  const uri = "https://tv.example/app/activate";
  assertEquals(rest, {
    verification_uri: uri,
    verification_uri_complete: `${uri}?code=${user_code}`,
    expires_in: 900,
    interval: 5,
  });
  assertEquals(readQrCode(qr_image).text, `${uri}?code=${user_code}`);
});

Deno.test("POST /v1/activations takes every optional field and none, and gives each TV codes of its own", async () => {
  await using service = await TestService.open();
  const prefill = { name: "Vera", postal_code: "98052" };
  const bodies = [{}, { device: {} }, { device: TV, prefill }, { prefill: {} }, { prefill: { name: "" } }];
  const started = await Promise.all(bodies.map((body) => startActivation(service, body)));
  for (const field of ["device_code", "user_code", "qr_image"] as const) {
    assertEquals(new Set(started.map((one) => one[field])).size, bodies.length);
  }
});

Deno.test("POST /v1/activations draws another code when a TV shows the first one already", async (t) => {
  await using service = await TestService.open();
  const { keyring } = service.services;
  const { user_code } = await startActivation(service);
  const [taken = ""] = keyring.blindIndexes("user_code", user_code.replace("-", ""));
  const draw = keyring.blindIndexes.bind(keyring);
  let draws = 0;
  keyring.blindIndexes = (kind, value) =>
    kind === "user_code" && draws++ < free ? [taken] : draw(kind, value);
  let free = 1;
  await t.step("once", async () => {
    assertNotEquals((await startActivation(service)).user_code, user_code);
    assertEquals(draws, 2);
  });
  await t.step("but not for ever", async () => {
    draws = 0;
    free = Infinity;
    await assertProblem(await service.send("POST", "/v1/activations", {}), "storage_unavailable");
    assertEquals(draws, 5);
  });
});

Deno.test("POST /v1/activations costs one write and no read", async () => {
  const { counts, wrapKv } = countTrips();
  await using service = await TestService.open({ wrapKv });
  await startActivation(service);
  assertEquals(counts, { commits: 1, eventualReads: 0, strongReads: 0 });
});

Deno.test("POST /v1/activations answers invalid_request for each field that does not fit", async () => {
  await using service = await TestService.open();
  const wrong: [unknown, string][] = [
    [{ device: { name: "x".repeat(129) } }, "/device/name"],
    [{ prefill: { name: "x".repeat(257) } }, "/prefill/name"],
    [{ prefill: { postal_code: "x".repeat(33) } }, "/prefill/postal_code"],
    [{ prefill: "Vera" }, "/prefill"],
    [[], "/"],
  ];
  for (const [body, path] of wrong) {
    const { errors } = await assertProblem(
      await service.send("POST", "/v1/activations", body),
      "invalid_request",
    );
    assertEquals(errors?.map((error) => error.path), [path]);
  }
});

Deno.test("POST /v1/activations answers rate_limited to one client address, and to no other", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "2" } });
  for (let i = 0; i < 2; i++) await startActivation(service);
  await assertProblem(await service.send("POST", "/v1/activations", {}), "rate_limited");
  await startActivation(service, {}, { address: "192.0.2.2" });
  assertEquals((await service.signIn("mork.1")).status, 201);
});

Deno.test("POST /v1/sessions/activation answers authorization_pending with the interval, at the interval", async () => {
  await using service = await TestService.open();
  const started = await startActivation(service);
  for (let i = 0; i < 3; i++) {
    const response = await poll(service, started);
    assertEquals(response.headers.get("retry-after"), "5");
    await assertProblem(response, "authorization_pending");
    await service.clock.advance(5000);
  }
});

Deno.test("POST /v1/sessions/activation answers slow_down, and the interval of that TV alone grows by 5 seconds", async () => {
  await using service = await TestService.open();
  const [started, other] = [await startActivation(service), await startActivation(service)];
  await assertProblem(await poll(service, started), "authorization_pending");
  for (const interval of [10, 15]) {
    await service.clock.advance(4999);
    const response = await poll(service, started);
    assertEquals(response.headers.get("retry-after"), String(interval));
    await assertProblem(response, "slow_down");
  }
  await service.clock.advance(15_000);
  const response = await poll(service, started);
  assertEquals(response.headers.get("retry-after"), "15");
  await assertProblem(response, "authorization_pending");
  assertEquals((await poll(service, other)).headers.get("retry-after"), "5");
});

Deno.test("POST /v1/sessions/activation costs one eventually consistent read and no write while nobody has decided", async () => {
  const { counts, wrapKv } = countTrips();
  await using service = await TestService.open({ wrapKv });
  const started = await startActivation(service);
  const before = { ...counts };
  await assertProblem(await poll(service, started), "authorization_pending");
  await assertProblem(await poll(service, started), "slow_down");
  assertEquals(counts, { ...before, eventualReads: before.eventualReads + 2 });
});

Deno.test("POST /v1/sessions/activation answers expired_token to an unknown code, and after 15 minutes", async () => {
  await using service = await TestService.open();
  const started = await startActivation(service);
  for (
    const device_code of [
      "",
      "ocd_",
      `ocd_${"x".repeat(43)}`,
      started.user_code,
      started.device_code.slice(4),
    ]
  ) {
    await assertProblem(await poll(service, { device_code }), "expired_token");
  }
  await service.clock.advance(15 * MINUTE_MS - 1);
  await assertProblem(await poll(service, started), "authorization_pending");
  await service.clock.advance(1);
  await assertProblem(await poll(service, started), "expired_token");
});

Deno.test("POST /v1/sessions/activation asks the primary before it answers that an activation is unknown", async () => {
  const replica = new StaleReplica();
  await using service = await TestService.open({ wrapKv: replica.wrap });
  await replica.freeze(service.kv);
  await assertProblem(await poll(service, await startActivation(service)), "authorization_pending");
});

Deno.test("POST /v1/sessions/activation answers invalid_request without a device_code", async () => {
  await using service = await TestService.open();
  for (const body of [{}, { device_code: 1 }, { device_code: "x".repeat(129) }]) {
    const response = await service.send("POST", "/v1/sessions/activation", body);
    const { errors } = await assertProblem(response, "invalid_request");
    assertEquals(errors?.map(({ path }) => path), ["/device_code"]);
  }
});

Deno.test("an activation is stored without its codes and without its device in the clear", async () => {
  await using service = await TestService.open();
  const { device_code, user_code } = await startActivation(service);
  const entries = (await Array.fromAsync(service.kv.list({ prefix: [] })))
    .filter(({ key: [kind] }) => kind !== "data_key");
  const stored = entries.map(({ key, value }) => [key, value instanceof Uint8Array ? "sealed" : value]);
  assertEquals(stored.map(([key, value]) => [(key as string[])[0], value]), [
    ["activation", "sealed"],
    ["user_code", "sealed"],
  ]);
  const text = JSON.stringify(stored);
  assert(
    ![device_code, user_code, user_code.replace("-", ""), TV.name].some((secret) => text.includes(secret)),
  );
});
