/** How responses of the simulator reach a client: late, byte by byte, half, or not at all. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Endpoint } from "../../../../lib/dev/simulator/faults.ts";
import { openSimulator, requestSender } from "../../../support/simulator_requests.ts";

const ENDPOINTS: Endpoint[] = ["token", "profile"];

for (const endpoint of ENDPOINTS) {
  Deno.test(`${endpoint}-delay clears its timer when the client leaves`, async () => {
    const simulated = openSimulator();
    const client = new AbortController();
    const send = await requestSender(simulated, endpoint, `mork~${endpoint}-delay-300`, client.signal);
    const response = assertRejects(send, Error, "Left");
    await simulated.clock.advance(299);
    assertEquals(simulated.clock.pending, 1);
    client.abort(new Error("Left"));
    await response;
    assertEquals([simulated.clock.pending, simulated.simulator.requests.at(-1)!.status], [0, "hung"]);
  });

  Deno.test(`${endpoint}-hang sends no response until the client leaves`, async () => {
    const simulated = openSimulator();
    const client = new AbortController();
    const send = await requestSender(simulated, endpoint, `mork~${endpoint}-hang`, client.signal);
    const response = assertRejects(send, Error, "Left");
    await simulated.clock.advance(3_600_000);
    assertEquals(simulated.simulator.requests.at(-1)!.status, "hung");
    client.abort(new Error("Left"));
    await response;
  });

  Deno.test(`${endpoint}-stall sends half the body and then nothing until the client leaves`, async () => {
    const simulated = openSimulator();
    const client = new AbortController();
    const send = await requestSender(simulated, endpoint, `mork~${endpoint}-stall`, client.signal);
    const response = await send();
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    assertEquals(value!.length, Math.ceil(Number(response.headers.get("content-length")) / 2));
    const rest = assertRejects(() => reader.read(), Error, "Left");
    await simulated.clock.advance(3_600_000);
    client.abort(new Error("Left"));
    await rest;
  });

  Deno.test(`${endpoint}-drip sends a byte every 100 ms and stops when its reader cancels`, async () => {
    const simulated = openSimulator();
    const send = await requestSender(simulated, endpoint, `mork~${endpoint}-drip`);
    const reader = (await send()).body!.getReader();
    for (const byte of '{"') {
      const read = reader.read();
      let settled = false;
      read.finally(() => settled = true);
      await simulated.clock.advance(99);
      assertEquals(settled, false);
      await simulated.clock.advance(1);
      assertEquals(new TextDecoder().decode((await read).value), byte);
    }
    const rest = reader.read();
    await simulated.clock.advance(0);
    assertEquals(simulated.clock.pending, 1);
    await reader.cancel();
    assertEquals([(await rest).done, simulated.clock.pending], [true, 0]);
  });

  Deno.test(`${endpoint}-drop rejects as Deno's fetch does`, async () => {
    const simulated = openSimulator();
    const send = await requestSender(simulated, endpoint, `mork~${endpoint}-drop*1`);
    const error = await assertRejects(send, TypeError, "fetch failed");
    assertEquals(error.name, "TypeError");
    assertStringIncludes(String(error.cause), simulated.simulator.requests.at(-1)!.url);
    assertEquals(simulated.simulator.requests.at(-1)!.status, "dropped");
    assertEquals((await send()).status, endpoint === "token" ? 400 : 200);
  });

  Deno.test(`${endpoint}-cut ends in the middle of the body`, async () => {
    const send = await requestSender(openSimulator(), endpoint, `mork~${endpoint}-cut*1`);
    const response = await send();
    assertEquals(response.status, 200);
    await assertRejects(() => response.text(), TypeError, "error reading a body from connection");
    assertEquals((await send()).status, endpoint === "token" ? 400 : 200);
  });

  Deno.test(`${endpoint}-endless sends a MiB at once and the rest by the clock`, async () => {
    const simulated = openSimulator();
    const send = await requestSender(simulated, endpoint, `mork~${endpoint}-endless`);
    const response = await send();
    assertEquals([response.status, response.headers.get("content-length")], [200, null]);
    const reader = response.body!.getReader();
    let size = 0;
    while (size <= 1_048_576) size += (await reader.read()).value!.length;
    const more = reader.read();
    await simulated.clock.advance(10);
    assertEquals((await more).value!.length, 16_384);
    await reader.cancel();
    assertEquals(simulated.clock.pending, 0);
  });
}

Deno.test("fetch rejects at once with the reason of a signal that is already aborted", async () => {
  const { token, simulator } = openSimulator();
  await assertRejects(() => token("new", {}, AbortSignal.abort(new Error("Left"))), Error, "Left");
  assertEquals(simulator.requests.length, 0);
});

Deno.test("fetch ends the body when the client leaves after the headers", async () => {
  const { token } = openSimulator();
  const client = new AbortController();
  const response = await token("new", {}, client.signal);
  client.abort(new Error("Left"));
  await assertRejects(() => response.text(), Error, "Left");
});
