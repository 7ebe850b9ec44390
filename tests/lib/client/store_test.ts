/** The device client with a storage that fails. */
import { assert, assertEquals } from "@std/assert";
import { SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

for (
  const [title, storage] of [
    ["cannot be read", { getItem: () => Promise.reject(new Error("Corrupt")) }],
    ["cannot be written", { setItem: () => Promise.reject(new Error("Disk full")) }],
    ["throws", {
      setItem: () => {
        throw new Error("Quota");
      },
    }],
    ["holds garbage", { getItem: () => "{" }],
    ["holds a record without a session", { getItem: () => '{"kind":"session","session":{}}' }],
  ] as const
) {
  Deno.test(`signInWithAmazon signs in with a storage that ${title}`, async () => {
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    const working = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
    const { client, appstore } = tv.startApp({ storage: { ...working, ...storage } });
    const result = await service.answerOf(client.signInWithAmazon(appstore));
    assert(result.outcome === "signed_in");
    assertEquals(await client.session(), result.session);
  });
}
