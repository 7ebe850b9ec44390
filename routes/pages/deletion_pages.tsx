/**
 * The pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionView } from "../../lib/my_account/deletion.ts";
import type { Texts } from "../../lib/texts/en/mod.ts";
import { fill } from "../../lib/texts/texts.ts";
import type { AppContext } from "../http/env.ts";
import { emailFault, EmailForm, FaultSummary, type PageConfig, renderPage, Text, textsOf } from "./page.tsx";

/**
 * Makes the page that asks for the email of the account. Without a way to send mail it has no form, and sends the
 * customer to the app.
 *
 * @param state `refused`: the text that was typed and is no email.
 * @internal
 */
export function renderDeletionRequest(
  c: AppContext,
  config: PageConfig,
  { refused }: { readonly refused?: string } = {},
): Response {
  const { appName, mail } = config;
  const texts = textsOf(c);
  const t = texts.deletion;
  const faults = refused === undefined ? [] : [emailFault(texts)];
  return renderPage(c, config, {
    status: faults.length > 0 ? 422 : 200,
    title: fill(t.title, { app: appName }),
    faulty: faults.length > 0,
    body: (
      <>
        {faults.length > 0 && <FaultSummary texts={texts} faults={faults} />}
        <p class="lead">
          <Text of={mail === null ? t.lead_no_mail : t.lead} app={<bdi>{appName}</bdi>} />
        </p>
        {mail !== null && <EmailForm texts={texts} button={t.button} faults={faults} value={refused ?? ""} />}
        <h2>{t.what}</h2>
        <DeletedData texts={texts} />
      </>
    ),
  });
}

/**
 * Makes the page that shows the email of the account and asks for the confirmation.
 *
 * @param view `unconfirmed`: the form was sent without the box ticked.
 * @internal
 */
export function renderDeletionConfirmation(
  c: AppContext,
  config: PageConfig,
  { email, amazonLinked, unconfirmed = false }: DeletionView & { readonly unconfirmed?: boolean },
): Response {
  const texts = textsOf(c);
  const t = texts.deletion;
  const { fault } = t.confirm;
  return renderPage(c, config, {
    status: unconfirmed ? 422 : 200,
    title: t.confirm.title,
    faulty: unconfirmed,
    body: (
      <>
        {unconfirmed && <FaultSummary texts={texts} faults={[{ field: "confirm", message: fault }]} />}
        <p class="lead">
          <Text of={t.confirm.lead} app={<bdi>{config.appName}</bdi>} email={<strong>{email}</strong>} />
        </p>
        <div class="card">
          <h2>{t.what}</h2>
          <DeletedData texts={texts} amazonLinked={amazonLinked} />
          <form method="post" novalidate>
            <div class="field choice">
              <input
                id="confirm"
                name="confirm"
                type="checkbox"
                value="yes"
                required
                autofocus={unconfirmed}
                {...(unconfirmed ? { "aria-invalid": "true", "aria-describedby": "confirm-fault" } : {})}
              />
              <div>
                <label for="confirm">{t.confirm.box}</label>
                {unconfirmed && <p class="fault" id="confirm-fault">{fault}</p>}
              </div>
            </div>
            <button class="danger" type="submit">{t.confirm.button}</button>
          </form>
        </div>
        <p class="soft">{t.confirm.keep}</p>
      </>
    ),
  });
}

function DeletedData(
  { texts: { deletion: t }, amazonLinked }: { readonly texts: Texts; readonly amazonLinked?: boolean },
) {
  return (
    <ul class="points">
      <li>{t.data}</li>
      <li>{t.devices}</li>
      {amazonLinked !== false && <li>{t.amazon}</li>}
      <li>
        <strong>{t.subscription_term}</strong> {t.subscription}
      </li>
    </ul>
  );
}

/** Makes the page which says that the account is deleted. @internal */
export function renderDeleted(c: AppContext, config: PageConfig): Response {
  const { common, deletion: { done } } = textsOf(c);
  return renderPage(c, config, {
    title: done.title,
    sign: "good",
    body: (
      <>
        <p class="lead">
          <Text of={done.lead} app={<bdi>{config.appName}</bdi>} />
        </p>
        <ul class="points">
          {config.mail !== null && <li>{done.mail}</li>}
          <li>{done.subscription}</li>
        </ul>
        <p class="soft">{common.close}</p>
      </>
    ),
  });
}

/** Makes the page for a link that does not work. It offers a new mail. @internal */
export function renderDeadDeletionLink(c: AppContext, config: PageConfig): Response {
  const texts = textsOf(c);
  const { common: { dead_link }, deletion } = texts;
  return renderPage(c, config, {
    status: 404,
    title: dead_link.title,
    sign: "plain",
    body: (
      <>
        <p class="lead">{deletion.dead_lead}</p>
        {config.mail === null ? <p>{dead_link.no_mail}</p> : (
          <>
            <h2>{dead_link.get}</h2>
            <EmailForm texts={texts} button={dead_link.button} action={requestPageFrom(c.req.url)} />
          </>
        )}
      </>
    ),
  });
}

/**
 * Returns the relative URL of the page that asks for a link, from a page below it. A mail program may leave a slash at
 * the end of a link.
 */
function requestPageFrom(url: string): string {
  return /\/(?:\?|$)/.test(url) ? "../../delete-account" : "../delete-account";
}
