/**
 * The start page, `/`: it tells a person in a browser what this service is. Every other client is told that nothing is
 * here.
 *
 * @module
 */
import { Problem } from "../../lib/base/problem.ts";
import type { Services } from "../../lib/services.ts";
import { asksForPage } from "../http/accept.ts";
import { createRouter, type Router } from "../http/env.ts";

/** Creates the route of the start page. */
export function startPage({ config }: Pick<Services, "config">): Router {
  const router = createRouter();
  router.get("/", async (c) => {
    if (!asksForPage(c)) throw new Problem("not_found");
    const { renderStart } = await import("./start_page.tsx");
    return renderStart(c, config);
  });
  return router;
}
