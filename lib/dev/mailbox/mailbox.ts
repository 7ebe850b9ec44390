/**
 * Receives the mails of development as the HTTPS mail API of the service does (Resend's `POST <base>/emails`), keeps
 * them in memory and shows them at `/dev/mail`. It sends no mail to anybody.
 *
 * @module
 */
import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { newSecret } from "../../base/ids.ts";
import { renderMail, renderMailList } from "./page.tsx";
import type { ReceivedMail } from "./received_mail.ts";

/** The only API key that the mailbox accepts. */
export const MAILBOX_API_KEY = "re_development";

/** The mailbox of development. */
export interface DevMailbox {
  /** The newest 500 mails, newest first. */
  readonly mails: readonly ReceivedMail[];
  /**
   * Responds to a request; the origin of its URL does not matter.
   *
   * - `POST <any path>/emails`: receives a mail; a second one with the same `Idempotency-Key` is not stored
   * - `GET /dev/mail`: the list
   * - `GET /dev/mail/{id}`, `GET /dev/mail/{id}/html`: a mail, and its HTML part alone
   */
  fetch(request: Request): Promise<Response>;
}

const MAX_MAILS = 500;

const mailSchema = z.object({
  from: z.string().min(1),
  to: z.array(z.string().min(1)).min(1).max(50),
  subject: z.string().min(1),
  html: z.string().min(1),
  text: z.string().min(1),
  headers: z.record(z.string(), z.string()).default({}),
});

/**
 * Creates an empty mailbox.
 *
 * @param options.clock Times the receipt of each mail.
 */
export function createDevMailbox({ clock }: { readonly clock: Pick<Clock, "now"> }): DevMailbox {
  const mails: ReceivedMail[] = [];

  /** Receives a mail. The order of the checks, the statuses and the names are those of the API's page "Errors". */
  async function receive(request: Request): Promise<Response> {
    const authorization = request.headers.get("authorization");
    if (authorization === null) return errorResponse(401, "missing_api_key", "There is no API key");
    if (authorization !== `Bearer ${MAILBOX_API_KEY}`) {
      return errorResponse(403, "invalid_api_key", `The API key is not ${MAILBOX_API_KEY}`);
    }
    const idempotencyKey = request.headers.get("idempotency-key");
    if (idempotencyKey !== null && !/^.{1,256}$/.test(idempotencyKey)) {
      return errorResponse(400, "invalid_idempotency_key", "The key must have 1 to 256 characters");
    }
    const parsed = mailSchema.safeParse(await request.json().catch(() => null));
    if (!parsed.success) return errorResponse(422, "validation_error", z.prettifyError(parsed.error));
    const earlier = idempotencyKey !== null && mails.find((mail) => mail.idempotencyKey === idempotencyKey);
    if (earlier) {
      const { id, receivedAt: _, idempotencyKey: __, ...same } = earlier;
      return JSON.stringify(same) === JSON.stringify(parsed.data)
        ? Response.json({ id })
        : errorResponse(409, "invalid_idempotent_request", "Another mail was sent with this Idempotency-Key");
    }
    const id = newSecret();
    mails.unshift({ id, receivedAt: clock.now(), idempotencyKey, ...parsed.data });
    mails.length = Math.min(mails.length, MAX_MAILS);
    return Response.json({ id });
  }

  const app = new Hono()
    .on("POST", ["/emails", "/:base{.+}/emails"], (c) => receive(c.req.raw))
    .get("/dev/mail", (c) => {
      const { html, policy } = renderMailList(mails);
      return c.html(html, 200, { "Content-Security-Policy": policy });
    })
    .get("/dev/mail/:id", (c) => {
      const mail = mails.find(({ id }) => id === c.req.param("id"));
      if (mail === undefined) return c.text("There is no such mail, or it was dropped", 404);
      const { html, policy } = renderMail(mail);
      return c.html(html, 200, { "Content-Security-Policy": policy });
    })
    .get("/dev/mail/:id/html", (c) => {
      const mail = mails.find(({ id }) => id === c.req.param("id"));
      if (mail === undefined) return c.text("There is no such mail, or it was dropped", 404);
      return c.html(linksToTop(mail.html), 200, { "Content-Security-Policy": MAIL_POLICY });
    });

  return { mails, fetch: async (request) => await app.fetch(request) };
}

/** Allows the styles and pictures inside a mail, but no script and no request, so no sender learns of the opening. */
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; " +
  "frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation";

/** Makes links leave the frame: a linked page must not open inside it, under the mail's restrictions. */
function linksToTop(html: string): string {
  const base = '<base target="_top">';
  return /<head\b[^>]*>/i.test(html) ? html.replace(/<head\b[^>]*>/i, `$&${base}`) : base + html;
}

function errorResponse(statusCode: ContentfulStatusCode, name: string, message: string): Response {
  return Response.json({ statusCode, name, message }, { status: statusCode });
}
