/**
 * The pages of `/reset/{token}`.
 *
 * @module
 */
import type { DeadLink, ResetOutcome, ResetView } from "../../lib/my_account/password_reset.ts";
import { LEAST_CHARACTERS, MOST_CHARACTERS } from "../../lib/passwords/policy.ts";
import type { ResetTexts } from "../../lib/texts/en/reset.ts";
import { fill } from "../../lib/texts/texts.ts";
import type { AppContext } from "../http/env.ts";
import { languageOfRequest } from "../http/language.ts";
import {
  emailFault,
  EmailForm,
  FaultSummary,
  type PageConfig,
  renderPage,
  Text,
  TextField,
  textsOf,
} from "./page.tsx";
import { ShowSwitch } from "./passwords.tsx";
import { SignedInDevices } from "./reset_devices.tsx";

/** A fault of the form: the field, and what is wrong with it. */
export interface ResetFault {
  /** The name of the field. */
  readonly field: "password" | "repeat";
  /** The name of the text that says what is wrong. */
  readonly why: keyof ResetTexts["faults"];
}

/**
 * Makes the page with the form to choose a password. It shows the devices that are signed in to the account.
 *
 * @param state `unlink`: whether the box is ticked. `faults`: why the form was refused.
 * @internal
 */
export function renderResetForm(
  c: AppContext,
  config: PageConfig,
  { view, unlink, faults: found }: {
    readonly view: ResetView;
    readonly unlink: boolean;
    readonly faults: readonly ResetFault[];
  },
): Response {
  const { email, first, devicesStay } = view;
  const texts = textsOf(c);
  const t = texts.reset;
  const bounds = { least: LEAST_CHARACTERS, most: MOST_CHARACTERS };
  const faults = found.map(({ field, why }) => ({ field, message: fill(t.faults[why], bounds) }));
  return renderPage(c, config, {
    status: faults.length > 0 ? 422 : 200,
    title: first ? t.title_first : t.title,
    faulty: faults.length > 0,
    wide: true,
    passwords: true,
    body: (
      <>
        {faults.length > 0
          ? <FaultSummary texts={texts} faults={faults} emptied={found.every(({ why }) => why !== "empty")} />
          : (
            <p class="lead">
              <Text
                of={devicesStay ? t.lead_first : t.lead}
                app={<bdi>{config.appName}</bdi>}
                email={<strong>{email}</strong>}
              />
            </p>
          )}
        <form class="sides" method="post" novalidate data-differ={t.faults.differ}>
          <div class="card">
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
              label={t.new_password}
              hint={fill(t.hint, bounds)}
              autocomplete="new-password"
              faults={faults}
            />
            <TextField
              name="repeat"
              type="password"
              label={t.repeat}
              autocomplete="new-password"
              faults={faults}
            />
            <ShowSwitch texts={texts} />
          </div>
          <SignedInDevices t={t} view={view} unlink={unlink} language={languageOfRequest(c)} />
          <button type="submit">{t.save}</button>
        </form>
      </>
    ),
  });
}

/** Makes the page which says that the password is set, and what to do next. @internal */
export function renderResetDone(
  c: AppContext,
  config: PageConfig,
  { devicesStay, amazonLinked }: ResetOutcome,
): Response {
  const { common, reset: { done } } = textsOf(c);
  return renderPage(c, config, {
    title: done.title,
    sign: "good",
    body: (
      <>
        <p class="lead">
          {devicesStay ? done.lead_stay : done.lead_out}
        </p>
        <ul class="points">
          {!devicesStay && (
            <li>
              <Text of={done.out} app={<bdi>{config.appName}</bdi>} />
            </li>
          )}
          {devicesStay && <li>{done.stay}</li>}
          <li>{amazonLinked ? done.linked : done.not_linked}</li>
        </ul>
        <p class="soft">{common.close}</p>
      </>
    ),
  });
}

/**
 * Makes the page for a link that does not work. It offers a new mail. The status is 410 for a used link, and 404 for every
 * other link.
 *
 * @param state `refused`: the text that was typed and is no email.
 * @internal
 */
export function renderDeadLink(
  c: AppContext,
  config: PageConfig,
  { why, refused }: { readonly why: DeadLink; readonly refused?: string | undefined },
): Response {
  const used = why === "used";
  const texts = textsOf(c);
  const { common: { dead_link }, reset: t } = texts;
  const faults = refused === undefined ? [] : [emailFault(texts)];
  return renderPage(c, config, {
    status: faults.length > 0 ? 422 : used ? 410 : 404,
    title: used ? t.used.title : dead_link.title,
    faulty: faults.length > 0,
    ...(faults.length > 0 ? {} : { sign: "plain" as const }),
    body: (
      <>
        {faults.length > 0 && <FaultSummary texts={texts} faults={faults} />}
        <p class="lead">
          {used ? t.used.lead : t.dead_lead}
        </p>
        {config.mail === null ? <p>{dead_link.no_mail}</p> : (
          <>
            <h2>{used ? t.used.get : dead_link.get}</h2>
            <EmailForm texts={texts} button={dead_link.button} faults={faults} value={refused ?? ""} />
          </>
        )}
      </>
    ),
  });
}
