/**
 * `/openapi.json`: the description of the API, made from the schemas that validate requests. `/docs`: the same as a page.
 *
 * @module
 */
import { createRoute, z } from "@hono/zod-openapi";
import type { Services } from "../../lib/services.ts";
import { HEADERS, headers, jsonResponse } from "../openapi/responses.ts";
import type { ApiDocument } from "./model.ts";
import { createRouter, type Router } from "../http/env.ts";
import { inPieces } from "../http/pieces.ts";
import { problemResponses } from "../openapi/problems.ts";

const TAGS = [
  { name: "One click", description: "For customers who consented in the Appstore: the code signs in" },
  { name: "Password", description: "For customers without consent, and for linking" },
  { name: "Phone", description: "For every customer, without a keyboard on the TV: the phone signs in" },
  { name: "Sessions", description: "The devices that are signed in" },
  { name: "Purchases", description: "What the customer bought in the Appstore, and may use" },
  { name: "Access tokens", description: "Signed tokens for the other back ends of the app" },
  { name: "Account", description: "The customer's own account" },
  { name: "Service", description: "The service itself, for operators and developers" },
];

/**
 * Creates the routes of the description. It covers all operations of `app`, and those of this router too. Document and page
 * are made with the first request, when `app` has all its routes.
 */
export function apiDocuments({ config }: Pick<Services, "config">, app: Router): Router {
  const about = {
    openapi: "3.1.0",
    info: {
      title: "Oneclick",
      version: "1.0.0",
      summary: "One-click sign-in for apps of the Amazon Appstore",
      description:
        "JSON in and out, in UTF-8 and `snake_case`. Times are RFC 3339 in UTC; durations are whole seconds. " +
        "Every failure is `application/problem+json` (RFC 9457). Its `next` says what a device does next.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: config.publicUrl, description: "This service" }],
    tags: TAGS,
  };
  app.openAPIRegistry.registerComponent("securitySchemes", "session", {
    type: "http",
    scheme: "bearer",
    description: "The `session_token` of a sign-in",
  });
  for (const [name, header] of Object.entries(HEADERS)) {
    app.openAPIRegistry.registerComponent("headers", name, header);
  }

  let document: ApiDocument | undefined;
  // The type of the generator allows all of OpenAPI, of which this service uses a part.
  const describe = () => document ??= app.getOpenAPI31Document(about) as unknown as ApiDocument;
  let json: Uint8Array<ArrayBuffer> | undefined;
  const encode = () => json ??= new TextEncoder().encode(plainJson(describe()));
  let page: Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly policy: string }> | undefined;
  const render = () =>
    page ??= import("./page.tsx").then(async ({ renderDocs }) => {
      const { html, policy } = await renderDocs(describe());
      return { bytes: new TextEncoder().encode(html), policy };
    });

  const common = { tags: ["Service"], security: [] };

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/openapi.json",
        operationId: "getOpenApi",
        summary: "Get this description as OpenAPI",
        description: "OpenAPI 3.1. It is made from the schemas that validate the requests.",
        responses: {
          200: jsonResponse("The OpenAPI document", {
            schema: z.record(z.string(), z.unknown()),
            example: {
              openapi: about.openapi,
              info: { title: about.info.title, version: "1.0.0" },
              paths: {},
            },
          }),
          ...problemResponses(config, "internal"),
        },
      }),
      // The type of the route has the object, which is sent as its bytes.
      (c) => c.body(inPieces(encode()), 200, { "Content-Type": "application/json" }) as never,
    )
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/docs",
        operationId: "getDocs",
        summary: "Read this description as a page",
        description: "A page of HTML. It loads nothing else, and can be read without scripts.",
        responses: {
          200: {
            description: "The page",
            headers: headers(),
            content: { "text/html": { schema: z.string(), example: "<!DOCTYPE html>…" } },
          },
          ...problemResponses(config, "internal"),
        },
      }),
      async (c) => {
        const { bytes, policy } = await render();
        c.set("contentPolicy", policy);
        return c.body(inPieces(bytes), 200, { "Content-Type": "text/html; charset=UTF-8" });
      },
    );
}

/** Writes JSON of which every character can be seen: a pattern has marks that turn the direction of text. */
function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cf}\u2028\u2029]/gu,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
