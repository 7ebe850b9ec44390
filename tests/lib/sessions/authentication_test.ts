/** Every operation with a session token refuses requests without a valid one. */
import { assertEquals } from "@std/assert";
import { TestService } from "../../support/test_service.ts";
import { assertInvalid, assertSession, countTrips } from "../../support/session_requests.ts";

const OPERATIONS = [
  ["GET", "/v1/sessions"],
  ["GET", "/v1/sessions/current"],
  ["DELETE", "/v1/sessions/current"],
  ["DELETE", `/v1/sessions/ses_${"0".repeat(32)}`],
  ["DELETE", "/v1/sessions"],
  // Without a token the rest of the request is not judged.
  ["GET", "/v1/sessions?limit=0"],
  ["DELETE", "/v1/sessions/x"],
] as const;

for (const [method, path] of OPERATIONS) {
  Deno.test(`${method} ${path} answers 401 without a valid token`, async () => {
    await using service = await TestService.open();
    const { session_token: token } = await service.signedIn("mork.1");
    const gone = await service.signedIn("mork.2");
    await service.request("/v1/sessions/current", { method: "DELETE", token: gone.session_token });
    const secret = token.slice(-43);
    const headers: (Record<string, string>)[] = [
      {},
      { authorization: "" },
      { authorization: "Bearer" },
      { authorization: token },
      { authorization: `Basic ${btoa(`${token}:`)}` },
      { authorization: `Bearer ${token} ${token}` },
      { authorization: `Bearer ${token}, Bearer ${token}` },
      { authorization: `Bearer ${token}x` },
      { authorization: `Bearer ${token.slice(0, -1)}` },
      { authorization: `Bearer ${token.toUpperCase()}` },
      { authorization: `Bearer ${"x".repeat(10_000)}` },
      { authorization: "Bearer null" },
      { authorization: `Bearer ocs_${"0".repeat(64)}${secret}` },
      // A sign-out that is sent again is answered as before: see tests/promises/twice_test.ts.
      ...(path === "/v1/sessions/current" && method === "DELETE"
        ? []
        : [{ authorization: `Bearer ${gone.session_token}` }]),
      { cookie: `session_token=${token}` },
    ];
    for (const header of headers) {
      await assertInvalid(await service.request(path, { method, headers: header }));
    }
    // A token in a URL would be in every log on the way.
    const inQuery = `${path}${path.includes("?") ? "&" : "?"}access_token=${token}`;
    await assertInvalid(await service.request(inQuery, { method }));
    await assertSession(service, token);
  });
}

Deno.test("GET /v1/sessions/current refuses a text that is no token, without a trip to the database", async () => {
  const { counts, ...options } = countTrips();
  await using service = await TestService.open(options);
  for (
    const token of ["x", "null", `ocs_${"0".repeat(106)}`, `ocs_${"0".repeat(108)}`, `ocx_${"0".repeat(107)}`]
  ) {
    await assertInvalid(await service.request("/v1/sessions/current", { token }));
  }
  assertEquals(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
  await assertInvalid(await service.request("/v1/sessions/current", { token: `ocs_${"0".repeat(107)}` }));
  assertEquals(counts, { eventualReads: 1, strongReads: 1, commits: 0 });
});

Deno.test("GET /v1/sessions/current refuses a token with any one character changed", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  await service.signedIn("returning.1");
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === "0" ? "1" : "0"}${token.slice(at + 1)}`;
    const response = await service.request("/v1/sessions/current", { token: changed });
    assertEquals([at, response.status], [at, 401]);
    await response.body?.cancel();
  }
});

Deno.test("GET /v1/sessions/current refuses a token that is put together from two valid ones", async () => {
  await using service = await TestService.open();
  const mine = (await service.signedIn("mork.1")).session_token;
  const theirs = (await service.signedIn("returning.1")).session_token;
  const parts = (token: string) => [token.slice(4, 36), token.slice(36, 68), token.slice(68)] as const;
  const [[account, session, secret], [account2, session2, secret2]] = [parts(mine), parts(theirs)];
  for (
    const forged of [
      [account2, session, secret],
      [account, session2, secret],
      [account, session, secret2],
      [account2, session2, secret],
      [account2, session, secret2],
      [account, session2, secret2],
    ]
  ) await assertInvalid(await service.request("/v1/sessions/current", { token: `ocs_${forged.join("")}` }));
});

Deno.test("500 made-up tokens of one address cost no 500 strong reads, and keep no other address out", async () => {
  const { counts, wrapKv } = countTrips();
  await using service = await TestService.open({ wrapKv });
  const { session_token: token } = await service.signedIn("mork.1");
  Object.assign(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
  const statuses = new Map<number, number>();
  for (let i = 0; i < 500; i++) {
    const madeUp = `ocs_${i.toString(16).padStart(64, "0")}${"A".repeat(43)}`;
    const response = await service.request("/v1/account", { token: madeUp });
    await response.body?.cancel();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  }
  assertEquals([...statuses], [[401, 120], [429, 380]]);
  assertEquals([counts.strongReads, counts.commits], [120, 0]);
  // A token that the nearest replica knows costs no strong read, so it is good all the while.
  assertEquals((await service.request("/v1/account", { token })).status, 200);
  const elsewhere = { token: `ocs_${"0".repeat(64)}${"A".repeat(43)}`, address: "198.51.100.7" };
  assertEquals((await service.request("/v1/account", elsewhere)).status, 401);
});
