/** A service whose disk is full refuses sign-ins. When there is room again, the same codes sign in. */
import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../lib/config/config.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { checkInvariants } from "../support/invariants.ts";
import { MAY_RUN } from "../support/child_process.ts";
import {
  type Answer,
  openTestBed,
  ServiceProcess,
  signIn,
  signInWithRetries,
} from "../support/service_process.ts";

/** Limits the size of files, in place of a small disk: that needs no right to mount one. */
const FULL = ["/bin/sh", "-c", `trap '' XFSZ; ulimit -S -f 300; exec "$@"`, "sh"];

Deno.test(
  "a service whose disk is full answers storage_unavailable and loses no code",
  { ignore: !MAY_RUN || Deno.build.os === "windows" },
  async () => {
    await using bed = await openTestBed({ AMAZON_TIMEOUT_MS: "500", AMAZON_DEADLINE_MS: "1000" });
    let signedIn = 0;
    let sent = 0;
    let refused: Answer | undefined;
    const tokenRequests = () => bed.simulator.requests.filter(({ endpoint }) => endpoint === "token").length;
    const requestOf = (i: number) => ({ code: `new.${i}`, key: `key-of-device-number-${i}` });
    {
      await using full = await ServiceProcess.start({ ...bed, wrapper: FULL });
      // The disk may become full during a sign-in. After that no code is claimed, so none is spent.
      for (; refused === undefined && sent < 500; sent++) {
        const before = tokenRequests();
        const answer = await signIn(full.url, requestOf(sent));
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
    await using roomy = await ServiceProcess.start(bed);
    const last = (await signInWithRetries(roomy.url, requestOf(sent - 1))).at(-1);
    assertEquals([last?.status, last?.headers.get("idempotency-replayed")], [201, null]);
    // The sign-ins from before are stored.
    const first = await signIn(roomy.url, requestOf(0));
    assertEquals([first.status, first.headers.get("idempotency-replayed")], [201, "true"]);
    await roomy.end();
    using kv = await Deno.openKv(bed.kvPath);
    const { accounts, sessions } = await checkInvariants(kv, new Keyring(parseConfig(bed.env).dataKeys));
    assertEquals([accounts.size, sessions.length], [signedIn + 1, signedIn + 1]);
  },
);
