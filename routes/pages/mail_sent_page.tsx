/**
 * The page after somebody asked for a mail: the same whether there is an account or not.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import type { Email } from "../../lib/base/email.ts";
import type { AppContext } from "../http/env.ts";
import { renderPage } from "./page.tsx";

/** Says that a mail is on its way, if there is an account. @internal */
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
          <li>The link is good for one hour. A newer mail ends the ones before.</li>
          <li>If nothing has come after a few minutes, look among the junk mail.</li>
          <li>If you may have used another email address, ask again with that one.</li>
        </ul>
        <p class="soft">You can close this page.</p>
      </>
    ),
  });
}
