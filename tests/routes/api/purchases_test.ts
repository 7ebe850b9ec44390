/** `POST /v1/purchases` and `GET /v1/entitlements`: each state of the contract, and each refusal. */
import { assert, assertEquals } from "@std/assert";
import { assertProblem } from "../../support/contract_problems.ts";
import {
  entitlementsOf,
  NOTHING_TOLD,
  pass,
  purchasesOf,
  runDue,
  statesOf,
  submit,
  USER,
} from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

const DAY_MS = 86_400_000;

Deno.test("POST /v1/purchases tells each state, and GET /v1/entitlements the same", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  const at = (ms: number) => new Date(service.clock.now() + ms).toISOString();
  const common = {
    sku: "com.example.premium",
    term_sku: "com.example.premium.monthly",
    product_type: "SUBSCRIPTION",
    trial: false,
    auto_renewing: true,
    ends_at: null,
    quick_subscribe: true,
    test: false,
    verified_at: at(0),
  };
  const active = {
    ...common,
    state: "active",
    purchased_at: at(0),
    renews_at: at(30 * DAY_MS),
    fulfillment: "due",
  };
  const ended = { auto_renewing: false, renews_at: null, fulfillment: "done" };
  const once = { ...active, term_sku: null, auto_renewing: false, renews_at: null, quick_subscribe: false };
  const expected = {
    "sub.active.1": active,
    "sub.trial.1": { ...active, trial: true, renews_at: at(7 * DAY_MS) },
    "sub.fulfilled.1": { ...active, fulfillment: "done" },
    "sub.iap.1": { ...active, quick_subscribe: false },
    "sub.grace.1": { ...active, state: "grace", purchased_at: at(-30 * DAY_MS), fulfillment: "done" },
    "sub.cancelled.1": { ...active, ...ended, purchased_at: at(-20 * DAY_MS), ends_at: at(10 * DAY_MS) },
    "sub.ended.1": {
      ...active,
      ...ended,
      state: "ended",
      purchased_at: at(-30 * DAY_MS),
      ends_at: at(-3_600_000),
    },
    "sub.gone.1": { ...NOTHING_TOLD, state: "ended", verified_at: at(0) },
    "item.entitled.1": { ...once, product_type: "ENTITLED", sku: "com.example.entitled" },
    "item.consumable.1": { ...once, product_type: "CONSUMABLE", sku: "com.example.consumable" },
  };
  const told = Object.entries(expected).map(([receipt_id, fields]) => ({ receipt_id, ...fields }));
  assertEquals<unknown>(await submit(service, token, Object.keys(expected)), told);
  const listed = await entitlementsOf(service, token);
  assertEquals<unknown>(
    listed.toSorted((a, b) => a.receipt_id < b.receipt_id ? -1 : 1),
    told.toSorted((a, b) => a.receipt_id < b.receipt_id ? -1 : 1),
  );
});

Deno.test("POST /v1/purchases tells nothing but the state of what is not the account's", async () => {
  await using service = await TestService.open();
  const { session_token: first } = await service.signedIn("mork.1");
  const { session_token: second } = await service.signedIn("returning.1");
  assertEquals(statesOf(await submit(service, first, ["sub.active.1"])), { "sub.active.1": "active" });
  const cases = {
    "q1YqVbJSyjH28DGP:3:11": "invalid",
    "sub.active~497.1": "invalid",
    "sub.active~400.1": "invalid",
    "sub.active~429*1.1": "unverified",
    "sub.active~500*1.1": "unverified",
    "sub.active~html*1.1": "unverified",
    "sub.active~cut*1.1": "unverified",
    "sub.active~496*1.1": "unverified",
    "sub.active.1": "elsewhere",
  };
  const told = await submit(service, second, Object.keys(cases));
  assertEquals<unknown>(
    told,
    Object.entries(cases).map(([receipt_id, state]) => ({ receipt_id, ...NOTHING_TOLD, state })),
  );
  const errors = service.log.filter(({ level }) => level === "ERROR").map(({ message }) => message);
  assertEquals(errors, ["rvs_secret_rejected"]);
  // The first task verifies what RVS did not answer, at most a minute later.
  await runDue(service);
  const unverified = Object.entries(cases).filter(([, state]) => state === "unverified");
  assertEquals(
    statesOf(await entitlementsOf(service, second)),
    Object.fromEntries(unverified.map(([id]) => [id, "active"])),
  );
  assertEquals(statesOf(await entitlementsOf(service, first)), { "sub.active.1": "active" });
});

