/**
 * The pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionView } from "../../lib/my_account/deletion.ts";
import type { AppContext } from "../http/env.ts";
import { EmailForm, type Fault, FaultSummary, type PageConfig, renderPage } from "./page.tsx";

/**
 * Makes the page that asks for the email of the account. Without a way to send mail it has no form, and sends the customer to
 * the app.
 *
 * @param state `faults`: the faults of the email that was typed.
 * @internal
 */
export function renderDeletionRequest(
  c: AppContext,
  config: PageConfig,
  { faults = [], email = "" }: { readonly faults?: readonly Fault[]; readonly email?: string } = {},
): Response {
  const { appName, mail } = config;
  return renderPage(c, config, {
    status: faults.length > 0 ? 422 : 200,
    title: `Delete your ${appName} account`,
    faulty: faults.length > 0,
    body: (
      <>
        {faults.length > 0 && <FaultSummary faults={faults} />}
        {mail === null
          ? (
            <p class="lead">
              Open <bdi>{appName}</bdi>{" "}
              on a device that is signed in, and delete the account there. At present this page cannot do it,
              because no mail can be sent.
            </p>
          )
          : (
            <>
              <p class="lead">
                Tell us the email address of your <bdi>{appName}</bdi>{" "}
                account. We mail you a link, so that only you can delete the account.
              </p>
              <EmailForm button="Mail me the link" faults={faults} value={email} />
            </>
          )}
        <h2>What is deleted</h2>
        <DeletedData />
      </>
    ),
  });
}

/** Makes the page that shows the email of the account and asks for the confirmation. @internal */
export function renderDeletionConfirmation(
  c: AppContext,
  config: PageConfig,
  { email, amazonLinked }: DeletionView,
): Response {
  return renderPage(c, config, {
    title: "Delete this account?",
    body: (
      <>
        <p class="lead">
          The <bdi>{config.appName}</bdi> account of <strong>{email}</strong>. This cannot be undone.
        </p>
        <div class="card">
          <h2>What is deleted</h2>
          <DeletedData amazonLinked={amazonLinked} />
          <form method="post">
            <button class="danger" type="submit">Delete this account</button>
          </form>
        </div>
        <p class="soft">To keep the account, close this page.</p>
      </>
    ),
  });
}

function DeletedData({ amazonLinked }: { readonly amazonLinked?: boolean }) {
  return (
    <ul class="points">
      <li>Your email, name, postal code and password.</li>
      <li>All devices are signed out, and the list of them is deleted.</li>
      {amazonLinked !== false && (
        <li>
          The link to your Amazon account, if there is one. If you sign in with one click later, you get a
          new, empty account.
        </li>
      )}
      <li>
        <strong>Not a subscription in the Amazon Appstore:</strong>{" "}
        it continues, and you pay for it, until you end it in your Amazon account.
      </li>
    </ul>
  );
}

/** Makes the page which says that the account is deleted. @internal */
export function renderDeleted(c: AppContext, config: PageConfig): Response {
  return renderPage(c, config, {
    title: "Your account is deleted",
    sign: "good",
    body: (
      <>
        <p class="lead">
          <bdi>{config.appName}</bdi> has no data of your account any more, and all devices are signed out.
        </p>
        <ul class="points">
          {config.mail !== null && <li>A last mail confirms the deletion.</li>}
          <li>A subscription in the Amazon Appstore is not ended by this. End it in your Amazon account.</li>
        </ul>
        <p class="soft">You can close this page.</p>
      </>
    ),
  });
}

/** Makes the page for a link that does not work. It offers a new mail. @internal */
export function renderDeadDeletionLink(c: AppContext, config: PageConfig): Response {
  return renderPage(c, config, {
    status: 404,
    title: "This link does not work any more",
    sign: "plain",
    body: (
      <>
        <p class="lead">
          If you have just confirmed with it, your account is deleted and you can close this page. Otherwise
          nothing was changed: a link works for one hour, and a newer mail ends the links before it.
        </p>
        {config.mail === null ? <p>At present new links cannot be mailed.</p> : (
          <>
            <h2>Get a new link</h2>
            <EmailForm button="Mail me a new link" action="../delete-account" />
          </>
        )}
      </>
    ),
  });
}
