/**
 * The pages of `/activate` that say how it went.
 *
 * @module
 */
import type { Device } from "../../lib/kv/schema.ts";
import type { Decision } from "../../lib/sign_in/activation_approval.ts";
import type { AppContext } from "../http/env.ts";
import { CodeForm } from "./activation_code.tsx";
import { nameOf } from "./activation_pages.tsx";
import { type PageConfig, renderPage, Text, textsOf } from "./page.tsx";

/**
 * Makes the page which says that the TV is being signed in.
 * @internal
 */
export function renderApproved(
  c: AppContext,
  config: PageConfig,
  { email, created, device }: {
    readonly email: string;
    readonly created: boolean;
    readonly device: Device;
  },
): Response {
  const { activation: { approved: t, tv }, common } = textsOf(c);
  return renderPage(c, config, {
    title: t.title,
    sign: "good",
    body: (
      <>
        <p class="lead">
          {created && `${t.created} `}
          <Text
            of={t.lead}
            tv={<bdi>{nameOf(device, tv.nameless)}</bdi>}
            email={<strong>{email}</strong>}
          />
        </p>
        <p>{t.mistake}</p>
        <p class="soft">{common.close}</p>
      </>
    ),
  });
}

/** Why a page has no form: another account was faster, the TV was denied, or the code has ended or is unknown. */
export type Closed = Exclude<Decision["is"], "approved">;

/**
 * Makes the page which says why a TV cannot be signed in here, and what to do.
 *
 * The status is 404 for an unknown TV, and 410 for all others.
 *
 * @param state `done`: whether the customer has just asked for that. Then the status is 200.
 * @internal
 */
export function renderClosed(
  c: AppContext,
  config: PageConfig,
  { why, done = false }: { readonly why: Closed; readonly done?: boolean },
): Response {
  const texts = textsOf(c);
  const t = texts.activation[why];
  return renderPage(c, config, {
    status: done ? 200 : why === "unknown" ? 404 : 410,
    title: t.title,
    sign: "plain",
    body: (
      <>
        <p class="lead">{t.lead}</p>
        <p>{t.again}</p>
        <CodeForm texts={texts} action="../activate" />
      </>
    ),
  });
}
