/**
 * The pages for problems. They tell a customer in plain words what went wrong.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import { type Problem, type ProblemCode, PROBLEMS } from "../../lib/base/problem.ts";
import type { AppContext } from "../http/env.ts";
import { renderPage } from "./page.tsx";

/** The words of a page for one kind of problem. */
interface Words {
  readonly title: string;
  readonly text: string;
}

/** The words for every problem that {@linkcode WORDS} does not have. */
const OTHER_WORDS: Words = {
  title: "Something went wrong here",
  text: "This is our fault, not yours. Nothing was changed.",
};

const WORDS: Partial<Record<ProblemCode, Words>> = {
  not_found: {
    title: "There is no such page",
    text: "Check the address, or open the link in your mail again.",
  },
  method_not_allowed: { title: "That does not work here", text: "Open the link in your mail again." },
  payload_too_large: { title: "That was too much", text: "The form that was sent is too large." },
  unsupported_media_type: { title: "That does not work here", text: "Please use the form on this page." },
  invalid_request: { title: "That does not work here", text: "Please use the form on this page." },
  rate_limited: {
    title: "Too many tries",
    text: "Nothing was changed. A link that you have still works.",
  },
  storage_unavailable: {
    title: "We cannot do this just now",
    text: "Try again in a moment. It may have worked already.",
  },
};

/**
 * Makes the page of a problem. It links back to the form, except when the page does not exist.
 * @internal
 */
export function renderProblemPage(
  c: AppContext,
  problem: Problem,
  config: Pick<Config, "appName">,
): Response {
  const { code, status, details } = problem;
  const { title, text } = WORDS[code] ?? OTHER_WORDS;
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
        {again && <p>Try again {waitOf(seconds)}.</p>}
        {code !== "not_found" && (
          <p>
            <a href="">Back to the form</a>
          </p>
        )}
      </>
    ),
  });
}

/** Makes the page for a form that another site has sent. */
export function renderRefusal(c: AppContext, config: Pick<Config, "appName">): Response {
  return renderPage(c, config, {
    status: 403,
    title: "Another site has sent this form",
    sign: "bad",
    body: (
      <>
        <p class="lead">Nothing was changed. If you want this, send the form from our own page.</p>
        <p>
          <a href="">Open the page</a>
        </p>
      </>
    ),
  });
}

function waitOf(seconds: number): string {
  if (seconds < 60) return "in a moment";
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? "in a minute" : `in ${minutes} minutes`;
}
