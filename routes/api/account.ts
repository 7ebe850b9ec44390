/**
 * `/v1/account`: operations on the account of a session token.
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
import { emptyResponse, jsonBody, jsonResponse, optionalJsonBody } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { ACCOUNT, PASSWORD } from "../openapi/examples.ts";
import { bearer, bearerOfEnding } from "../http/middleware.ts";
import { BODY_PROBLEMS, problemResponses, SESSION_PROBLEMS, weakPassword } from "../openapi/problems.ts";
import {
  accountSchema,
  confirmationSchema,
  passwordChangeSchema,
  profileChangesSchema,
} from "../openapi/account_schemas.ts";

const PROOF =
  "A session in which the customer has not given the password within the last 15 minutes sends it along: otherwise the answer " +
  "is `invalid_credentials`.";

/** Creates the routes of `/v1/account`. */
export function account(services: Services): Router {
  const { config } = services;
  const common = { tags: ["Account"], security: [{ session: [] }], middleware: bearer(services) };

  return createRouter()
    .openapi(
      createRoute({
        ...common,
        method: "get",
        path: "/v1/account",
        operationId: "getAccount",
        summary: "Show the account",
        description: "The account of the session token, as it is stored.",
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
        ...common,
        method: "patch",
        path: "/v1/account",
        operationId: "updateAccount",
        summary: "Change name and postal code",
        description: "An absent field stays as it is. `null` clears a field.",
        request: { body: jsonBody(profileChangesSchema, { name: "Mork H.", postal_code: null }) },
        responses: {
          200: jsonResponse("The account with the changes", {
            schema: accountSchema,
            example: { ...ACCOUNT, name: "Mork H.", postal_code: null },
          }),
          ...problemResponses(config, ...BODY_PROBLEMS, ...SESSION_PROBLEMS),
        },
      }),
      async (c) => c.json(await changeProfile(services, c.get("auth"), c.req.valid("json")), 200),
    )
    .openapi(
      createRoute({
        ...common,
        method: "put",
        path: "/v1/account/password",
        operationId: "changePassword",
        summary: "Change the password, and sign every other device out",
        description: "A one-click customer who has not set a password yet gets `password_temporary`.",
        request: {
          body: jsonBody(passwordChangeSchema, {
            current_password: PASSWORD,
            new_password: "an even longer horse battery staple",
          }),
        },
        responses: {
          204: emptyResponse("The password is changed, and only this device is still signed in"),
          ...problemResponses(
            config,
            ...BODY_PROBLEMS,
            "invalid_credentials",
            "password_temporary",
            weakPassword("/new_password"),
            "rate_limited",
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        const { current_password: current, new_password: next } = c.req.valid("json");
        await changePassword(services, c.get("auth"), { current, next });
        startDueTasks(services);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        ...common,
        method: "delete",
        path: "/v1/account/amazon-link",
        operationId: "unlinkAmazon",
        summary: "Unlink Amazon: one click no longer signs in to this account",
        description:
          "The account needs a password that the customer has set. Without one the customer could not sign in any more. " +
          PROOF,
        request: { body: optionalJsonBody(confirmationSchema, { current_password: PASSWORD }) },
        responses: {
          204: emptyResponse("The account is not linked any more"),
          ...problemResponses(
            config,
            ...BODY_PROBLEMS,
            "invalid_credentials",
            "password_temporary",
            "rate_limited",
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        await unlinkAmazon(services, c.get("auth"), c.req.valid("json").current_password);
        startDueTasks(services);
        return c.body(null, 204);
      },
    )
    .openapi(
      createRoute({
        ...common,
        middleware: bearerOfEnding(services, (by) => by === "account_deletion"),
        method: "delete",
        path: "/v1/account",
        operationId: "deleteAccount",
        summary: "Delete the account and everything that belongs to it",
        description:
          "Every device is signed out at once, and a last mail confirms the deletion. A deletion cannot be undone: the " +
          `customer's next one-click sign-in or sign-up creates a new account. ${PROOF} An account whose password is temporary ` +
          "needs no proof.",
        request: { body: optionalJsonBody(confirmationSchema, { current_password: PASSWORD }) },
        responses: {
          204: emptyResponse("The account is deleted"),
          ...problemResponses(
            config,
            ...BODY_PROBLEMS,
            "invalid_credentials",
            "rate_limited",
            ...SESSION_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        await deleteAccount(services, c.get("auth"), c.req.valid("json").current_password);
        startDueTasks(services);
        return c.body(null, 204);
      },
    );
}
