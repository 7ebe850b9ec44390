/** The session of a TV: revocation, deletion, old answers, replicas that are behind, keys, and commits that fail. */
import { assertEquals } from "@std/assert";
import { accountOf, EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import {
  mailedTv,
  poll,
  polled,
  scannedTv,
  signInOnPhone,
  signUpOnPhone,
} from "../../support/activation_requests.ts";
import { CommitControl, type CommitFault } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { open, submit } from "../../support/mailed_links.ts";
import { StaleReplica } from "../../support/stale_replica.ts";
import { countTrips } from "../../support/session_requests.ts";
import { TestService, type TestServiceOptions } from "../../support/test_service.ts";

const MINUTE_MS = 60_000;

/** Opens a service with a customer and a TV that the customer has approved. */
async function openApproved(options: TestServiceOptions = {}) {
  const service = await TestService.open(options);
  const customer = await signedUp(service);
  const { tv, path } = await scannedTv(service);
  assertEquals((await signInOnPhone(service, path)).status, 200);
  return { service, customer, tv, path };
}

Deno.test("an approval that no TV asks for makes no session, and ends", async () => {
  const { service, tv } = await openApproved();
  await using _ = service;
  assertEquals((await service.stored()).session, 1);
  await service.clock.advance(15 * MINUTE_MS);
  await assertProblem(await poll(service, tv), "expired_token");
  assertEquals((await service.stored()).session, 1);
});

Deno.test("a TV that is approved in the last second still has 10 minutes to ask", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const [one, two] = [await scannedTv(service), await scannedTv(service)];
  await service.clock.advance(15 * MINUTE_MS - 1);
  for (const { path } of [one, two]) assertEquals((await signInOnPhone(service, path)).status, 200);
  await service.clock.advance(10 * MINUTE_MS - 1);
  await polled(service, one.tv);
  await service.clock.advance(1);
  await assertProblem(await poll(service, two.tv), "expired_token");
});

Deno.test("a sign-out everywhere after the approval ends the approval, and a deleted account too", async (t) => {
  await t.step("sign-out", async () => {
    const { service, tv, customer } = await openApproved();
    await using _ = service;
    await service.request("/v1/sessions?keep=current", { method: "DELETE", token: customer.session_token });
    await assertProblem(await poll(service, tv), "expired_token");
    assertEquals((await service.stored()).session, 1);
  });
  await t.step("deletion", async () => {
    const { service, tv, customer } = await openApproved();
    await using _ = service;
    await service.request("/v1/account", { method: "DELETE", token: customer.session_token });
    await assertProblem(await poll(service, tv), "expired_token");
    assertEquals((await service.stored()).session, undefined);
  });
});

Deno.test("a TV that was signed out is not given its session again", async () => {
  const { service, tv } = await openApproved();
  await using _ = service;
  const { session_token: token } = await polled(service, tv);
  await service.request("/v1/sessions/current", { method: "DELETE", token });
  await assertProblem(await poll(service, tv), "expired_token");
  assertEquals(await accountOf(service, token), 401);
});

Deno.test("a first data key between approval and answer, and between two answers, changes neither", async () => {
  const keys = ["a", "b"].map((id) => `${id}:${btoa(id.repeat(32))}`);
  const { service, tv, path } = await openApproved({ env: { DATA_KEYS: keys.join() } });
  await using _ = service;
  await using rotated = await TestService.open({
    kv: service.kv,
    env: { DATA_KEYS: keys.toReversed().join() },
  });
  const first = await polled(rotated, tv);
  assertEquals((await polled(service, tv)).session_token, first.session_token);
  assertEquals((await signInOnPhone(rotated, path)).heading, "Look at your TV");
  const { path: other } = await scannedTv(service);
  assertEquals((await open(rotated, other)).status, 200);
});

Deno.test("a replica that is behind delays an approval, and never refuses or doubles it", async () => {
  const replica = new StaleReplica();
  const { service, tv } = await openApproved({ wrapKv: replica.wrap });
  await using _ = service;
  await replica.freeze(service.kv);
  const first = await polled(service, tv);
  assertEquals((await polled(service, tv)).session_token, first.session_token);
  assertEquals((await service.stored()).session, 2);
});

