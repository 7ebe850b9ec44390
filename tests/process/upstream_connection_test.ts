/** Real connections to a stand-in for Amazon that break, are refused or never come about, as `main.ts` sees them. */
import { assertEquals } from "@std/assert";
import { createSecureServer } from "node:http2";
import { certify } from "../support/certificates.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess, signIn, signInWithRetries, until } from "../support/service_process.ts";

const ignore = !MAY_RUN;
const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const SHORT = { AMAZON_TIMEOUT_MS: "500", AMAZON_DEADLINE_MS: "1500" };

Deno.test({
  name: "a TLS handshake without an answer is upstream_unavailable: nothing was sent, and the code is good",
  ignore,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const held: Deno.Conn[] = [];
    const accepting = (async () => {
      for await (const connection of listener) held.push(connection);
    })();
    await using bed = await openTestBed();
    const AMAZON_BASE_URL = `https://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
    await using service = await ServiceProcess.start({ env: { ...bed.env, ...SHORT, AMAZON_BASE_URL } });
    const { status, body } = await signIn(service.url, { code: "mork.1", key: KEY });
    assertEquals([status, body.code, body.next], [503, "upstream_unavailable", "retry"]);
    listener.close();
    await accepting;
    for (const connection of held) connection.close();
  },
});

Deno.test({
  name:
    "a server that takes the request and says nothing is code_lost, after the same code was sent once more",
  ignore,
  async fn() {
    await using amazon = rawServer(() => null);
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start({
      env: { ...bed.env, AMAZON_TIMEOUT_MS: "500", AMAZON_DEADLINE_MS: "1500", AMAZON_BASE_URL: amazon.url },
    });
    const { status, body } = await signIn(service.url, { code: "mork.1", key: KEY });
    assertEquals([status, body.code, body.next], [502, "code_lost", "new_code"]);
    assertEquals(amazon.requests.length, 2);
  },
});

for (const form of ["query", "form"]) {
  Deno.test({
    name:
      `a kept connection that dies under a token request by ${form}: Amazon sees as many requests as the log tells`,
    ignore,
    async fn() {
      // Each connection answers one request and dies under the next one.
      await using amazon = rawServer((request, count) => count === 1 ? answerTo(request) : "");
      await using bed = await openTestBed();
      await using service = await ServiceProcess.start({
        env: { ...bed.env, AMAZON_TOKEN_REQUEST: form, AMAZON_BASE_URL: amazon.url, LOG_LEVEL: "debug" },
      });
      for (let i = 0; i < 6; i++) await signIn(service.url, { code: `code.${i}`, key: `${KEY}${i}` });
      const tokens = () => amazon.requests.filter((request) => request.startsWith("POST ")).length;
      const logged = () =>
        service.lines.filter((line) => line.includes('"upstream"') && line.includes('"token"')).length;
      await until(() => logged() >= tokens());
      assertEquals(logged(), tokens());
    },
  });
}

const TOKEN = JSON.stringify({ access_token: `Atza|${"a".repeat(400)}`, token_type: "bearer" });

for (
  const [name, ending] of [
    ["a length that is too long", `HTTP/1.1 200 OK\r\nContent-Length: ${TOKEN.length + 50}\r\n\r\n${TOKEN}`],
    [
      "no last chunk",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${TOKEN.length.toString(16)}\r\n${TOKEN}\r\n`,
    ],
    [
      "a chunk that is none",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${
        TOKEN.length.toString(16)
      }\r\n${TOKEN}\r\nzz\r\n`,
    ],
    ["no length at all", `HTTP/1.1 200 OK\r\n\r\n${TOKEN}`],
    ["status 500", `HTTP/1.1 500 Sorry\r\nContent-Length: ${TOKEN.length}\r\n\r\n${TOKEN}`],
  ] as const
) {
  Deno.test({
    name: `a token with ${name} is used`,
    ignore,
    async fn() {
      await using amazon = rawServer((request) =>
        request.startsWith("POST ") ? { last: ending } : answerTo(request)
      );
      await using bed = await openTestBed();
      await using service = await ServiceProcess.start({ env: { ...bed.env, AMAZON_BASE_URL: amazon.url } });
      const { status } = await signIn(service.url, { code: "mork.1", key: KEY });
      assertEquals([status, amazon.requests.length], [201, 2]);
    },
  });
}

for (const [name, reason] of [["REFUSED_STREAM", 7], ["ENHANCE_YOUR_CALM", 11]] as const) {
  Deno.test({
    name: `HTTP/2 ${name} is upstream_unavailable, and the same code signs in afterwards`,
    ignore,
    async fn() {
      await using bed = await openTestBed();
      const { authority, server: certified } = certify("127.0.0.1");
      const DENO_CERT = `${bed.folder}/authority.pem`;
      await Deno.writeTextFile(DENO_CERT, authority);
      let refusing = true;
      let tokens = 0;
      const server = createSecureServer(certified);
      server.on("stream", (stream: RefusableStream, headers: Record<string, string>) => {
        if (headers[":method"] === "POST") tokens++;
        stream.on("error", () => {});
        if (refusing) return stream.close(reason);
        stream.respond({ ":status": 200 });
        stream.end(headers[":method"] === "POST" ? TOKEN : PROFILE);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as { port: number };
      await using service = await ServiceProcess.start({
        env: { ...bed.env, AMAZON_BASE_URL: `https://127.0.0.1:${port}`, DENO_CERT },
      });
      const first = await signIn(service.url, { code: "mork.1", key: KEY });
      assertEquals([first.status, first.body.code], [503, "upstream_unavailable"]);
      assertEquals(tokens, 2);
      refusing = false;
      const answers = await signInWithRetries(service.url, { code: "mork.1", key: KEY });
      assertEquals(answers.at(-1)?.status, 201);
      await service.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

