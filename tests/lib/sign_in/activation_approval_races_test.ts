/** Two phones, the phone and the TV, and a denial and an approval at the same moment. */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, PASSWORD, signedUp } from "../../support/account_requests.ts";
import {
  mailedTv,
  poll,
  polled,
  scannedTv,
  signInOnPhone,
  signUpOnPhone,
} from "../../support/activation_requests.ts";
import { submit } from "../../support/mailed_links.ts";
import { numRuns } from "../../support/num_runs.ts";
import { TestService } from "../../support/test_service.ts";

/** How often each race is run. */
const ROUNDS = numRuns({ quick: 4, full: 20 });
const OTHER = "other@example.com";

Deno.test("of two phones with two accounts one approves, and the TV is signed in to its account", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    for (const email of [EMAIL, OTHER]) await signedUp(service, { email });
    const { tv, path } = await scannedTv(service);
    const pages = await Promise.all([EMAIL, OTHER].map((email) => signInOnPhone(service, path, { email })));
    assertEquals(pages.map(({ status }) => status).toSorted(), [200, 410]);
    const winner = pages[0]?.status === 200 ? EMAIL : OTHER;
    assertEquals((await polled(service, tv)).account.email, winner);
    assertEquals((await service.stored()).session, 2 + 1);
  }
});

Deno.test("of a denial and an approval one stands, and the other is told so", async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const { tv, path } = await scannedTv(service);
    const link = await mailedTv(service, path);
    const approve = () =>
      round % 2 === 0 ? submit(service, link, { do: "approve" }) : signInOnPhone(service, path);
    const [approved, denied] = await Promise.all([approve(), submit(service, path, { do: "deny" })]);
    const answer = await poll(service, tv);
    await answer.body?.cancel();
    seen.add(String(answer.status));
    assertEquals([approved.status, denied.status], answer.status === 200 ? [200, 410] : [410, 200]);
  }
  assert(seen.size > 0);
});

Deno.test("the same form twice at the same moment makes one account, one approval and one session", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    const { tv, path } = await scannedTv(service);
    const pages = await Promise.all([signUpOnPhone(service, path), signUpOnPhone(service, path)]);
    assertEquals(pages.map(({ status, heading }) => [status, heading]), [
      [200, "Look at your TV"],
      [200, "Look at your TV"],
    ]);
    const [one, two] = await Promise.all([polled(service, tv, 201), polled(service, tv, 201)]);
    assertEquals(one, two);
    const { account, session } = await service.stored();
    assertEquals([account, session], [1, 1]);
  }
});

Deno.test("a TV that asks while the phone approves is told to wait, or is signed in; and it gets one session", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const { tv, path } = await scannedTv(service);
    const [page, ...early] = await Promise.all([
      signInOnPhone(service, path),
      poll(service, tv),
      poll(service, tv),
      poll(service, tv),
    ]);
    assertEquals(page.status, 200);
    const tokens = new Set<string>();
    for (const response of early) {
      const body = await response.json();
      assert(["authorization_pending", "slow_down", undefined].includes(body.code), body.code);
      if (response.status === 200) tokens.add(body.session_token);
    }
    tokens.add((await polled(service, tv)).session_token);
    assertEquals(tokens.size, 1);
    assertEquals((await service.stored()).session, 1 + 1);
  }
});

Deno.test("guesses at the same moment cannot pass the limit of an activation together", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  await signedUp(service);
  const { tv, path } = await scannedTv(service);
  const guesses = Array.from({ length: 19 }, (_, i) => `wrong password ${i}`);
  for (const password of guesses) await signInOnPhone(service, path, { password });
  const verify = service.services.hasher.verify.bind(service.services.hasher);
  let checked = 0;
  service.services.hasher.verify = (...call) => {
    checked++;
    return verify(...call);
  };
  const last = [...Array.from({ length: 7 }, () => "wrong"), PASSWORD];
  await Promise.all(last.map((password) => signInOnPhone(service, path, { password })));
  assertEquals(checked, 1);
  const { status } = await poll(service, tv);
  assert([200, 400].includes(status));
});
