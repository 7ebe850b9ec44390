/** One try to post a webhook, against a real HTTP server that does what no receiver should. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { DelayedError, RefusedError } from "../../../lib/base/delivery_errors.ts";
import { postWebhook } from "../../../lib/webhooks/post_webhook.ts";
import { MAY_RUN } from "../../support/child_process.ts";
import { SECRETS } from "../../support/webhooks.ts";

const ignore = !MAY_RUN;
const WEBHOOK = { id: "evt_1", body: '{"type":"account.created","timestamp":"…","data":{"name":"Käse 🧀"}}' };
const CHUNK = new Uint8Array(1024);

interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: { readonly path: string; readonly headers: Headers; readonly text: string }[];
}

function receive(answer: (request: Request) => Response | Promise<Response>): Receiver {
  const requests: Receiver["requests"] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    requests.push({
      path: new URL(request.url).pathname,
      headers: request.headers,
      text: await request.text(),
    });
    return await answer(request);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/hook`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function post(url: string, signal = new AbortController().signal): Promise<void> {
  const secrets = SECRETS.map((secret) => Uint8Array.fromBase64(secret.slice("whsec_".length)));
  await postWebhook(WEBHOOK, { url, secrets }, { fetch, clock: { now: () => Date.now() }, signal });
}

Deno.test({
  name: "a receiver that uses the package standardwebhooks verifies a webhook with each of the secrets",
  ignore,
  async fn() {
    await using receiver = receive(() => new Response("taken"));
    await post(receiver.url);
    const [{ headers, text } = { headers: new Headers(), text: "" }] = receiver.requests;
    for (const secret of SECRETS) {
      assertEquals(new Webhook(secret).verify(text, Object.fromEntries(headers)), JSON.parse(WEBHOOK.body));
    }
    const wrong = new Webhook(`whsec_${btoa("wrong".repeat(6))}`);
    await assertRejects(() => Promise.try(() => wrong.verify(text, Object.fromEntries(headers))), Error);
  },
});

for (const status of [301, 302, 307, 308]) {
  Deno.test({
    name: `a redirect by ${status} is not followed`,
    ignore,
    async fn() {
      await using receiver = receive(() =>
        new Response(null, { status, headers: { location: "/elsewhere" } })
      );
      await assertRejects(() => post(receiver.url), DelayedError, String(status));
      assertEquals(receiver.requests.map(({ path }) => path), ["/hook"]);
    },
  });
}

for (const [status, headers] of [[200, {}], [500, {}], [200, { "content-length": "999999999" }]] as const) {
  Deno.test({
    name: `an endless answer with ${status} ${JSON.stringify(headers)} is not read`,
    ignore,
    async fn() {
      let sent = 0;
      let cancelled = false;
      const endless = () =>
        new ReadableStream<Uint8Array>({
          pull(controller) {
            sent += CHUNK.length;
            controller.enqueue(CHUNK);
          },
          cancel() {
            cancelled = true;
          },
        });
      await using receiver = receive(() => new Response(endless(), { status, headers }));
      const posted = post(receiver.url);
      if (status === 200) await posted;
      else await assertRejects(() => posted, DelayedError);
      while (!cancelled) await new Promise((resolve) => setTimeout(resolve, 1));
      // What lies in the buffers of the connection was sent, and not read.
      assert(sent < 50_000_000, String(sent));
    },
  });
}

Deno.test({
  name: "a small answer that unpacks to a large one is not unpacked",
  ignore,
  async fn() {
    const packed = await new Response(
      new Blob([new Uint8Array(1_000_000)]).stream().pipeThrough(new CompressionStream("gzip")),
    ).bytes();
    assert(packed.length < 1024);
    await using receiver = receive(() =>
      new Response(packed, {
        headers: { "content-encoding": "gzip", "content-length": String(packed.length) },
      })
    );
    await post(receiver.url);
  },
});

Deno.test({
  name: "the connection of a short answer serves the next webhook",
  ignore,
  async fn() {
    const ports = new Set<number>();
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (_, { remoteAddr }) => {
        ports.add(remoteAddr.port);
        return new Response("taken");
      },
    );
    for (let i = 0; i < 5; i++) await post(`http://127.0.0.1:${server.addr.port}/`);
    assertEquals(ports.size, 1);
  },
});

Deno.test({
  name: "a receiver that begins its answer and never ends it has taken the webhook",
  ignore,
  async fn() {
    const { promise, resolve } = Promise.withResolvers<void>();
    const body = () =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await promise;
          controller.close();
        },
      });
    await using receiver = receive(() => new Response(body()));
    await post(receiver.url);
    resolve();
  },
});

Deno.test({
  name: "a receiver that is away, hangs up, or does not answer in time, delays the webhook; 410 refuses it",
  ignore,
  async fn() {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const away = `http://127.0.0.1:${listener.addr.port}/`;
    const hangsUp = listener.accept().then((connection) => connection.close());
    await assertRejects(() => post(away), DelayedError, "could not be reached");
    await hangsUp;
    listener.close();
    const error = await assertRejects(() => post(away), DelayedError, "could not be reached");
    assert(!error.message.includes("127.0.0.1"));
    const { promise, resolve } = Promise.withResolvers<Response>();
    await using slow = receive(() => promise);
    await assertRejects(() => post(slow.url, AbortSignal.timeout(50)), DelayedError, "in time");
    resolve(new Response());
    await using gone = receive(() => new Response(null, { status: 410 }));
    await assertRejects(() => post(gone.url), RefusedError, "410");
  },
});
