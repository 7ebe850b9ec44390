/**
 * `/v1/account`: the account of the session that asks.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { describeAccount } from "../../lib/accounts/accounts.ts";
import { startDueTasks } from "../../lib/due_tasks.ts";
import { deleteAccount } from "../../lib/my_account/deletion.ts";
import { changeProfile, unlinkAmazon } from "../../lib/my_account/profile.ts";
import { changePassword } from "../../lib/my_account/password_change.ts";
import type { Services } from "../../lib/services.ts";
import { Problem } from "../../lib/base/problem.ts";
import { emptyResponse, jsonBody, jsonResponse } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { ACCOUNT, PASSWORD } from "../openapi/examples.ts";
import { bearer } from "../http/middleware.ts";
import { BODY_PROBLEMS, problemResponses, SESSION_PROBLEMS } from "../openapi/problems.ts";
import { accountSchema, passwordChangeSchema, profileChangesSchema } from "../openapi/schemas.ts";

/** The account of the session that asks. */
export function account(services: Services): Router {
  const middleware = bearer(services);
  const security = [{ session: [] }];
  const { config } = services;

  return createRouter()
    .openapi(
      createRoute({
        method: "get",
        path: "/v1/account",
        operationId: "getAccount",
        tags: ["Account"],
        summary: "Show the account",
        description: "The account of the session that asks, as it is stored.",
        security,
        middleware,
        responses: {
          200: jsonResponse("The account", { schema: accountSchema, example: ACCOUNT }),
          ...problemResponses(config, ...SESSION_PROBLEMS),
        },
      }),
      (c) => {
        const { accountId, account } = c.get("auth");
        return c.json(describeAccount(accountId, account.value), 200);
      },
    )
    .openapi(
      createRoute({
        method: "patch",
        path: "/v1/account",
        operationId: "updateAccount",
        tags: ["Account"],
        summary: "Change name and postal code",
        description: "A field that is absent stays as it is; `null` clears it.",
        security,
        middleware,
        request: { body: jsonBody(profileChangesSchema, { name: "Mork H.", postal_code: null }) },
        responses: {
          200: jsonResponse("The account as it is now", {
            schema: accountSchema,
            example: { ...ACCOUNT, name: "Mork H.", postal_code: null },
          }),
          ...problemResponses(config, ...BODY_PROBLEMS, ...SESSION_PROBLEMS),
        },
      }),
      async (c) => {
        return c.json(await changeProfile(services, c.get("auth"), c.req.valid("json")), 200);
      },
    )
    .openapi(
      createRoute({
        method: "put",
        path: "/v1/account/password",
        operationId: "changePassword",
        tags: ["Account"],
        summary: "Change the password, and sign every other device out",
        description: "A one-click customer has no password yet: then the response is `password_temporary`.",
        security,
        middleware,
        request: {
          body: jsonBody(passwordChangeSchema, {
            current_password: PASSWORD,
            new_password: "an even longer horse battery staple",
          }),
        },
        responses: {
          204: emptyResponse("Changed; only this device is still signed in"),
          ...problemResponses(
            config,
            ...BODY_PROBLEMS,
            "invalid_credentials",
            "password_temporary",
            tooWeak("/new_password"),
            "rate_limited",
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        const { current_password: current, new_password: next } = c.req.valid("json");
        await changePassword(services, c.get("auth"), { current, next });
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/v1/account/amazon-link",
        operationId: "unlinkAmazon",
        tags: ["Account"],
        summary: "Unlink Amazon: one click no longer signs in to this account",
        description: "The account must have a password: a customer without one would be locked out.",
        security,
        middleware,
        responses: {
          204: emptyResponse("Not linked any more"),
          ...problemResponses(config, "password_temporary", ...SESSION_PROBLEMS),
        },
      }),
      async (c) => {
        await unlinkAmazon(services, c.get("auth"));
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        method: "delete",
        path: "/v1/account",
        operationId: "deleteAccount",
        tags: ["Account"],
        summary: "Delete the account with all its data",
        description:
          "Every device is signed out at once, and a last mail confirms it. This cannot be undone: the same customer " +
          "gets a new account by the next one click or sign-up.",
        security,
        middleware,
        responses: { 204: emptyResponse("Deleted"), ...problemResponses(config, ...SESSION_PROBLEMS) },
      }),
      async (c) => {
        await deleteAccount(services, c.var.auth);
        startDueTasks(services);
        return c.body(null, 204);
      },
    );
}

function tooWeak(path: string): Problem {
  return new Problem("weak_password", {
    errors: [{ path, message: "Must not be one of the passwords that many people have" }],
  });
}
