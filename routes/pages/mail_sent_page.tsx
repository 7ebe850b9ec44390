/**
 * The page after a request for a mail. It is the same whether or not there is an account.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import type { Email } from "../../lib/base/email.ts";
import type { AppContext } from "../http/env.ts";
import { renderPage } from "./page.tsx";

/** Makes the page which says that a mail is on its way if there is an account. @internal */
export function renderMailSent(
  c: AppContext,
  config: Pick<Config, "appName">,
  { email: { display } }: { readonly email: Email },
): Response {
  return renderPage(c, config, {
    title: "Look into your mailbox",
    sign: "good",
    body: (
      <>
        <p class="lead">
          If <bdi>{config.appName}</bdi> has an account with{" "}
          <strong>{display}</strong>, a mail with a link is on its way there.
        </p>
        <ul class="points">
          <li>The link works for one hour. A newer mail ends the links before it.</li>
          <li>If no mail has come after a few minutes, look in your junk mail.</li>
          <li>If your account may have another email address, ask again with that address.</li>
        </ul>
        <p class="soft">You can close this page.</p>
      </>
    ),
  });
}
