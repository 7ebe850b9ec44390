/**
 * `/v1/accounts` and `/v1/account`: sign-up, and what a customer does with their account.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { describeAccount } from "../../lib/accounts/accounts.ts";
import { startDueTasks } from "../../lib/due_tasks.ts";
import { deleteAccount } from "../../lib/my_account/deletion.ts";
import { changeProfile, unlinkAmazon } from "../../lib/my_account/profile.ts";
import { signUp } from "../../lib/sign_in/sign_up.ts";
import { changePassword } from "../../lib/my_account/password_change.ts";
import type { Services } from "../../lib/services.ts";
import { Problem } from "../../lib/base/problem.ts";
import { emptyAnswer, jsonAnswer, jsonBody } from "../openapi/responses.ts";
import { createRouter, type Router } from "../http/env.ts";
import { ACCOUNT, DEVICE, PASSWORD, SIGNED_IN, SIGNED_UP_ACCOUNT } from "../openapi/examples.ts";
import { bearer, clientOfRequest } from "../http/middleware.ts";
import { BODY_PROBLEMS, problemResponses, SESSION_PROBLEMS } from "../http/problems.ts";
import {
  accountSchema,
  passwordChangeSchema,
  profileChangesSchema,
  signedInSchema,
  signUpSchema,
} from "../openapi/schemas.ts";

/** Sign-up, and the account of the session that asks. */
export function accounts(services: Services): Router {
  const middleware = bearer(services);
  const security = [{ session: [] }];
  const { config } = services;

  const create = createRoute({
    method: "post",
    path: "/v1/accounts",
    operationId: "signUp",
    tags: ["Password"],
    summary: "Sign up with email and password",
    description:
      "For customers who gave no consent. `errors` of a `weak_password` holds a sentence for the customer.",
    security: [],
    request: {
      body: jsonBody(signUpSchema, {
        email: SIGNED_UP_ACCOUNT.email,
        password: PASSWORD,
        name: SIGNED_UP_ACCOUNT.name,
        postal_code: SIGNED_UP_ACCOUNT.postal_code,
        device: DEVICE,
      }),
    },
    responses: {
      201: jsonAnswer("The account is made and this device signed in", {
        schema: signedInSchema,
        example: { ...SIGNED_IN, account: { ...SIGNED_UP_ACCOUNT, created: true } },
      }),
      ...problemResponses(
        config,
        ...BODY_PROBLEMS,
        "registration_closed",
        "email_taken",
        tooWeak("/password"),
        "rate_limited",
        "storage_unavailable",
        "internal",
      ),
    },
  });

  const show = createRoute({
    method: "get",
    path: "/v1/account",
    operationId: "getAccount",
    tags: ["Account"],
    summary: "Show the account",
    description: "As it is stored, of the session that asks.",
    security,
    middleware,
    responses: {
      200: jsonAnswer("The account", { schema: accountSchema, example: ACCOUNT }),
      ...problemResponses(config, ...SESSION_PROBLEMS),
    },
  });

  const change = createRoute({
    method: "patch",
    path: "/v1/account",
    operationId: "updateAccount",
    tags: ["Account"],
    summary: "Change name and postal code",
    description: "What is absent stays as it is; `null` clears.",
    security,
    middleware,
    request: { body: jsonBody(profileChangesSchema, { name: "Mork H.", postal_code: null }) },
    responses: {
      200: jsonAnswer("The account as it is now", {
        schema: accountSchema,
        example: { ...ACCOUNT, name: "Mork H.", postal_code: null },
      }),
      ...problemResponses(config, ...BODY_PROBLEMS, ...SESSION_PROBLEMS),
    },
  });

  const setPassword = createRoute({
    method: "put",
    path: "/v1/account/password",
    operationId: "changePassword",
    tags: ["Account"],
    summary: "Change the password, and sign every other device out",
    description: "A one-click customer has no password to change yet: that is `password_temporary`.",
    security,
    middleware,
    request: {
      body: jsonBody(passwordChangeSchema, {
        current_password: PASSWORD,
        new_password: "an even longer horse battery staple",
      }),
    },
    responses: {
      204: emptyAnswer("Changed; only this device is still signed in"),
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
  });

  const unlink = createRoute({
    method: "delete",
    path: "/v1/account/amazon-link",
    operationId: "unlinkAmazon",
    tags: ["Account"],
    summary: "Unlink Amazon: one click no longer signs in to this account",
    description: "Needs a password that is set: a customer without one would be locked out.",
    security,
    middleware,
    responses: {
      204: emptyAnswer("Not linked any more"),
      ...problemResponses(config, "password_temporary", ...SESSION_PROBLEMS),
    },
  });

  const remove = createRoute({
    method: "delete",
    path: "/v1/account",
    operationId: "deleteAccount",
    tags: ["Account"],
    summary: "Delete the account and everything of it",
    description:
      "Every device is signed out at once, and a last mail confirms it. There is no way back: the same customer " +
      "gets a new account by the next one click or sign-up.",
    security,
    middleware,
    responses: { 204: emptyAnswer("Deleted"), ...problemResponses(config, ...SESSION_PROBLEMS) },
  });

  return createRouter()
    .openapi(create, async (c) => {
      const { email, password, name = null, postal_code: postalCode = null, device = {} } = c.req.valid(
        "json",
      );
      const client = clientOfRequest(c, config);
      return c.json(await signUp(services, { email, password, name, postalCode, device, client }), 201);
    })
    .openapi(show, (c) => {
      const { accountId, account } = c.get("auth");
      return c.json(describeAccount(accountId, account.value), 200);
    })
    .openapi(change, async (c) => {
      return c.json(await changeProfile(services, c.get("auth"), c.req.valid("json")), 200);
    })
    .openapi(setPassword, async (c) => {
      const { current_password: current, new_password: next } = c.req.valid("json");
      await changePassword(services, c.get("auth"), { current, next });
      return c.body(null, 204);
    })
    .openapi(unlink, async (c) => {
      await unlinkAmazon(services, c.get("auth"));
      return c.body(null, 204);
    })
    .openapi(remove, async (c) => {
      await deleteAccount(services, c.var.auth);
      startDueTasks(services);
      return c.body(null, 204);
    });
}

function tooWeak(path: string): Problem {
  return new Problem("weak_password", {
    errors: [{ path, message: "Must not be one of the passwords that many people have" }],
  });
}
