/**
 * The page after a request for a mail. It is the same whether or not there is an account.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import type { Email } from "../../lib/base/email.ts";
import type { AppContext } from "../http/env.ts";
import { renderPage, Text, textsOf } from "./page.tsx";

/** Makes the page which says that a mail is on its way if there is an account. @internal */
export function renderMailSent(
  c: AppContext,
  config: Pick<Config, "appName" | "brand">,
  { email: { display } }: { readonly email: Email },
): Response {
  const { common } = textsOf(c);
  const { title, lead, points } = common.mail_sent;
  return renderPage(c, config, {
    title,
    sign: "good",
    body: (
      <>
        <p class="lead">
          <Text of={lead} app={<bdi>{config.appName}</bdi>} email={<strong>{display}</strong>} />
        </p>
        <ul class="points">{points.map((point) => <li>{point}</li>)}</ul>
        <p class="soft">{common.close}</p>
      </>
    ),
  });
}