Deno.test("a replica without the start, without the approval, or from before the answer", async () => {
  const replica = new StaleReplica();
  await using service = await TestService.open({ wrapKv: replica.wrap });
  await signedUp(service);
  const { tv, path } = await scannedTv(service);
  await replica.freeze(service.kv);
  await signInOnPhone(service, path);
  await assertProblem(await poll(service, tv), "authorization_pending");
  // From now on the replica's record is over by the clock, and the primary's is not.
  await service.clock.advance(15 * MINUTE_MS - 1);
  await replica.freeze(service.kv);
  const { session_token } = await polled(service, tv);
  await service.clock.advance(10 * MINUTE_MS - 1);
  assertEquals((await polled(service, tv)).session_token, session_token);
});

Deno.test("the answer costs eventual reads and one write", async () => {
  const { counts, wrapKv } = countTrips();
  const { service, tv } = await openApproved({ wrapKv });
  await using _ = service;
  const before = { ...counts };
  await polled(service, tv);
  assertEquals([counts.strongReads, counts.commits], [before.strongReads, before.commits + 1]);
});

/** The commits of each way, in their order, by a kind of record that only that commit writes. */
const WRITES = [
  ["start", "user_code"],
  ["sign_up", "account"],
  ["sign_in", "activation"],
  ["mail", "mail"],
  ["approve", "account"],
  ["deny", "activation"],
  ["answer", "session"],
] as const;

for (const fault of ["fails", "takes effect and fails", "takes effect and conflicts"] as const) {
  Deno.test(`each commit that ${fault} once is made once, and nobody notices`, async () => {
    for (const [way, kind] of WRITES) await playWith(way, kind, fault);
  });
}

for (const fault of ["fails", "takes effect and hangs"] as const) {
  Deno.test(`after each commit that ${fault} for good, the same request again ends well`, async () => {
    for (const [way, kind] of WRITES) await playWith(way, kind, fault, { forGood: true });
  });
}

/** Plays a whole activation in which the commit of one step has a fault. */
async function playWith(
  way: typeof WRITES[number][0],
  kind: string,
  fault: CommitFault,
  { forGood = false } = {},
): Promise<void> {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  if (way !== "sign_up") await signedUp(service);
  const stepOf = async (step: string, request: () => Promise<{ readonly status: number }>) => {
    if (step !== way) return await request();
    commits.break(fault, { kind, ...(forGood ? {} : { times: 1 }) });
    const { status } = await service.answerOf(request());
    assertEquals(status === 503, forGood, `${way} ${status}`);
    commits.mend();
    // What a device or customer does after a 503. A commit that took effect is found to be done.
    return await service.answerOf(request());
  };
  const started: { device_code: string; verification_uri_complete: string }[] = [];
  await stepOf("start", async () => {
    const response = await service.send("POST", "/v1/activations", {});
    const body = await response.json();
    if (response.status === 201) started.push(body);
    return response;
  });
  const tv = started.at(-1) ?? { device_code: "", verification_uri_complete: "" };
  const { search } = new URL(tv.verification_uri_complete);
  const redirect = await service.request(`/activate${search}`);
  const path = `/${redirect.headers.get("location")}`;
  await redirect.body?.cancel();
  if (way === "deny") {
    assertEquals((await stepOf("deny", () => submit(service, path, { do: "deny" }))).status, 200);
    return await assertProblem(await poll(service, tv), "access_denied").then(() => {});
  }
  if (way === "mail" || way === "approve") {
    if (way === "mail") await stepOf("mail", () => submit(service, path, { do: "mail", email: EMAIL }));
    const link = way === "mail" ? await sentLink(service) : await mailedTv(service, path);
    assertEquals((await stepOf("approve", () => submit(service, link, { do: "approve" }))).status, 200);
  } else if (way === "sign_up") {
    assertEquals((await stepOf("sign_up", () => signUpOnPhone(service, path))).status, 200);
  } else assertEquals((await stepOf("sign_in", () => signInOnPhone(service, path))).status, 200);
  const answer = await stepOf("answer", () => poll(service, tv));
  assertEquals(answer.status, way === "sign_up" ? 201 : 200, way);
  const { account, session } = await service.stored();
  assertEquals([account, session], [1, way === "sign_up" ? 1 : 2], way);
  const again = await service.send("POST", "/v1/sessions", { email: EMAIL, password: PASSWORD });
  assertEquals(again.status, 200);
}

async function sentLink(service: TestService): Promise<string> {
  await service.runDueTasks();
  const [link] = /http:\/\/localhost:8000\/\S+/.exec(service.mails.at(-1)?.text ?? "") ?? [];
  return new URL(link ?? "").pathname;
}