/** What is used of a stream of `node:http2`. */
interface RefusableStream {
  on(event: "error", listener: () => void): void;
  close(code: number): void;
  respond(headers: Record<string, unknown>): void;
  end(text: string): void;
}

const PROFILE = JSON.stringify({ user_id: "amznl.account.MORK", email: "mork@example.com" });

function answerTo(request: string): string {
  const body = request.startsWith("POST ") ? TOKEN : PROFILE;
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/**
 * Serves HTTP as bytes.
 *
 * @param respond Returns the bytes of a response; an empty text closes the connection, null says nothing, and `last` closes
 *   it after the bytes. `count`: the number of the request on its connection, from 1.
 */
function rawServer(respond: (request: string, count: number) => string | { last: string } | null) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: string[] = [];
  const connections = new Set<Deno.Conn>();
  const serve = async (connection: Deno.Conn) => {
    const buffer = new Uint8Array(16_384);
    for (let count = 0, text = "";;) {
      const length = await connection.read(buffer);
      if (length === null) return;
      text += new TextDecoder().decode(buffer.subarray(0, length));
      if (!isWhole(text)) continue;
      requests.push(text);
      const response = respond(text, ++count);
      text = "";
      if (response === null) continue;
      const bytes = typeof response === "string" ? response : response.last;
      if (bytes !== "") await connection.write(new TextEncoder().encode(bytes));
      if (bytes === "" || typeof response !== "string") return;
    }
  };
  const close = (connection: Deno.Conn) => {
    connections.delete(connection);
    try {
      connection.close();
    } catch { /* It is closed already. */ }
  };
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.add(connection);
      serve(connection).catch(() => {}).finally(() => close(connection));
    }
  })();
  return {
    url: `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of connections) close(connection);
    },
  };
}

/** Tells whether a request has come as a whole: its header, and its body by length or in chunks. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const header = text.slice(0, end).toLowerCase();
  const body = text.slice(end + 4);
  if (header.includes("transfer-encoding: chunked")) return body.endsWith("0\r\n\r\n");
  return body.length >= Number(/content-length: (\d+)/.exec(header)?.[1] ?? 0);
}