Deno.test("a hanging RVS holds POST /v1/purchases up for AMAZON_TIMEOUT_MS, and no longer", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  const body = purchasesOf(["sub.active~hang*2.1", "sub.active.2"]);
  const { value, ms } = await service.clock.advanceUntil(
    service.send("POST", "/v1/purchases", body, { token }),
  );
  assertEquals(ms, 2500);
  assertEquals(statesOf((await value.json()).entitlements), {
    "sub.active~hang*2.1": "unverified",
    "sub.active.2": "active",
  });
  // The task right after hangs too; the next one comes a minute later.
  await service.answerOf(service.services.background.idle());
  assertEquals(statesOf(await entitlementsOf(service, token))["sub.active~hang*2.1"], "unverified");
  await pass(service, 60_000);
  assertEquals(statesOf(await entitlementsOf(service, token))["sub.active~hang*2.1"], "active");
});

Deno.test("what RVS confirmed once stays while RVS is down or denies it to another user", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  const id = "sub.active~delay-0*1~503*2.1";
  service.simulator.receipts.issue("sub.active", { receiptId: "R:3:11", userId: USER });
  const [told] = await submit(service, token, ["R:3:11"]);
  assertEquals(statesOf(await submit(service, token, ["R:3:11"], "another-user")), { "R:3:11": "invalid" });
  assertEquals(await entitlementsOf(service, token), [told]);
  assertEquals(statesOf(await submit(service, token, [id])), { [id]: "unverified" });
});

Deno.test("a receipt that is named twice is asked for and told once, in the order of the request", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  const told = await submit(service, token, ["sub.active.2", "sub.active.1", "sub.active.2"]);
  assertEquals(told.map(({ receipt_id }) => receipt_id), ["sub.active.2", "sub.active.1"]);
  assertEquals(service.simulator.requests.filter(({ endpoint }) => endpoint === "rvs").length, 2);
});

Deno.test("ended receipts are listed for 90 days", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  await submit(service, token, ["sub.ended.1", "sub.gone.1"]);
  service.clock.jump(89 * DAY_MS);
  assertEquals(Object.keys(statesOf(await entitlementsOf(service, token))).length, 2);
  service.clock.jump(DAY_MS);
  assertEquals(statesOf(await entitlementsOf(service, token)), {});
});

Deno.test("access ends at cancelDate, and an ended receipt is not verified again", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  await submit(service, token, ["sub.cancelled.1"]);
  await pass(service, 10 * DAY_MS - 3_600_000);
  assertEquals(statesOf(await entitlementsOf(service, token)), { "sub.cancelled.1": "active" });
  service.clock.jump(3_600_000);
  assertEquals(statesOf(await entitlementsOf(service, token)), { "sub.cancelled.1": "ended" });
  await pass(service, 120_000);
  const calls = service.simulator.requests.length;
  await pass(service, 10 * DAY_MS);
  assertEquals(service.simulator.requests.length, calls);
});

Deno.test("GET /v1/entitlements and access tokens tell of a subscription behind 1,200 other purchases", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  await submit(service, token, ["sub.active.1", "item.consumable.1"]);
  const { keyring } = service.services;
  const records = await Array.fromAsync(service.kv.list<Uint8Array>({ prefix: ["entitlement", account.id] }));
  const opened = records.map(({ key, value }) => JSON.parse(keyring.open(value, key.join("/"))));
  const [subscription, consumable] = ["SUBSCRIPTION", "CONSUMABLE"].map((type) =>
    opened.find(({ purchase }) => purchase.product_type === type)
  );
  for (const { key } of records) await service.kv.delete(key);
  for (let start = 0; start < 1200; start += 400) {
    const operation = service.kv.atomic();
    for (let i = start; i < start + 400; i++) {
      const key = ["entitlement", account.id, i.toString(16).padStart(43, "0")];
      const text = JSON.stringify({ ...consumable, receipt_id: `R${i}` });
      operation.set(key, keyring.seal(text, key.join("/")));
    }
    await operation.commit();
  }
  const last = ["entitlement", account.id, "z".repeat(43)];
  await service.kv.set(last, keyring.seal(JSON.stringify(subscription), last.join("/")));
  const listed = await entitlementsOf(service, token);
  assertEquals([listed.length, statesOf(listed)["sub.active.1"]], [1201, "active"]);
  const response = await service.request("/v1/access-tokens", { method: "POST", token });
  const [, claims = ""] = (await response.json()).access_token.split(".");
  assert(
    JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))).entitlements.includes(
      subscription.purchase.sku,
    ),
  );
});

