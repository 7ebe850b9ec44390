/** What changes between a deletion's reads and its commit: the deletion sees it, or the other one comes to nothing. */
import { assert, assertEquals } from "@std/assert";
import { parseEmail } from "../lib/email.ts";
import { deleteAccountByLink } from "../lib/self_service/account_deletion.ts";
import { requestLink } from "../lib/self_service/link_request.ts";
import { EMAIL, MORK, signedUp, signInByPassword, ticketOf } from "./account_calls.ts";
import { deleteAccount } from "./deletion_calls.ts";
import { House } from "./house.ts";
import { Replica } from "./replica.ts";
import { wrapKv, writes } from "./wrapped_kv.ts";

const FAREWELL = "Your Oneclick account is deleted";
const email = parseEmail(EMAIL)!;

/** A house in which `between` happens once, right before the commit of a deletion. */
async function houseWith(between: () => Promise<unknown>): Promise<House> {
  let happened = false;
  return await House.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        async commit({ mutations }, perform) {
          const deletes = mutations.some(({ type, key }) => type === "delete" && key[0] === "account");
          if (deletes && !happened) {
            happened = true;
            await between();
          }
          return await perform();
        },
      }),
  });
}

for (const by of ["a device", "a link"]) {
  Deno.test(`a deletion by ${by} takes the Amazon link with it that was made meanwhile`, async () => {
    let ticket = "";
    let status = 0;
    await using house = await houseWith(async () => {
      ({ status } = await signInByPassword(house, { email: MORK, link_ticket: ticket }));
    });
    const { session_token } = await signedUp(house, { email: MORK });
    ticket = await ticketOf(house, "mork.1");
    if (by === "a device") assertEquals((await deleteAccount(house, session_token)).status, 204);
    else {
      await requestLink(house.services, { kind: "account_deletion", email: parseEmail(MORK)!, client: "" });
      await house.runDueTasks();
      const [, token = ""] = /\/([\w-]{64})(?![\w-])/.exec(house.mails[0]?.text ?? "") ?? [];
      assertEquals(await deleteAccountByLink(house.services, token), true);
    }
    assertEquals(status, 200);
    await house.runDueTasks();
    const { amazon_user = 0, email = 0, account = 0, session = 0 } = await house.stored();
    assertEquals([amazon_user, email, account, session], [0, 0, 0, 0]);
    assertEquals((await house.signIn("mork.2")).status, 201);
  });
}

Deno.test("a mail that is asked for and about to be sent when the account is deleted is not sent", async () => {
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let sending: Promise<void> | undefined;
  await using house = await houseWith(async () => {
    await requestLink(house.services, { kind: "password_reset", email, client: "" });
    sending = other.runDueTasks();
    await reached.promise;
  });
  await using other = await House.open({
    kv: house.kv,
    // It has found the account, and is to lease the mail now.
    wrapKv: (kv) =>
      wrapKv(kv, {
        async commit(commit, perform) {
          if (!writes(commit, "mailed_link")) return await perform();
          reached.resolve();
          await released.promise;
          return await perform();
        },
      }),
  });
  const { session_token } = await signedUp(house);
  assertEquals((await deleteAccount(house, session_token)).status, 204);
  released.resolve();
  assert(sending !== undefined);
  await sending;
  await house.runDueTasks();
  const { tries: _, ...stored } = await house.stored();
  assertEquals(stored, {});
  assertEquals([...house.mails, ...other.mails].map(({ subject }) => subject), [FAREWELL]);
});

Deno.test("a mail that waits for its next try goes with the account", async () => {
  let down = true;
  await using house = await House.open({
    wrapFetch: (fetch) => (...args) => down ? Promise.reject(new TypeError("Down")) : fetch(...args),
  });
  const { session_token } = await signedUp(house);
  await requestLink(house.services, { kind: "password_reset", email, client: "" });
  await house.runDueTasks();
  assertEquals((await house.stored()).mail, 1);
  down = false;
  assertEquals((await deleteAccount(house, session_token)).status, 204);
  await house.runDueTasks();
  const { tries: _, ...stored } = await house.stored();
  assertEquals(stored, {});
  assertEquals(house.mails.map(({ subject }) => subject), [FAREWELL]);
});

Deno.test("a session that is made right before a deletion goes with the account", async () => {
  let status = 0;
  await using house = await houseWith(async () => ({ status } = await signInByPassword(house)));
  const { session_token } = await signedUp(house);
  assertEquals((await deleteAccount(house, session_token)).status, 204);
  assertEquals(status, 200);
  await house.runDueTasks();
  assertEquals((await house.stored()).session, undefined);
});

Deno.test("a session whose record is still there is not renewed by a replica that is behind", async () => {
  const replica = new Replica();
  await using house = await House.open({ wrapKv: replica.wrap });
  const { session_token: token, account } = await signedUp(house);
  await replica.freeze(house.kv);
  // As between two steps of a deletion.
  await house.kv.delete(["account", account.id]);
  await house.clock.advance(86_400_000);
  assertEquals((await house.request("/v1/account", { token })).status, 401);
});
