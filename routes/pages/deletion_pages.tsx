/**
 * The pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionView } from "../../lib/my_account/deletion.ts";
import type { AppContext } from "../http/env.ts";
import { EmailForm, type Fault, FaultSummary, type PageConfig, renderPage } from "./page.tsx";

/**
 * Says how an account is deleted, and asks for its email; without a way to send mail there is no form.
 *
 * @param state `faults`: of the email that was typed.
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
              on a device that is signed in, and delete the account there. It cannot be done on this page at
              present, as no mail can be sent.
            </p>
          )
          : (
            <>
              <p class="lead">
                Tell us the email address of your <bdi>{appName}</bdi>{" "}
                account. We mail a link to it, so that nobody but you can delete it.
              </p>
              <EmailForm button="Mail me the link" faults={faults} value={email} />
            </>
          )}
        <h2>What is deleted</h2>
        <WhatGoes />
      </>
    ),
  });
}

/** Shows whose account goes, and asks for the confirmation. @internal */
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
          <WhatGoes amazonLinked={amazonLinked} />
          <form method="post">
            <button class="danger" type="submit">Delete this account</button>
          </form>
        </div>
        <p class="soft">To keep the account, close this page: nothing happens.</p>
      </>
    ),
  });
}

function WhatGoes({ amazonLinked }: { readonly amazonLinked?: boolean }) {
  return (
    <ul class="points">
      <li>Your email, name, postal code and password.</li>
      <li>All devices are signed out, and the list of them is deleted.</li>
      {amazonLinked !== false && (
        <li>
          The link to your Amazon account, if there is one. If you open the app with one click later, that
          makes a new, empty account.
        </li>
      )}
      <li>
        <strong>Not a subscription in the Amazon Appstore:</strong>{" "}
        it goes on, and is paid, until you end it in your Amazon account.
      </li>
    </ul>
  );
}

/** Says that the account is gone. @internal */
export function renderDeleted(c: AppContext, config: PageConfig): Response {
  return renderPage(c, config, {
    title: "Your account is deleted",
    sign: "good",
    body: (
      <>
        <p class="lead">
          <bdi>{config.appName}</bdi> has nothing of it any more, and all devices are signed out.
        </p>
        <ul class="points">
          {config.mail !== null && <li>A last mail confirms it.</li>}
          <li>A subscription in the Amazon Appstore is not ended by this: end it in your Amazon account.</li>
        </ul>
        <p class="soft">You can close this page.</p>
      </>
    ),
  });
}

/** Says that a link does nothing, and offers a new mail. @internal */
export function renderDeadDeletionLink(c: AppContext, config: PageConfig): Response {
  return renderPage(c, config, {
    status: 404,
    title: "This link does not work any more",
    sign: "plain",
    body: (
      <>
        <p class="lead">
          If you have just confirmed with it, your account is deleted and you can close this page. Otherwise
          nothing was changed: a link is good for one hour, and a newer mail ends the ones before.
        </p>
        {config.mail === null ? <p>New links cannot be mailed at present.</p> : (
          <>
            <h2>Get a new link</h2>
            <EmailForm button="Mail me a new link" action="../delete-account" />
          </>
        )}
      </>
    ),
  });
}