Deno.test("POST /v1/purchases refuses a body that fails its schema, and asks Amazon nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  const asked = service.simulator.requests.length;
  const bad: [unknown, string][] = [
    [{ receipts: ["a"] }, "/user_id"],
    [{ user_id: USER }, "/receipts"],
    [{ user_id: "", receipts: ["a"] }, "/user_id"],
    [{ user_id: "u".repeat(129), receipts: ["a"] }, "/user_id"],
    [{ user_id: "..", receipts: ["a"] }, "/user_id"],
    [{ user_id: ".", receipts: ["a"] }, "/user_id"],
    [{ user_id: "\ud800", receipts: ["a"] }, "/user_id"],
    [{ user_id: 1, receipts: ["a"] }, "/user_id"],
    [{ user_id: USER, receipts: [] }, "/receipts"],
    [{ user_id: USER, receipts: Array.from({ length: 11 }, (_, i) => `${i}`) }, "/receipts"],
    [{ user_id: USER, receipts: "a" }, "/receipts"],
    [{ user_id: USER, receipts: ["ok", ""] }, "/receipts/1"],
    [{ user_id: USER, receipts: ["."] }, "/receipts/0"],
    [{ user_id: USER, receipts: [".."] }, "/receipts/0"],
    [{ user_id: USER, receipts: ["r".repeat(257)] }, "/receipts/0"],
    [{ user_id: USER, receipts: ["\udc00"] }, "/receipts/0"],
    [{ user_id: USER, receipts: [null] }, "/receipts/0"],
  ];
  for (const [body, path] of bad) {
    const problem = await assertProblem(
      await service.send("POST", "/v1/purchases", body, { token }),
      "invalid_request",
    );
    assertEquals(problem.errors?.map((error) => error.path), [path], JSON.stringify(body));
    const signIn = await service.signIn("mork.9", { purchases: body });
    const refused = await assertProblem(signIn, "invalid_request");
    assertEquals(refused.errors?.map((error) => error.path), [`/purchases${path}`]);
  }
  const wide = { user_id: "u".repeat(128), receipts: ["r".repeat(256), "...", "%2e", "a/../b"] };
  assertEquals((await service.send("POST", "/v1/purchases", wide, { token })).status, 200);
  assert(service.simulator.requests.slice(asked).every(({ endpoint }) => endpoint === "rvs"));
});

Deno.test("both need a session", async () => {
  await using service = await TestService.open();
  await assertProblem(await service.send("POST", "/v1/purchases", purchasesOf(["a"])), "invalid_session");
  await assertProblem(await service.request("/v1/entitlements"), "invalid_session");
});

Deno.test("without any shared secret purchases do not exist", async () => {
  await using service = await TestService.open({ env: { APPSTORE_SHARED_SECRET: "" } });
  const { session_token: token } = await service.signedIn("mork.1");
  await assertProblem(
    await service.send("POST", "/v1/purchases", purchasesOf(["a"]), { token }),
    "not_found",
  );
  await assertProblem(await service.request("/v1/entitlements", { token }), "not_found");
  const signIn = await service.signIn("mork.2", { purchases: purchasesOf(["a"]) });
  const problem = await assertProblem(signIn, "invalid_request");
  assertEquals(problem.errors?.map(({ path }) => path), ["/purchases"]);
  assertEquals((await service.signIn("mork.2")).status, 200, "the code was not touched");
});

Deno.test("too many requests of one address are refused", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "2" } });
  const { session_token: token } = await service.signedIn("mork.1");
  for (const _ of [1, 2]) await submit(service, token, ["sub.active.1"]);
  const third = await service.send("POST", "/v1/purchases", purchasesOf(["sub.active.1"]), { token });
  await assertProblem(third, "rate_limited");
});
