/**
 * What the page of a reset says of the account: its devices and its link to Amazon.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import type { ResetView } from "../../lib/my_account/password_reset.ts";
import type { Session } from "../../lib/sessions/sessions.ts";
import type { ResetTexts } from "../../lib/texts/en/reset.ts";
import type { Language } from "../../lib/texts/languages.ts";
import { Text } from "./page.tsx";

function UnlinkChoice(
  { t, view, ticked }: { readonly t: ResetTexts; readonly view: ResetView; readonly ticked: boolean },
) {
  const { first, linkDoubtful } = view;
  return (
    <div class="field choice">
      <input id="unlink" name="unlink" type="checkbox" aria-describedby="unlink-hint" checked={ticked} />
      <div>
        <label for="unlink">{first ? t.unlink_first : t.unlink}</label>
        <p class="hint" id="unlink-hint">
          {first ? t.unlink_first_hint : linkDoubtful ? t.unlink_doubtful_hint : t.unlink_hint}
        </p>
      </div>
    </div>
  );
}

/**
 * Shows the devices that are signed in, whether Amazon is linked, and the box that ends both.
 *
 * @param props `unlink`: whether the box is ticked.
 * @internal
 */
export function SignedInDevices(
  { t, view, unlink, language }: {
    readonly t: ResetTexts;
    readonly view: ResetView;
    readonly unlink: boolean;
    readonly language: Language;
  },
): Child {
  const { first, sessions, moreSessions, amazonLinked } = view;
  const days = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    dateStyle: "long",
    timeZone: "UTC",
  });
  return (
    <section class="card" aria-labelledby="signed-in">
      <h2 id="signed-in">{sessions.length === 0 ? t.devices.none : t.devices.heading}</h2>
      {sessions.length > 0 && (
        <ul class="list">{sessions.map((session) => <Device t={t} session={session} days={days} />)}</ul>
      )}
      {moreSessions && <p class="soft">{t.devices.more}</p>}
      <h2>{t.amazon.heading}</h2>
      <p class="soft">{amazonLinked ? t.amazon.linked : t.amazon.not_linked}</p>
      {(first || amazonLinked) && <UnlinkChoice t={t} view={view} ticked={unlink} />}
    </section>
  );
}

function Device(
  { t, session, days }: {
    readonly t: ResetTexts;
    readonly session: Session;
    readonly days: Intl.DateTimeFormat;
  },
) {
  const [since, last] = [session.created_at, session.last_used_at].map((time) => ({
    day: days.format(new Date(time)),
    element: <time datetime={time}>{days.format(new Date(time))}</time>,
  }));
  const { name, model, platform } = session.device;
  const known = [name, model, platform].filter((word) => word !== undefined && word.trim() !== "");
  const [title = t.devices.nameless, ...rest] = known;
  return (
    <li>
      <bdi>{title}</bdi>
      {rest.length > 0 && (
        <span>
          <bdi>{rest.join(" · ")}</bdi>
        </span>
      )}
      <span>
        <Text
          of={since?.day === last?.day ? t.devices.since : t.devices.since_and_last}
          since={since?.element}
          last={last?.element}
        />
      </span>
    </li>
  );
}
