/** The disk is full: sign-ins are told to come again, and no code is lost when there is room. */
import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/config/config.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { audit } from "../support/invariants.ts";
import { MAY_RUN } from "./running.ts";
import { type Answered, ask, askUntilSettled, environmentOf, serveAmazon, Service } from "./service.ts";

/** A limit on the size of files stands in for a full disk, which takes no right to mount one. */
const FULL = ["/bin/sh", "-c", `trap '' XFSZ; ulimit -S -f 300; exec "$@"`, "sh"];

Deno.test(
  "a service whose disk is full answers storage_unavailable and loses no code",
  { ignore: !MAY_RUN || Deno.build.os === "windows" },
  async () => {
    await using amazon = await serveAmazon();
    const directory = await Deno.makeTempDir({ prefix: "oneclick-full-" });
    const kvPath = `${directory}/kv.sqlite3`;
    const env = { ...environmentOf(amazon, kvPath), AMAZON_TIMEOUT_MS: "500", AMAZON_DEADLINE_MS: "1000" };
    try {
      let signedIn = 0;
      let asked = 0;
      let refused: Answered | undefined;
      const tokenRequests = () =>
        amazon.simulator.requests.filter(({ endpoint }) => endpoint === "token").length;
      const askFor = (i: number) => ({ code: `new.${i}`, key: `key-of-device-number-${i}` });
      {
        await using full = await Service.start({ env, wrapper: FULL });
        // The disk may become full in the middle of a sign-in; once it is, nothing is claimed and no code spent.
        for (; refused === undefined && asked < 500; asked++) {
          const before = tokenRequests();
          const answer = await ask(full.url, askFor(asked));
          if (answer.status === 201) signedIn++;
          else if (tokenRequests() === before) refused = answer;
        }
        assert(signedIn > 0 && refused !== undefined);
        assertEquals([refused.status, refused.body.code, refused.body.next], [
          503,
          "storage_unavailable",
          "retry",
        ]);
        assertEquals(refused.headers.get("retry-after"), "1");
        const health = await fetch(`${full.url}/healthz`);
        assertEquals([health.status, await health.json()], [200, { status: "ok" }]);
      }
      await using roomy = await Service.start({ env });
      const last = (await askUntilSettled(() => roomy.url, askFor(asked - 1))).at(-1);
      assertEquals([last?.status, last?.headers.get("idempotency-replayed")], [201, null]);
      // What was answered before is all there.
      const first = await ask(roomy.url, askFor(0));
      assertEquals([first.status, first.headers.get("idempotency-replayed")], [201, "true"]);
      await roomy.end();
      using kv = await Deno.openKv(kvPath);
      const { accounts, sessions } = await audit(kv, new Keyring(parseConfig(env).dataKeys));
      assertEquals([accounts.size, sessions.length], [signedIn + 1, signedIn + 1]);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);
