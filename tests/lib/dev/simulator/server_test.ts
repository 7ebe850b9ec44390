/** The simulator over real HTTP. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../../../lib/base/clock.ts";
import { createSimulator, type Simulator } from "../../../../lib/dev/simulator/simulator.ts";
import { serveSimulator } from "../../../../lib/dev/simulator/server.ts";
import { pause, until } from "../../../support/service_process.ts";
import { tokenParameters } from "../../../support/simulator_requests.ts";

const ignore = !(Deno.permissions.querySync({ name: "net" }).state === "granted");

Deno.test(
  "serveSimulator returns a token and a profile",
  { ignore },
  () =>
    withServer(async ({ url, simulator }) => {
      const token = await fetch(...tokenRequest(url, "mork.1"));
      assertEquals(token.status, 200);
      assertMatch(token.headers.get("content-type")!, /^application\/json/);
      const { access_token } = await token.json();
      const profile = await fetch(`${url}/version/1.0/user/profile?${new URLSearchParams({ access_token })}`);
      assertEquals(profile.status, 200);
      assertEquals((await profile.json()).name, "Mork Hashimoto");
      assertEquals(simulator.requests.map(({ endpoint, status }) => [endpoint, status]), [
        ["token", 200],
        ["profile", 200],
      ]);
    }),
);

Deno.test(
  "serveSimulator accepts a form body and a bearer token",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      const [target, { method }] = tokenRequest(url, "mork.1");
      const [path, query] = target.split("?");
      const token = await fetch(path!, { method, body: new URLSearchParams(query) });
      const { access_token } = await token.json();
      const headers = { authorization: `Bearer ${access_token}` };
      const profile = await fetch(`${url}/version/1.0/user/profile`, { headers });
      assertEquals([profile.status, (await profile.json()).postal_code], [200, "98052"]);
    }),
);

Deno.test("serveSimulator passes a raw | in the query on", { ignore }, () =>
  withServer(async ({ url }) => {
    const response = await fetch(`${url}/version/1.0/user/profile?access_token=Atza|x`);
    assertEquals([response.status, response.headers.get("content-type")], [400, "text/html;charset=UTF-8"]);
    assertStringIncludes(await response.text(), "<html>");
  }));

Deno.test(
  "serveSimulator issues codes and lists customers and faults",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      const issued = await fetch(`${url}/codes`, {
        method: "POST",
        body: JSON.stringify({ scenario: "idn" }),
      });
      assertEquals(issued.status, 201);
      const { code } = await issued.json();
      const token = await fetch(...tokenRequest(url, code));
      assertEquals(token.status, 200);
      await token.body?.cancel();
      assertStringIncludes(await (await fetch(url)).text(), "new~token-delay-300.1");
    }),
);

Deno.test(
  "serveSimulator drops a connection before the response",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      const error = await assertRejects(
        () => fetch(...tokenRequest(url, "new~token-drop")),
        TypeError,
        "fetch failed",
      );
      assertMatch(String(error.cause), /connection/);
    }),
);

Deno.test(
  "serveSimulator cuts a body after the code is spent",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      const response = await fetch(...tokenRequest(url, "new~token-cut*1"));
      assertEquals(response.status, 200);
      await assertRejects(() => response.text(), TypeError, "error reading a body from connection");
      const retry = await fetch(...tokenRequest(url, "new~token-cut*1"));
      assertEquals([retry.status, (await retry.json()).error], [400, "invalid_grant"]);
    }),
);

for (const kind of ["stall", "drip"]) {
  Deno.test(
    `serveSimulator sends the headers of ${kind} at once`,
    { ignore },
    () =>
      withServer(async ({ url }) => {
        const client = new AbortController();
        const [target, init] = tokenRequest(url, `new~token-${kind}`);
        const response = await fetch(target, { ...init, signal: client.signal });
        const reader = response.body!.getReader();
        const { value } = await reader.read();
        assert(value!.length > 0 && value!.length < Number(response.headers.get("content-length")));
        const rest = reader.read();
        client.abort(new Error("Left"));
        if (kind === "stall") await assertRejects(() => rest, Error, "Left");
        else await rest.catch(() => undefined);
      }),
  );
}

Deno.test("serveSimulator streams an endless body", { ignore }, () =>
  withServer(async ({ url }) => {
    const response = await fetch(...tokenRequest(url, "new~token-endless"));
    assertEquals(response.headers.get("content-length"), null);
    let size = 0;
    for await (const chunk of response.body!) {
      size += chunk.length;
      if (size > 1_200_000) break;
    }
    assert(size > 1_200_000);
  }));

Deno.test(
  "serveSimulator sends the content-length of an oversize body",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      const response = await fetch(...tokenRequest(url, "new~token-oversize"));
      assertEquals(response.headers.get("content-length"), "65537");
      assertEquals((await response.json()).token_type, "bearer");
    }),
);

Deno.test(
  "serveSimulator hangs until the client leaves",
  { ignore },
  () =>
    withServer(async ({ url, simulator }) => {
      const [target, init] = tokenRequest(url, "new~token-hang");
      const signal = AbortSignal.timeout(50);
      await assertRejects(() => fetch(target, { ...init, signal }), DOMException, "timeout");
      assertEquals(simulator.requests[0]?.status, "hung");
    }),
);

Deno.test("serveSimulator aborts the signal when the client leaves", { ignore }, async () => {
  const aborted = Promise.withResolvers<void>();
  const fetchUntilAborted: typeof fetch = (_, init) =>
    new Promise((_, reject) =>
      init!.signal!.addEventListener("abort", () => {
        aborted.resolve();
        reject(new TypeError("Left"));
      })
    );
  const server = await serveSimulator({ fetch: fetchUntilAborted }, { port: 0 });
  const signal = AbortSignal.timeout(50);
  await assertRejects(() => fetch(server.url, { signal }), DOMException, "timeout");
  await aborted.promise;
  await server.close();
});

Deno.test("serveSimulator stops a body when the client leaves without reading it", { ignore }, async () => {
  const cancelled = Promise.withResolvers<void>();
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel: () => cancelled.resolve(),
  });
  const server = await serveSimulator({ fetch: () => Promise.resolve(new Response(body)) }, { port: 0 });
  const response = await fetch(server.url);
  const reader = response.body!.getReader();
  await reader.read();
  // Within this time the buffers of both sides fill, so the server waits for the client.
  await pause(100);
  await reader.cancel();
  await cancelled.promise;
  await server.close();
});

Deno.test("close ends responses that hang, stall, drip, wait or never end", { ignore }, async () => {
  const simulator = createSimulator({ clock: systemClock });
  const server = await serveSimulator(simulator, { port: 0 });
  const kinds = ["hang", "stall", "drip", "endless", "delay-60000"];
  const ended = kinds.map((kind) =>
    fetch(...tokenRequest(server.url, `new~token-${kind}`)).then((response) => response.text())
      .then(() => "whole", (error) => error.name)
  );
  await until(() => simulator.requests.length === kinds.length);
  const start = performance.now();
  await server.close();
  assertEquals(await Promise.all(ended), kinds.map(() => "TypeError"));
  assert(performance.now() - start < 1000);
});

Deno.test(
  "serveSimulator resets a connection whose request is over 64 KiB",
  { ignore },
  () =>
    withServer(async ({ url }) => {
      await assertRejects(
        () => fetch(`${url}/codes`, { method: "POST", body: "x".repeat(70_000) }),
        TypeError,
      );
    }),
);

Deno.test(
  "serveSimulator rejects for a port in use",
  { ignore },
  () =>
    withServer(async ({ url, simulator }) => {
      await assertRejects(
        () => serveSimulator(simulator, { port: Number(new URL(url).port) }),
        Error,
        "EADDRINUSE",
      );
    }),
);

async function withServer(
  use: (server: { url: string; simulator: Simulator }) => Promise<void>,
): Promise<void> {
  const simulator = createSimulator({ clock: systemClock });
  const server = await serveSimulator(simulator, { port: 0 });
  try {
    await use({ url: server.url, simulator });
  } finally {
    await server.close();
  }
}

function tokenRequest(url: string, code: string): [url: string, init: { method: string }] {
  return [`${url}/version/1.0/auth/o2/token?${tokenParameters(code)}`, { method: "POST" }];
}
