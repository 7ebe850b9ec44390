/**
 * What went wrong on a page for customers, in their words.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import { type Problem, type ProblemCode, PROBLEMS } from "../../lib/base/problem.ts";
import type { AppContext } from "../http/env.ts";
import { renderPage } from "./page.tsx";

interface Words {
  readonly title: string;
  readonly text: string;
}

const OTHERWISE: Words = {
  title: "Something went wrong here",
  text: "This is our fault, not yours. Nothing was changed.",
};

const WORDS: Partial<Record<ProblemCode, Words>> = {
  not_found: {
    title: "There is no such page",
    text: "Check the address, or open the link in your mail again.",
  },
  method_not_allowed: { title: "That does not work here", text: "Open the link in your mail again." },
  payload_too_large: { title: "That was too much", text: "What was sent is larger than this form can be." },
  unsupported_media_type: { title: "That does not work here", text: "Please use the form on this page." },
  invalid_request: { title: "That does not work here", text: "Please use the form on this page." },
  rate_limited: {
    title: "Too many tries",
    text: "Nothing was changed, and a link that you have is still good.",
  },
  storage_unavailable: {
    title: "We cannot do this just now",
    text: "Try again in a moment. It may have worked already.",
  },
};

/**
 * Answers with the page of a problem, with the way back to the form where it can be tried again.
 * @internal
 */
export function renderProblemPage(
  c: AppContext,
  problem: Problem,
  config: Pick<Config, "appName">,
): Response {
  const { code, status, details } = problem;
  const { title, text } = WORDS[code] ?? OTHERWISE;
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

/** Answers to a form that another site has sent. */
export function renderRefusal(c: AppContext, config: Pick<Config, "appName">): Response {
  return renderPage(c, config, {
    status: 403,
    title: "Another site has sent this",
    sign: "bad",
    body: (
      <>
        <p class="lead">Nothing was changed. If this is what you want, send it from our own page.</p>
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
