/** `deno task simulator`: what an app's tests are told to send works, and a purchase is followed. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DenoProcess, MAY_RUN } from "../support/child_process.ts";
import { pause } from "../support/service_process.ts";

const ignore = !MAY_RUN;
const [SERVICE, AMAZON] = ["http://localhost:8751", "http://localhost:8752"];

Deno.test({
  name: "each command for the tests of an app works, and the task that is named runs in memory",
  ignore,
  async fn() {
    const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    assertMatch(tasks.simulator.command, /^KV_PATH=:memory: deno run (?!.*--watch).* lib\/dev\/main\.ts$/);
    await using _ = await start();
    const readme = await Deno.readTextFile("lib/dev/README.md");
    const commands = Array.from(
      readme.matchAll(/^curl (?:--\S+ (?:\d+ )?)*(?:-X POST )?(\S+)(?: -d '([^']+)')?/gm),
      ([line, url = "", data]) => ({ url, data, post: data !== undefined || line.includes("-X POST") }),
    ).filter(({ url }) => url.startsWith("http://"));
    assertEquals(commands.length, 6);
    for (const { url, data, post } of commands) {
      const response = await send(url.replace(":8000", ":8751").replace(":8001", ":8752"), post, data);
      assert(response.ok, `${url}: ${response.status}`);
    }
  },
});

Deno.test({
  name: "a test of an app sells a receipt, cancels it and lets 14 days pass, and the service follows",
  ignore,
  async fn() {
    await using _ = await start();
    const json = async (url: string, body?: unknown, headers = {}) => {
      const response = await send(url, body !== undefined, JSON.stringify(body), headers);
      assert(response.ok, `${url}: ${response.status} ${response.text}`);
      return JSON.parse(response.text);
    };
    const buy = () => json(`${AMAZON}/receipts`, { scenario: "sub.active", user_id: "amzn1.user" });
    const [{ receipt_id: kept }, { receipt_id: lost }] = [await buy(), await buy()];
    const { code } = await json(`${AMAZON}/codes`, { scenario: "new" });
    const purchases = { user_id: "amzn1.user", receipts: [kept, lost] };
    const { session_token: token } = await json(`${SERVICE}/v1/sessions/amazon`, { code, purchases });
    const states = async (): Promise<Record<string, [string, boolean, string]>> => {
      const headers = { authorization: `Bearer ${token}` };
      const { entitlements } = await json(`${SERVICE}/v1/entitlements`, undefined, headers);
      return Object.fromEntries(
        entitlements.map((
          it: Record<string, unknown>,
        ) => [it.receipt_id, [it.state, it.auto_renewing, it.fulfillment]]),
      );
    };
    // What Amazon has not verified by the end of the sign-in is verified right after it.
    while (Object.values(await states()).some(([state]) => state === "unverified")) await pause(20);
    assertEquals(await states(), { [kept]: ["active", true, "due"], [lost]: ["active", true, "due"] });
    await json(`${AMAZON}/receipts/${encodeURIComponent(kept)}/fulfill`, {});
    await json(`${AMAZON}/receipts/${encodeURIComponent(kept)}/cancel`, {});
    // The days pass after the notifications: what they made due is done by then.
    await json(`${AMAZON}/later`, { days: 14 });
    assertEquals(await states(), { [kept]: ["active", false, "done"], [lost]: ["ended", false, "due"] });
    assertEquals((await send(`${AMAZON}/later`, true, '{"days":0}')).status, 400);
    assertEquals((await send(`${AMAZON}/receipts/none`, false)).status, 404);
    assertStringIncludes((await send(`${SERVICE}/dev/mail`, false)).text, "Choose a password");
  },
});

async function start(): Promise<AsyncDisposable> {
  const dev = new DenoProcess(["lib/dev/main.ts"], { PORT: "8751", KV_PATH: ":memory:" });
  await dev.line(/"listening"/);
  return dev;
}

async function send(
  url: string,
  post: boolean,
  body?: string,
  headers: Record<string, string> = {},
): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const init = post ? { method: "POST", body: body ?? null, headers: { ...type, ...headers } } : { headers };
  const response = await fetch(url, init);
  return { ok: response.ok, status: response.status, text: await response.text() };
}
