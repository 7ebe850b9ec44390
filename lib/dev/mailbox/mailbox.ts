/**
 * The development mailbox: takes mails as the HTTPS mail API that the service speaks does (Resend's, `POST
 * <base>/emails`), keeps them in memory and shows them at `/dev/mail`. Nothing is sent to anybody.
 *
 * @module
 */
import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { newSecret } from "../../base/ids.ts";
import { DEV_MAIL_KEY } from "../environment.ts";
import { renderMail, renderMailbox } from "./page.tsx";
import type { ReceivedMail } from "./received_mail.ts";

/** The mailbox. */
export interface Mailbox {
  /** The newest 500, newest first. */
  readonly mails: readonly ReceivedMail[];
  /**
   * Answers a request, whatever its origin.
   *
   * - `POST <any path>/emails`: hands a mail over; the same `Idempotency-Key` is taken once
   * - `GET /dev/mail`, `GET /dev/mail/{id}`: the list, and a mail; `/html` after it is its HTML part alone
   */
  fetch(request: Request): Promise<Response>;
}

const MOST_MAILS = 500;

const mailSchema = z.object({
  from: z.string().min(1),
  to: z.array(z.string().min(1)).min(1).max(50),
  subject: z.string().min(1),
  html: z.string().min(1),
  text: z.string().min(1),
  headers: z.record(z.string(), z.string()).default({}),
});

/**
 * Makes an empty mailbox.
 *
 * @param options.clock Stamps the mails.
 */
export function createMailbox({ clock }: { readonly clock: Pick<Clock, "now"> }): Mailbox {
  const mails: ReceivedMail[] = [];

  /** In the order in which the API looks at a request; statuses and names are those of its "Errors". */
  async function take(request: Request): Promise<Response> {
    const authorization = request.headers.get("authorization");
    if (authorization === null) return refusal(401, "missing_api_key", "There is no API key");
    if (authorization !== `Bearer ${DEV_MAIL_KEY}`) {
      return refusal(403, "invalid_api_key", `The API key is not ${DEV_MAIL_KEY}`);
    }
    const idempotencyKey = request.headers.get("idempotency-key");
    if (idempotencyKey !== null && !/^.{1,256}$/.test(idempotencyKey)) {
      return refusal(400, "invalid_idempotency_key", "The key has to have 1 to 256 characters");
    }
    const parsed = mailSchema.safeParse(await request.json().catch(() => null));
    if (!parsed.success) return refusal(422, "validation_error", z.prettifyError(parsed.error));
    const before = idempotencyKey !== null && mails.find((mail) => mail.idempotencyKey === idempotencyKey);
    if (before) {
      const { id, receivedAt: _, idempotencyKey: __, ...same } = before;
      return JSON.stringify(same) === JSON.stringify(parsed.data)
        ? Response.json({ id })
        : refusal(409, "invalid_idempotent_request", "Another mail was sent with this Idempotency-Key");
    }
    const id = newSecret();
    mails.unshift({ id, receivedAt: clock.now(), idempotencyKey, ...parsed.data });
    mails.length = Math.min(mails.length, MOST_MAILS);
    return Response.json({ id });
  }

  const app = new Hono()
    .on("POST", ["/emails", "/:base{.+}/emails"], (c) => take(c.req.raw))
    .get("/dev/mail", (c) => {
      const { html, policy } = renderMailbox(mails);
      return c.html(html, 200, { "Content-Security-Policy": policy });
    })
    .get("/dev/mail/:id", (c) => {
      const mail = mails.find(({ id }) => id === c.req.param("id"));
      if (mail === undefined) return c.text("No such mail, or not any more", 404);
      const { html, policy } = renderMail(mail);
      return c.html(html, 200, { "Content-Security-Policy": policy });
    })
    .get("/dev/mail/:id/html", (c) => {
      const mail = mails.find(({ id }) => id === c.req.param("id"));
      if (mail === undefined) return c.text("No such mail, or not any more", 404);
      return c.html(withLinksToTheTop(mail.html), 200, { "Content-Security-Policy": MAIL_POLICY });
    });

  return { mails, fetch: async (request) => await app.fetch(request) };
}

/** A mail has its own styles and pictures in it; it runs nothing, and nobody learns that it was opened. */
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; " +
  "frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation";

/** A page that a link leads to must not open in the frame, with the mail's restrictions. */
function withLinksToTheTop(html: string): string {
  const base = '<base target="_top">';
  return /<head\b[^>]*>/i.test(html) ? html.replace(/<head\b[^>]*>/i, `$&${base}`) : base + html;
}

function refusal(statusCode: ContentfulStatusCode, name: string, message: string): Response {
  return Response.json({ statusCode, name, message }, { status: statusCode });
}
