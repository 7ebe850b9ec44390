import { assertEquals } from "@std/assert";
import { type Connect, ConnectionProbe, wasNotTaken } from "../../../lib/amazon/connection.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { TestService } from "../../support/test_service.ts";

const URL_OF_AMAZON = "https://amazon.test/version/1.0/auth/o2/token?code=canary";

Deno.test("ConnectionProbe tries a connection only when the response is late, and ends it when disposed of", async () => {
  for (const wait of [999, 1000]) {
    const clock = new FakeClock();
    const tried: [string, AbortSignal][] = [];
    const connect: Connect = (url, signal) => {
      tried.push([url.origin, signal]);
      return new Promise(() => {});
    };
    {
      using probe = new ConnectionProbe(clock, 1000, { url: URL_OF_AMAZON, connect });
      await clock.advance(wait);
      assertEquals([tried.length, probe.failed], wait < 1000 ? [0, false] : [1, true]);
    }
    assertEquals(
      tried.map(([origin, { aborted }]) => [origin, aborted]).flat(),
      tried.length === 0 ? [] : [
        "https://amazon.test",
        true,
      ],
    );
    assertEquals(clock.pending, 0);
  }
});

Deno.test("ConnectionProbe has failed when the connection is refused, and not when it is made", async () => {
  for (
    const [connect, failed] of [[() => Promise.reject(new Error()), true], [
      () => Promise.resolve(),
      false,
    ]] as const
  ) {
    const clock = new FakeClock();
    using probe = new ConnectionProbe(clock, 1000, { url: URL_OF_AMAZON, connect });
    await clock.advance(1000);
    assertEquals(probe.failed, failed);
  }
});

Deno.test("wasNotTaken() looks at the error of fetch and its cause, and at no other error", () => {
  const text = "client error (Connect): tcp connect error";
  assertEquals(wasNotTaken(new TypeError("fetch failed", { cause: new Error(text) })), true);
  assertEquals(wasNotTaken(new TypeError(text)), true);
  assertEquals(
    wasNotTaken(new TypeError("fetch failed", { cause: new Error("client error (SendRequest)") })),
    false,
  );
  assertEquals(wasNotTaken(new DOMException(text, "TimeoutError")), false);
  assertEquals(wasNotTaken(new TypeError("fetch failed", { cause: text })), false);
});

for (
  const [reachable, code, tries] of [[false, "upstream_unavailable", 2], [true, "code_lost", 2]] as const
) {
  Deno.test(`a token request without a response gives ${code} when Amazon can${reachable ? "" : "not"} be reached`, async () => {
    const origins: string[] = [];
    await using service = await TestService.open({
      connect: ({ origin }) => {
        origins.push(origin);
        return reachable ? Promise.resolve() : new Promise(() => {});
      },
    });
    const response = await service.answerOf(
      service.signIn(`mork~token-hang*${tries}.1`, { key: "k".repeat(16) }),
    );
    assertEquals((await response.json()).code, code);
    assertEquals([service.calls.token, origins], [
      tries,
      Array(tries).fill("https://appstore-sdk.amazon.com"),
    ]);
    assertEquals(service.clock.pending, 0);
  });
}

Deno.test("a request that is answered in time tries no other connection", async () => {
  let tried = 0;
  await using service = await TestService.open({
    connect: () => {
      tried++;
      return Promise.resolve();
    },
  });
  for (const code of ["mork~token-delay-1200.1", "new~profile-hang.2", "new~token-503.3"]) {
    await (await service.answerOf(service.signIn(code))).body?.cancel();
  }
  assertEquals(tried, 0);
});

Deno.test("a server that needs the length of a body gets it from then on", async () => {
  const bodies: (string | null)[] = [];
  await using service = await TestService.open({
    wrapFetch: (fetch) => async (input, init) => {
      if (!String(input).includes("/token?")) return await fetch(input, init);
      bodies.push(init?.body === undefined ? null : await new Response(init.body).text());
      return init?.body === undefined ? await fetch(input, init) : new Response("", { status: 411 });
    },
  });
  for (const code of ["mork.1", "new.2"]) {
    assertEquals((await service.answerOf(service.signIn(code))).ok, true);
  }
  assertEquals(bodies, ["", null, null]);
});
