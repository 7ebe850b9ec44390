/** HTTP as bytes on a connection: what no client library sends. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess } from "../support/service_process.ts";

const ignore = !MAY_RUN;

/** A request line and headers, with the status that they get and a part of the body. */
const REQUESTS: [request: string, status: number, body: RegExp][] = [
  ["GET /healthz HTTP/1.1\r\nHost: a", 200, /^\{"status":"ok"\}$/],
  ["GET /healthz HTTP/1.0", 200, /^\{"status":"ok"\}$/],
  ["GET http://a/healthz HTTP/1.1\r\nHost: a", 200, /^\{"status":"ok"\}$/],
  ["GET /healthz HTTP/1.1\r\nHost: [::1]:8000", 200, /^\{"status":"ok"\}$/],
  ...["x/openapi.json?", "x/openapi.json#", "x/docs?", "a b", "u@a", "a,b", "a\\", "a:b", "", "h\xff"].map(
    (host): [string, number, RegExp] => [
      `GET /healthz HTTP/1.1\r\nHost: ${host}`,
      400,
      /"code":"invalid_request"/,
    ],
  ),
  ["GET http://a/healthz HTTP/1.1\r\nHost: x/openapi.json?", 400, /"code":"invalid_request"/],
  ["OPTIONS * HTTP/1.1\r\nHost: a", 404, /"code":"not_found"/],
  ["OPTIONS /v1/sessions/amazon HTTP/1.1\r\nHost: a", 405, /"code":"method_not_allowed"/],
  ["TRACE /healthz HTTP/1.1\r\nHost: a", 405, /"code":"method_not_allowed"/],
  ["CONNECT a:80 HTTP/1.1\r\nHost: a", 404, /"code":"not_found"/],
  ["BREW /healthz HTTP/1.1\r\nHost: a", 405, /"code":"method_not_allowed"/],
  ["GET //healthz HTTP/1.1\r\nHost: a", 404, /"code":"not_found"/],
  ["POST /v1/sessions/amazon HTTP/1.1\r\nHost: a\r\nContent-Length: 0", 400, /The body is missing/],
  ["PATCH /v1/account HTTP/1.1\r\nHost: a", 401, /"code":"invalid_session"/],
];

Deno.test({
  name: "main.ts finds the route by the request line, and refuses a Host that is none",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start(bed);
    for (const [request, status, body] of REQUESTS) {
      const answer = await exchange(service, `${request}\r\nConnection: close\r\n\r\n`);
      assertEquals(Number(/^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1]), status, request);
      assertMatch(answer.split("\r\n\r\n")[1] ?? "", body, request);
    }
    const head = await exchange(service, "HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assertMatch(head, /^HTTP\/1\.1 200 [^]*\r\n\r\n$/);
    assertEquals(service.lines.filter((line) => line.includes("ERROR")), []);
  },
});

Deno.test({
  name: "main.ts logs a body that its client cuts as client_gone at level info, and no error",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start(bed);
    const start = (path: string, type: string, more: string) =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n${more}\r\n\r\n`;
    const json = "application/json";
    const cut = [
      `${start("/v1/sessions/amazon", json, "Content-Length: 100")}{"code":`,
      `${start("/v1/accounts", json, "Transfer-Encoding: chunked")}5\r\n{"ema`,
      `${start("/delete-account", "application/x-www-form-urlencoded", "Content-Length: 100")}email=`,
    ];
    for (const request of cut) {
      using connection = await connect(service);
      await connection.write(new TextEncoder().encode(request));
    }
    const gone = () => service.lines.filter((line) => line.includes('"client_gone"'));
    for (let i = 0; gone().length < cut.length; i++) {
      assert(i < 300, service.lines.join("\n"));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const line of service.lines) assertEquals(JSON.parse(line).level === "ERROR", false, line);
    assertEquals(service.lines.filter((line) => line.includes("unexpected")), []);
  },
});

function connect(service: ServiceProcess): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(service.url);
  return Deno.connect({ hostname, port: Number(port) });
}

/** Sends bytes, each character as one, and reads until the service closes the connection. */
async function exchange(service: ServiceProcess, request: string): Promise<string> {
  using connection = await connect(service);
  await connection.write(Uint8Array.from(request, (char) => char.charCodeAt(0)));
  return await new Response(connection.readable).text();
}
