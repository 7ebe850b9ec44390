/** One click on a device whose app is killed at any moment and started again. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Kill, type NetworkOutcome, SimulatedTv } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

/** Starts the app and signs in until there is an outcome or the app is killed. */
async function run(tv: SimulatedTv, kill?: Kill): Promise<string> {
  const app = tv.startApp(kill ? { kill } : {});
  const done = app.client.signInWithAmazon(app.appstore).then(({ outcome }) => outcome);
  return await tv.service.answerOf(Promise.race([done, app.killed]));
}

/** A course of events in which the app is killed. */
interface Course {
  readonly title: string;
  readonly scenarios: string[];
  readonly network: NetworkOutcome[];
}

/** A code that Amazon does not know. The client drops such a code. */
const REFUSED_CODE = "unknown.1";

const COURSES: Course[] = [
  { title: "nothing fails", scenarios: ["new.1", "new.2", "new.3"], network: [] },
  {
    title: "a response is lost",
    scenarios: ["new.1", "new.2", "new.3"],
    network: ["response_lost"],
  },
  {
    title: "Amazon is down at the profile",
    scenarios: ["new~profile-503*3.1", "new.2", "new.3"],
    network: [],
  },
  {
    title: "the first code is refused",
    scenarios: [REFUSED_CODE, "new.2", "new.3", "new.4"],
    network: [],
  },
];

for (const { title, scenarios, network } of COURSES) {
  Deno.test(`signInWithAmazon goes on after a kill before or after any operation: ${title}`, async () => {
    const open = async () => {
      const service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
      const tv = new SimulatedTv(service);
      tv.scenarios = [...scenarios];
      tv.network = [...network];
      return { service, tv };
    };
    let operations = 0;
    {
      const { service, tv } = await open();
      await using _ = service;
      assertEquals(await run(tv), "signed_in");
      operations = tv.operations;
    }
    assert(operations >= 6, `${operations} operations`);
    for (let at = 1; at <= operations; at++) {
      for (const takesEffect of [false, true]) {
        // The second run is killed as well at another operation, or not at all.
        for (const secondKill of [null, { at: 2, takesEffect }, { at: 4, takesEffect }]) {
          const { service, tv } = await open();
          await using _ = service;
          const course = `${title}, ${at} ${takesEffect}, ${JSON.stringify(secondKill)}`;
          assertEquals(await run(tv, { at, takesEffect }), "killed", course);
          if (secondKill) await run(tv, secondKill);
          const outcome = await run(tv);
          assertEquals(outcome, "signed_in", course);
          // The app asked for another code only when the code was refused or had not been stored.
          const keptCodes = tv.codes.filter((code) => !tv.unsavedCodes.has(code) && code !== REFUSED_CODE);
          assertEquals(keptCodes.length, 1, course);
          const stored = await service.stored();
          assertEquals([stored.account, stored.session], [1, 1], course);
        }
      }
    }
  });
}

Deno.test("signInWithAmazon ends in each run of the app and wastes no code, with any faults of network and Amazon", async () => {
  const network = fc.constantFrom<NetworkOutcome>(
    "ok",
    "no_connection",
    "response_lost",
    "captive_portal",
    "no_response",
  );
  const scenario = fc.constantFrom(
    "new",
    "new~profile-503*3",
    "new~token-503*1",
    "new~token-cut*1",
    "new~token-invalid_client*1",
    "new~profile-delay-1500",
  );
  const appRun = fc.record({
    kill: fc.option(fc.record({ at: fc.integer({ min: 1, max: 9 }), takesEffect: fc.boolean() })),
    network: fc.array(network, { maxLength: 4 }),
  });
  const plan = fc.record({
    appRuns: fc.array(appRun, { minLength: 1, maxLength: 4 }),
    scenarios: fc.array(scenario, { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ appRuns, scenarios }) => {
      await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
      const tv = new SimulatedTv(service);
      tv.scenarios = [...scenarios, "mork"];
      for (const { kill, network } of appRuns) {
        tv.network = [...network];
        const requestsBefore = tv.requests.length;
        await run(tv, kill ?? undefined);
        assert(
          tv.requests.length - requestsBefore <= 30,
          `${tv.requests.length - requestsBefore} requests in one run`,
        );
      }
      // From now on the network works: at most one more code is refused, then the customer is signed in.
      tv.network = [];
      for (let tries = 1; await run(tv) !== "signed_in"; tries++) assert(tries < 6, "Never signed in");
      const lostCodes = tv.codes.filter((code) => code.includes("token-cut")).length;
      const savedCodes = tv.codes.filter((code) => !tv.unsavedCodes.has(code)).length;
      assert(savedCodes <= 1 + lostCodes, `${savedCodes} codes, of which Amazon lost ${lostCodes}`);
      // One code never created two sessions.
      const { session = 0 } = await service.stored();
      assert(session <= savedCodes, `${session} sessions`);
    }),
    { numRuns: 60, seed: 1 },
  );
});
