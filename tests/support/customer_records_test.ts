/** The search for what is left of a customer finds what was planted. */
import { assert, assertEquals } from "@std/assert";
import { Keyring } from "../../lib/kv/keyring.ts";
import { deleteAccount } from "./deletion_requests.ts";
import { KnownCustomer, NEW_EMAIL, recordsOf, USER_ID } from "./known_customer.ts";
import { TestService } from "./test_service.ts";

Deno.test("findCustomerRecords finds data in keys, in plain values, in sealed values and in stored answers", async () => {
  await using service = await TestService.open();
  const known = new KnownCustomer(service, { user_id: USER_ID, new_email: NEW_EMAIL });
  await known.oneClick("mork.1");
  await deleteAccount(service, known.token);
  await service.runDueTasks();
  assertEquals(await recordsOf(service, known), []);
  const { keyring } = service.services;
  const { accountId, email, texts, codes: [sent], sessionIds: [session = ""] } = known.customer;
  const { code = "", key = "" } = sent ?? {};
  const place = ["exchange", "planted"];
  const seal = (text: string, end = "", proof?: string) =>
    keyring.seal(text, `${place.join("/")}${end}`, proof);
  const planted: [found: string, key: Deno.KvKey, value: unknown][] = [
    ["task: account id as raw", ["task", "1", accountId], 1],
    ["task: session id as raw", ["task", session], 1],
    ["exchange: email as raw", place, email],
    ["exchange: postal_code as raw", place, seal(`{"postal_code":"${texts.postal_code}"}`)],
    ["exchange: name as raw", place, { answer: seal(String(texts.name), "/answer", `6:${code}${key}`) }],
    ["exchange: user_id as raw", place, { token: seal(USER_ID, "/token") }],
    ["tries: HMAC as tries/password_reset as raw", [
      "tries",
      keyring.blindIndexes("tries/password_reset", email)[0],
    ], 1],
    ["email: HMAC as email as raw", ["email", keyring.blindIndexes("email", email)[0]], 1],
    ["account: does not open", ["account", "acc_0"], new Uint8Array(100)],
  ];
  for (const [found, key, value] of planted) {
    await service.kv.set(key, value);
    assert((await recordsOf(service, known)).includes(found), `${found}: ${await recordsOf(service, known)}`);
    await service.kv.delete(key);
  }
  const others = new Keyring([{ id: "other", secret: new Uint8Array(32) }]);
  await service.kv.set(place, others.seal("x", place.join("/")));
  assertEquals(await recordsOf(service, known), ["exchange: does not open"]);
});
