/** Mails by the mail API, with a server that listens. */
import { assertEquals, assertRejects } from "@std/assert";
import { MailDelayedError, MailRefusedError } from "../../../lib/mail/outgoing_mail.ts";
import { MAY_RUN } from "../../support/child_process.ts";
import { serveApi } from "../../support/mail_servers.ts";
import { assertSaysNothing, MAIL, send } from "../../support/sent_mails.ts";

const ignore = !MAY_RUN;

Deno.test({
  name: "a mail by the mail API whose text changed after an attempt that was taken counts as sent",
  ignore,
  async fn() {
    await using server = serveApi();
    await send(server.url);
    await send(server.url, { ...MAIL, subject: "Choose another password" });
    assertEquals(server.arrived.map(({ subject }) => subject), [MAIL.subject]);
  },
});

Deno.test({
  name: "a mail by the mail API is delayed while another attempt is under way or its sender is refused",
  ignore,
  async fn() {
    const rows = [
      [409, "concurrent_idempotent_requests", "did not take it: 409"],
      [422, "invalid_from_address", "does not take MAIL_FROM: 422"],
      [403, "invalid_from_address", "does not take MAIL_FROM: 403"],
      [422, "validation_error", "does not take MAIL_FROM: 422", "Invalid `from` field, canary-answer"],
      [
        403,
        "validation_error",
        "does not take MAIL_FROM: 403",
        "The app.example domain is not verified. canary-answer",
      ],
      [
        400,
        "validation_error",
        "does not take MAIL_FROM: 400",
        "You can only send testing emails to canary@example.com",
      ],
    ] as const;
    for (const [status, name, said, message] of rows) {
      await using server = serveApi({
        refusals: [status],
        name,
        ...(message === undefined ? {} : { message }),
      });
      assertSaysNothing(await assertRejects(() => send(server.url), MailDelayedError, said));
      await send(server.url);
      assertEquals(server.arrived.length, 1);
    }
  },
});

Deno.test({
  name: "a mail by the mail API is refused for good by an answer about its recipient",
  ignore,
  async fn() {
    await using server = serveApi({
      refusals: [422],
      name: "validation_error",
      message: "Invalid `to` field, canary",
    });
    assertSaysNothing(await assertRejects(() => send(server.url), MailRefusedError, "422"));
  },
});

Deno.test({
  name:
    "a mail by the mail API ends with its signal when the API hangs, and carries its id as Idempotency-Key",
  ignore,
  async fn() {
    const ends = new AbortController();
    // The attempt ends when the API has the request, however long a busy machine needs for that.
    const until = { then: () => ends.abort() } as unknown as Promise<void>;
    await using server = serveApi({ hold: { taken: false, until } });
    const error = await assertRejects(
      () => send(server.url, MAIL, { signal: ends.signal }),
      MailDelayedError,
    );
    assertSaysNothing(error);
    assertEquals(server.keys, [MAIL.id]);
  },
});
