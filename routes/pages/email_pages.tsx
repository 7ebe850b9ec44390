/**
 * The pages of `/confirm-email/{token}`.
 *
 * @module
 */
import type { DeadEmailLink, EmailLinkView } from "../../lib/my_account/email_confirmation.ts";
import type { AppContext } from "../http/env.ts";
import { type PageConfig, renderPage, Text, textsOf } from "./page.tsx";

/** Makes the page that shows what a link does, and asks for the confirmation. @internal */
export function renderEmailConfirmation(
  c: AppContext,
  config: PageConfig,
  { email, from }: EmailLinkView,
): Response {
  const { email: t } = textsOf(c);
  const words = from === null ? t.verify : t.change;
  return renderPage(c, config, {
    title: words.title,
    body: (
      <>
        <p class="lead">
          <Text
            of={words.lead}
            app={<bdi>{config.appName}</bdi>}
            email={<strong>{email}</strong>}
            from={<strong>{from}</strong>}
          />
        </p>
        <div class="card">
          <p>{t.change.caution}</p>
          <form method="post">
            <button type="submit">{words.button}</button>
          </form>
        </div>
        <p class="soft">{t.keep}</p>
      </>
    ),
  });
}

/** Makes the page which says what a link has done. @internal */
export function renderEmailConfirmed(
  c: AppContext,
  config: PageConfig,
  { email, from }: EmailLinkView,
): Response {
  const { common, email: { done } } = textsOf(c);
  return renderPage(c, config, {
    title: done.title,
    sign: "good",
    body: (
      <>
        <p class="lead">
          <Text
            of={from === null ? done.verified : done.changed}
            app={<bdi>{config.appName}</bdi>}
            email={<strong>{email}</strong>}
          />
        </p>
        <p class="soft">{common.close}</p>
      </>
    ),
  });
}

/** Makes the page for a link that does nothing. @internal */
export function renderDeadEmailLink(c: AppContext, config: PageConfig, why: DeadEmailLink): Response {
  const { common, email: { dead } } = textsOf(c);
  return renderPage(c, config, {
    status: why === "used" ? 410 : why === "taken" ? 409 : 404,
    title: why === "taken" ? dead.taken_title : common.dead_link.title,
    sign: "plain",
    body: <p class="lead">{dead[why]}</p>,
  });
}
