/**
 * The page after a request for a mail. It is the same whether or not there is an account.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import type { Email } from "../../lib/base/email.ts";
import type { AppContext } from "../http/env.ts";
import { renderPage, Text, textsOf } from "./page.tsx";

/**
 * Makes the page which says that a mail is on its way if there is an account.
 *
 * @param mail `ofTv`: whether the link ends with the code of a TV, instead of after an hour.
 * @internal
 */
export function renderMailSent(
  c: AppContext,
  config: Pick<Config, "appName" | "brand">,
  { email: { display }, ofTv = false }: { readonly email: Email; readonly ofTv?: boolean },
): Response {
  const { activation, common } = textsOf(c);
  const { title, lead, points: [life, ...points] } = common.mail_sent;
  return renderPage(c, config, {
    title,
    sign: "good",
    body: (
      <>
        <p class="lead">
          <Text of={lead} app={<bdi>{config.appName}</bdi>} email={<strong>{display}</strong>} />
        </p>
        <ul class="points">
          {[ofTv ? activation.mail_sent : life, ...points].map((point) => <li>{point}</li>)}
        </ul>
        <p class="soft">{common.close}</p>
      </>
    ),
  });
}
