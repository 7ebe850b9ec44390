/** The two records of a code: the claim, and the progress beside it. */
import { assert, assertEquals } from "@std/assert";
import { progressIds } from "../../../lib/kv/codes.ts";
import { hashSecret } from "../../../lib/kv/keyring.ts";
import { CODE_PROGRESS, EXCHANGE, type ExchangeRecord } from "../../../lib/kv/schema.ts";
import { keptFirst } from "../../support/kept_first.ts";
import { type Operation, operationOf, wrapKv } from "../../support/kv_hooks.ts";
import { ONE_SIGN_IN, TestService } from "../../support/test_service.ts";

const CODE = "mork.1";
const KEY = "the-key-of-this-device";
const CLAIM = [EXCHANGE.kind, hashSecret(CODE)];
const PROGRESS = [CODE_PROGRESS.kind, ...progressIds(hashSecret(CODE))];

/** A service, with the operations of its commits and the number of writes in each. */
interface Observed extends AsyncDisposable {
  readonly service: TestService;
  readonly commits: [operation: Operation, writes: number][];
}

/** @param tokenKept When a token is stored; by default, before Amazon answers with the profile. */
async function open(tokenKept?: Promise<void>): Promise<Observed> {
  const commits: Observed["commits"] = [];
  const first = keptFirst();
  const service = await TestService.open({
    ...(tokenKept === undefined ? first : {}),
    wrapKv: (kv) =>
      wrapKv(first.wrapKv(kv), {
        async commit(commit, perform) {
          const operation = operationOf(commit);
          commits.push([operation, commit.mutations.filter(({ key }) => key[0] === EXCHANGE.kind).length]);
          if (operation === "keep") await tokenKept;
          return await perform();
        },
      }),
  });
  return { service, commits, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

Deno.test("a sign-in writes the claim, the token, and what the code led to in the place of the token", async () => {
  await using observed = await open();
  const { service, commits } = observed;
  await service.signedIn(CODE, { key: KEY });
  assertEquals(commits, [["claim", 1], ["keep", 1], ["commit", 1]]);
  const [claim, progress] = await service.kv.getMany<[ExchangeRecord, Uint8Array]>([CLAIM, PROGRESS]);
  assert(claim.value?.state === "claimed");
  const text = service.services.keyring.open(progress.value!, PROGRESS.join("/"));
  assert(!text.includes("Atza"), "Amazon's token is stored after its code is done");
  const { expires_at, result } = JSON.parse(text);
  assertEquals([result.outcome, claim.value.expires_at > expires_at], ["signed_in", true]);
});

Deno.test("a token that is on its way when the code is done finds another claim, and is not stored", async () => {
  const kept = Promise.withResolvers<void>();
  await using observed = await open(kept.promise);
  const { service, commits } = observed;
  const first = await service.signedIn(CODE, { key: KEY });
  assertEquals(commits, [["claim", 1], ["keep", 1], ["commit", 2]]);
  kept.resolve();
  await service.clock.advance(0);
  assertEquals(await service.stored(), ONE_SIGN_IN);
  assertEquals((await service.signedIn(CODE, { key: KEY })).session_token, first.session_token);
});

Deno.test("a code whose claim is renewed for a token on its way is not done when its commit has failed", async () => {
  const kept = Promise.withResolvers<void>();
  let fails = true;
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        async commit(commit, perform) {
          const operation = operationOf(commit);
          if (operation === "keep") await kept.promise;
          if (operation !== "commit" || !fails) return await perform();
          fails = false;
          return { ok: false };
        },
      }),
  });
  const { session_token: token } = await service.signedIn(CODE, { key: KEY });
  kept.resolve();
  await service.clock.advance(0);
  // The first commit wrote nothing. Its claim is not the stored one, so it is not taken for a commit that took effect.
  assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
  assertEquals(await service.stored(), ONE_SIGN_IN);
});

Deno.test("a session that is removed takes both records of its code along", async () => {
  await using observed = await open();
  const { service } = observed;
  const { session_token: token } = await service.signedIn(CODE, { key: KEY });
  assertEquals((await service.request("/v1/sessions/current", { method: "DELETE", token })).status, 204);
  const entries = await service.kv.getMany([CLAIM, PROGRESS]);
  assertEquals(entries.map(({ value }) => value), [null, null]);
});
