/**
 * The pages of `/reset/{token}`.
 *
 * @module
 */
import type { DeadLink, ResetOutcome, ResetView } from "../../lib/my_account/password_reset.ts";
import { LEAST_CHARACTERS } from "../../lib/passwords/policy.ts";
import type { Session } from "../../lib/sessions/sessions.ts";
import type { AppContext } from "../http/env.ts";
import { EmailForm, type Fault, FaultSummary, type PageConfig, renderPage, TextField } from "./page.tsx";

/**
 * Makes the page with the form to choose a password. It shows the devices that are signed in to the account.
 *
 * @param state `unlink`: whether the box is ticked. `faults`: why the form was refused.
 * @internal
 */
export function renderResetForm(
  c: AppContext,
  config: PageConfig,
  { view, unlink, faults }: {
    readonly view: ResetView;
    readonly unlink: boolean;
    readonly faults: readonly Fault[];
  },
): Response {
  const { email, first } = view;
  return renderPage(c, config, {
    status: faults.length > 0 ? 422 : 200,
    title: first ? "Choose a password" : "Choose a new password",
    faulty: faults.length > 0,
    wide: true,
    body: (
      <>
        <p class="lead">
          For <strong>{email}</strong> at <bdi>{config.appName}</bdi>. {first
            ? "Your devices stay signed in."
            : "All devices are signed out when you save it, so that nobody stays signed in without the new password."}
        </p>
        {faults.length > 0 && <FaultSummary faults={faults} />}
        <div class="columns">
          <form class="card" method="post" novalidate>
            <input
              class="away"
              type="text"
              autocomplete="username"
              value={email}
              readonly
              tabindex={-1}
              aria-hidden="true"
            />
            <TextField
              name="password"
              type="password"
              label="New password"
              hint={`At least ${LEAST_CHARACTERS} characters. A few words in a row make a good password, and are easy to type on a TV.`}
              autocomplete="new-password"
              faults={faults}
            />
            <TextField
              name="repeat"
              type="password"
              label="The same again"
              autocomplete="new-password"
              faults={faults}
            />
            {(first || view.amazonLinked) && <UnlinkChoice view={view} ticked={unlink} />}
            <button type="submit">Save this password</button>
          </form>
          <SignedInDevices view={view} />
        </div>
      </>
    ),
  });
}

function UnlinkChoice({ view, ticked }: { readonly view: ResetView; readonly ticked: boolean }) {
  const { first, linkDoubtful } = view;
  return (
    <div class="field choice">
      <input id="unlink" name="unlink" type="checkbox" aria-describedby="unlink-hint" checked={ticked} />
      <div>
        <label for="unlink">{first ? "Sign out everywhere and unlink Amazon" : "Unlink Amazon"}</label>
        <p class="hint" id="unlink-hint">
          {first
            ? "Tick this if you do not know a device in the list, or if you did not create this account yourself."
            : linkDoubtful
            ? "This is ticked because Amazon was linked before anybody had shown that this email is theirs. Untick it only if you linked Amazon yourself."
            : "Tick this if you did not link Amazon yourself. Then one click no longer signs in to this account."}
        </p>
      </div>
    </div>
  );
}

function SignedInDevices({ view }: { readonly view: ResetView }) {
  const { sessions, moreSessions, amazonLinked } = view;
  return (
    <section class="card" aria-labelledby="signed-in">
      <h2 id="signed-in">{sessions.length === 0 ? "No device is signed in" : "Signed in now"}</h2>
      {sessions.length > 0 && (
        <ul class="list">{sessions.map((session) => <Device key={session.id} session={session} />)}</ul>
      )}
      {moreSessions && <p class="soft">And more devices that signed in earlier.</p>}
      <h2>Amazon</h2>
      <p class="soft">
        {amazonLinked
          ? "Linked: one click in the Appstore signs in to this account."
          : "Not linked: one click in the Appstore does not sign in to this account."}
      </p>
    </section>
  );
}

function Device({ session }: { readonly session: Session }) {
  const { name, model, platform } = session.device;
  const known = [name, model, platform].filter((word) => word !== undefined && word.trim() !== "");
  const [title = "A device without a name", ...rest] = known;
  return (
    <li>
      <bdi>{title}</bdi>
      {rest.length > 0 && (
        <span>
          <bdi>{rest.join(" · ")}</bdi>
        </span>
      )}
      <span>
        Since <Day of={session.created_at} />
        {dayOf(session.created_at) !== dayOf(session.last_used_at) && (
          <>
            , last used on <Day of={session.last_used_at} />
          </>
        )}
      </span>
    </li>
  );
}

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

function dayOf(time: string): string {
  return DAY.format(new Date(time));
}

function Day({ of }: { readonly of: string }) {
  return <time datetime={of}>{dayOf(of)}</time>;
}

/** Makes the page which says that the password is set, and what to do next. @internal */
export function renderResetDone(
  c: AppContext,
  config: PageConfig,
  { devicesStay, amazonLinked }: ResetOutcome,
): Response {
  return renderPage(c, config, {
    title: "Your password is set",
    sign: "good",
    body: (
      <>
        <p class="lead">
          {devicesStay
            ? "Your devices stay signed in. You need not do anything on your TV."
            : "All devices are signed out, and your TV too."}
        </p>
        <ul class="points">
          {!devicesStay && (
            <li>
              Open <bdi>{config.appName}</bdi> on your TV and sign in with your email and the new password.
            </li>
          )}
          {devicesStay && <li>On a device without Amazon, sign in with your email and this password.</li>}
          <li>
            {amazonLinked
              ? "Amazon is still linked: one click in the Appstore signs in to this account."
              : "Amazon is not linked. To use one click, sign in once with your email and password when the app asks for them."}
          </li>
        </ul>
        <p class="soft">You can close this page.</p>
      </>
    ),
  });
}

/**
 * Makes the page for a link that does not work. It offers a new mail. The status is 410 for a used link, and 404 for every
 * other link.
 *
 * @param state `faults`: the faults of the email that was typed.
 * @internal
 */
export function renderDeadLink(
  c: AppContext,
  config: PageConfig,
  { why, faults = [], email = "" }: {
    readonly why: DeadLink;
    readonly faults?: readonly Fault[];
    readonly email?: string;
  },
): Response {
  const used = why === "used";
  return renderPage(c, config, {
    status: faults.length > 0 ? 422 : used ? 410 : 404,
    title: used ? "This link was used" : "This link does not work any more",
    faulty: faults.length > 0,
    ...(faults.length > 0 ? {} : { sign: "plain" as const }),
    body: (
      <>
        {faults.length > 0 && <FaultSummary faults={faults} />}
        <p class="lead">
          {used
            ? "A link works once. If that was you just now, your password is set and you can close this page."
            : "A link works once and for a limited time, and a newer mail ends the links before it. Nothing was changed."}
        </p>
        {config.mail === null ? <p>At present new links cannot be mailed.</p> : (
          <>
            <h2>{used ? "Was it not you? Get a new link" : "Get a new link"}</h2>
            <EmailForm button="Mail me a new link" faults={faults} value={email} />
          </>
        )}
      </>
    ),
  });
}
