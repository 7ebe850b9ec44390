/**
 * How the start page looks.
 *
 * @module
 */
import { fill } from "../../lib/texts/texts.ts";
import type { AppContext } from "../http/env.ts";
import { type PageConfig, renderPage, Text, textsOf } from "./page.tsx";

/** Makes the start page: links for customers, and the documentation of the API. */
export function renderStart(c: AppContext, config: PageConfig): Response {
  const { appName } = config;
  const { start } = textsOf(c).common;
  const app = <bdi>{appName}</bdi>;
  return renderPage(c, config, {
    title: fill(start.title, { app: appName }),
    body: (
      <>
        <p class="lead">
          <Text of={start.lead} app={app} />
        </p>
        <div class="card">
          <h2>{start.customers}</h2>
          <p>
            <a href="/delete-account">
              <Text of={start.delete_account} app={app} />
            </a>
          </p>
        </div>
        <div class="card">
          <h2>{start.developers}</h2>
          <p>
            <a href="/docs">{start.docs}</a>
          </p>
          <p>
            <a href="/openapi.json">{start.openapi}</a>
          </p>
        </div>
      </>
    ),
  });
}
