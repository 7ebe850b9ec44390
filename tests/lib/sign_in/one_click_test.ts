/** One-click sign-in and stored records that contradict each other. */
import { assert, assertEquals } from "@std/assert";
import { countingKv, type KvCounts } from "../../support/kv_hooks.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("signInWithAmazon reports an index without its account after one more look, and the log names the account", async () => {
  const counts: KvCounts = { commits: 0, eventualReads: 0, strongReads: 0 };
  await using service = await TestService.open({ wrapKv: (kv) => countingKv(kv, counts) });
  const { account } = await service.signedIn("mork.1");
  await service.kv.delete(["account", account.id]);
  Object.assign(counts, { commits: 0, eventualReads: 0, strongReads: 0 });
  const response = await service.signIn("mork.2");
  const text = await response.text();
  assertEquals([response.status, response.headers.get("retry-after")], [503, "60"]);
  assertEquals(JSON.parse(text).code, "storage_unavailable");
  assert(!text.includes(account.id) && !text.includes("index"), text);
  // The claim, the kept token and the release; the first look at a replica, and two looks at the primary.
  assertEquals(counts, { commits: 3, eventualReads: 2, strongReads: 4 });
  const [line] = service.log.filter(({ level }) => level === "ERROR");
  assertEquals([line?.problem, line?.detail], [
    "storage_unavailable",
    `An index points at ${account.id}, which does not exist`,
  ]);
});
