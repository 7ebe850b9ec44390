/** The device client when its app is killed at any moment, and started again. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Death, Device, type Weather } from "../../support/simulated_tv.ts";
import { TestService } from "../../support/test_service.ts";

/** Runs the app until it is done or dead. */
async function run(tv: Device, death?: Death): Promise<string> {
  const app = tv.start(death ? { death } : {});
  const done = app.client.signInWithAmazon(app.appstore).then(({ outcome }) => outcome);
  return await tv.service.answerOf(Promise.race([done, app.died]));
}

interface Story {
  readonly title: string;
  readonly scenarios: string[];
  readonly weather: Weather[];
}

/** A code that Amazon does not know: there is no keeping it. */
const REFUSED = "unknown.1";

const STORIES: Story[] = [
  { title: "all goes well", scenarios: ["new.1", "new.2", "new.3"], weather: [] },
  {
    title: "an answer is lost",
    scenarios: ["new.1", "new.2", "new.3"],
    weather: ["answer_lost"],
  },
  {
    title: "Amazon is down at the profile",
    scenarios: ["new~profile-503*3.1", "new.2", "new.3"],
    weather: [],
  },
  {
    title: "the first code is refused",
    scenarios: [REFUSED, "new.2", "new.3", "new.4"],
    weather: [],
  },
];

for (const { title, scenarios, weather } of STORIES) {
  Deno.test(`signInWithAmazon goes on after a kill before or after any operation: ${title}`, async () => {
    const set = async () => {
      const service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
      const tv = new Device(service);
      tv.scenarios = [...scenarios];
      tv.weather = [...weather];
      return { service, tv };
    };
    let operations = 0;
    {
      const { service, tv } = await set();
      await using _ = service;
      assertEquals(await run(tv), "signed_in");
      operations = tv.operations;
    }
    assert(operations >= 6, `${operations} operations`);
    for (let at = 1; at <= operations; at++) {
      for (const takesEffect of [false, true]) {
        // The second life may be cut short as well, at the same place or not at all.
        for (const second of [null, { at: 2, takesEffect }, { at: 4, takesEffect }]) {
          const { service, tv } = await set();
          await using _ = service;
          const story = `${title}, ${at} ${takesEffect}, ${JSON.stringify(second)}`;
          assertEquals(await run(tv, { at, takesEffect }), "died", story);
          if (second) await run(tv, second);
          const outcome = await run(tv);
          assertEquals(outcome, "signed_in", story);
          // A code was asked for again only when it was refused, or had not been stored.
          const kept = tv.codes.filter((code) => !tv.unsaved.has(code) && code !== REFUSED);
          assertEquals(kept.length, 1, story);
          const stored = await service.stored();
          assertEquals([stored.account, stored.session], [1, 1], story);
        }
      }
    }
  });
}

Deno.test("signInWithAmazon ends in each of its lives and wastes no code, whatever happens to device and Amazon", async () => {
  const weather = fc.constantFrom<Weather>("fine", "no_connection", "answer_lost", "hotel", "silence");
  const scenario = fc.constantFrom(
    "new",
    "new~profile-503*3",
    "new~token-503*1",
    "new~token-cut*1",
    "new~token-invalid_client*1",
    "new~profile-delay-1500",
  );
  const life = fc.record({
    death: fc.option(fc.record({ at: fc.integer({ min: 1, max: 9 }), takesEffect: fc.boolean() })),
    weather: fc.array(weather, { maxLength: 4 }),
  });
  const plan = fc.record({
    lives: fc.array(life, { minLength: 1, maxLength: 4 }),
    scenarios: fc.array(scenario, { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(plan, async ({ lives, scenarios }) => {
      await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
      const tv = new Device(service);
      tv.scenarios = [...scenarios, "mork"];
      for (const { death, weather } of lives) {
        tv.weather = [...weather];
        const sent = tv.sent.length;
        await run(tv, death ?? undefined);
        assert(tv.sent.length - sent <= 30, `${tv.sent.length - sent} requests in one life`);
      }
      // At last all is well: at most one more code is refused, then the customer is in.
      tv.weather = [];
      for (let tries = 1; await run(tv) !== "signed_in"; tries++) assert(tries < 6, "Never signed in");
      const lost = tv.codes.filter((code) => code.includes("token-cut")).length;
      const saved = tv.codes.filter((code) => !tv.unsaved.has(code)).length;
      assert(saved <= 1 + lost, `${saved} codes, of which Amazon lost ${lost}`);
      // No customer got two sessions by one code.
      const { session = 0 } = await service.stored();
      assert(session <= saved, `${session} sessions`);
    }),
    { numRuns: 60, seed: 1 },
  );
});
