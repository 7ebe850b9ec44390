/** The bound of 16 KiB on bodies, declared and streamed. */
import { assert, assertEquals } from "@std/assert";
import { assertProblem } from "../../support/contract_problems.ts";
import { TestService } from "../../support/test_service.ts";
import { post, streamed } from "../../support/raw_requests.ts";

const MOST_BODY_BYTES = 16 * 1024;

Deno.test("a body of 16 KiB and 1 byte is refused as payload_too_large, declared or streamed", async () => {
  const body = '{"code":"mork.1"}'.padEnd(MOST_BODY_BYTES + 1);
  await using service = await TestService.open();
  const declared = post(service, body, { "content-length": String(body.length) });
  await assertTooLarge(service, declared);
  await assertTooLarge(service, post(service, streamed(body)));
  const headers = { "content-length": "17", "transfer-encoding": "chunked" };
  await assertTooLarge(service, post(service, streamed(body), headers));
});

Deno.test("an endless body is refused as payload_too_large and not read further", async () => {
  await using service = await TestService.open();
  let read = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      read += 1024;
      controller.enqueue(new Uint8Array(1024).fill(0x20));
    },
  }, { highWaterMark: 0 });
  await assertTooLarge(service, post(service, endless));
  assert(read <= MOST_BODY_BYTES + 4096, `${read} bytes were read`);
});

async function assertTooLarge(service: TestService, pending: Promise<Response>): Promise<void> {
  await assertProblem(await pending, "payload_too_large");
  assertEquals([service.calls, await service.stored()], [{ token: 0, profile: 0 }, {}]);
}
