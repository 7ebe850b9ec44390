/**
 * The page of a problem: what it means, what the device does, and what the operator does.
 *
 * @module
 */
import { type ProblemCode, PROBLEMS } from "../../lib/base/problem.ts";
import { exampleOf, headersOf } from "../openapi/problems.ts";
import { NEXT_STEPS } from "../openapi/next_steps.ts";
import { type DocsPage, frameDocs, Prose, Sample } from "./frame.tsx";
import { PROBLEM_GUIDE } from "./problem_guide.ts";

/** Renders the page of a problem. */
export function renderProblemType(
  config: { readonly publicUrl: string },
  code: ProblemCode,
): Promise<DocsPage> {
  const { title, status, next, detail } = PROBLEMS[code];
  const { means, operator } = PROBLEM_GUIDE[code];
  const headers = headersOf(code);
  return frameDocs({
    title: `${code} – Oneclick API`,
    layout: "article",
    body: (
      <>
        <header>
          <p class="facts">
            <span class="status bad">{status}</span>
            <code>{code}</code>
            <span>
              next: <code>{next}</code>
            </span>
          </p>
          <h1>{title}</h1>
        </header>
        <main>
          <h2>What it means</h2>
          <p>
            <Prose text={`${means}.`} />
          </p>
          <h2>What the device does</h2>
          <p>
            <Prose text={`${NEXT_STEPS[next]}.`} />
          </p>
          <p class="soft">
            To the developer of the app the problem says: <Prose text={`${detail}.`} />
          </p>
          <h2>What the operator does</h2>
          <p>
            <Prose text={`${operator}.`} />
          </p>
          <h2>What it looks like</h2>
          <Sample
            caption={["application/problem+json", "X-Request-Id", ...headers].join(" · ")}
            text={JSON.stringify(exampleOf(config, code).value, null, 2)}
          />
          <nav aria-label="More">
            <a href="/docs">All operations and problems</a>
          </nav>
        </main>
      </>
    ),
  });
}
