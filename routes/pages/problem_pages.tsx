/**
 * The pages for problems. They tell a customer in plain words what went wrong.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import { type Problem, type ProblemCode, PROBLEMS } from "../../lib/base/problem.ts";
import type { CommonTexts } from "../../lib/texts/en/common.ts";
import { fill } from "../../lib/texts/texts.ts";
import type { AppContext } from "../http/env.ts";
import { renderPage, textsOf } from "./page.tsx";

/** The texts for a problem, by its code. All other problems have the texts `other`. */
const TEXT_OF: Partial<Record<ProblemCode, keyof CommonTexts["problems"]>> = {
  not_found: "not_found",
  method_not_allowed: "wrong_method",
  payload_too_large: "too_large",
  unsupported_media_type: "wrong_way",
  invalid_request: "wrong_way",
  rate_limited: "rate_limited",
  account_blocked: "blocked",
  storage_unavailable: "unavailable",
};

/**
 * Makes the page of a problem. It links back to the form, or to the start page when the page does not exist.
 * @internal
 */
export function renderProblemPage(
  c: AppContext,
  problem: Problem,
  config: Pick<Config, "appName" | "brand">,
): Response {
  const { code, status, details } = problem;
  const { common } = textsOf(c);
  const { title, text } = common.problems[TEXT_OF[code] ?? "other"];
  const again = PROBLEMS[code].next === "retry";
  const seconds = Math.max(1, details.retryAfter ?? 1);
  c.set("problem", problem);
  if (again) c.header("Retry-After", String(seconds));
  return renderPage(c, config, {
    status,
    title,
    sign: code === "not_found" ? "plain" : "bad",
    body: (
      <>
        <p class="lead">{text}</p>
        {again && <p>{sayWhen(common, seconds)}</p>}
        <p>
          {code === "not_found"
            ? <a href="/">{fill(common.start.title, { app: config.appName })}</a>
            : <a href="">{common.back}</a>}
        </p>
      </>
    ),
  });
}

/** Makes the page for a form that another site has sent. */
export function renderRefusal(c: AppContext, config: Pick<Config, "appName" | "brand">): Response {
  const { foreign_form: { title, text, open } } = textsOf(c).common;
  return renderPage(c, config, {
    status: 403,
    title,
    sign: "bad",
    body: (
      <>
        <p class="lead">{text}</p>
        <p>
          <a href="">{open}</a>
        </p>
      </>
    ),
  });
}

/** Says when to try again. */
function sayWhen({ again }: CommonTexts, seconds: number): string {
  if (seconds < 60) return again.moment;
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? again.minute : fill(again.minutes, { minutes });
}
