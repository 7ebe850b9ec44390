/**
 * `/v1/accounts` and `/v1/account`: sign-up, and what a customer does with their account.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import { describeAccount } from "../lib/accounts/accounts.ts";
import { changeProfile, unlinkAmazon } from "../lib/self_service/profile.ts";
import { signUp } from "../lib/passwords/sign_up.ts";
import { changePassword } from "../lib/self_service/password.ts";
import type { Services } from "../lib/services.ts";
import { createRouter, type Router } from "./env.ts";
import { bearer, clientOfRequest } from "./middleware.ts";
import { problemResponses } from "./problems.ts";
import {
  accountSchema,
  passwordChangeSchema,
  profileChangesSchema,
  signedInSchema,
  signUpSchema,
} from "./schemas.ts";

/** Sign-up, and the account of the session that asks. */
export function accounts(services: Services): Router {
  const middleware = bearer(services);
  const security = [{ session: [] }];
  const problems = problemResponses("invalid_session", "storage_unavailable", "internal");
  const bodyProblems = problemResponses("invalid_request", "payload_too_large", "unsupported_media_type");
  const account = { "application/json": { schema: accountSchema } };

  const create = createRoute({
    method: "post",
    path: "/v1/accounts",
    summary: "Sign up with email and password",
    request: { body: { required: true, content: { "application/json": { schema: signUpSchema } } } },
    responses: {
      201: {
        description: "The account is made and this device signed in",
        content: { "application/json": { schema: signedInSchema } },
      },
      ...bodyProblems,
      ...problemResponses(
        "registration_closed",
        "email_taken",
        "weak_password",
        "rate_limited",
        "storage_unavailable",
        "internal",
      ),
    },
  });

  const show = createRoute({
    method: "get",
    path: "/v1/account",
    summary: "Show the account",
    security,
    middleware,
    responses: { 200: { description: "The account", content: account }, ...problems },
  });

  const change = createRoute({
    method: "patch",
    path: "/v1/account",
    summary: "Change name and postal code",
    security,
    middleware,
    request: { body: { required: true, content: { "application/json": { schema: profileChangesSchema } } } },
    responses: {
      200: { description: "The account as it is now", content: account },
      ...bodyProblems,
      ...problems,
    },
  });

  const setPassword = createRoute({
    method: "put",
    path: "/v1/account/password",
    summary: "Change the password, and sign every other device out",
    security,
    middleware,
    request: { body: { required: true, content: { "application/json": { schema: passwordChangeSchema } } } },
    responses: {
      204: { description: "Changed; only this device is still signed in" },
      ...bodyProblems,
      ...problemResponses("invalid_credentials", "invalid_session"),
      ...problemResponses("password_temporary", "weak_password", "rate_limited"),
      ...problemResponses("storage_unavailable", "internal"),
    },
  });

  const unlink = createRoute({
    method: "delete",
    path: "/v1/account/amazon-link",
    summary: "Unlink Amazon: one click no longer signs in to this account",
    security,
    middleware,
    responses: {
      204: { description: "Not linked any more" },
      ...problemResponses("password_temporary"),
      ...problems,
    },
  });

  return createRouter()
    .openapi(create, async (c) => {
      const { email, password, name = null, postal_code: postalCode = null, device = {} } = c.req.valid(
        "json",
      );
      const client = clientOfRequest(c, services.config);
      return c.json(await signUp(services, { email, password, name, postalCode, device, client }), 201);
    })
    .openapi(show, (c) => {
      const { accountId, account } = c.var.auth;
      return c.json(describeAccount(accountId, account.value), 200);
    })
    .openapi(change, async (c) => {
      return c.json(await changeProfile(services, c.var.auth, c.req.valid("json")), 200);
    })
    .openapi(setPassword, async (c) => {
      const { current_password: current, new_password: next } = c.req.valid("json");
      await changePassword(services, c.var.auth, { current, next });
      return c.body(null, 204);
    })
    .openapi(unlink, async (c) => {
      await unlinkAmazon(services, c.var.auth);
      return c.body(null, 204);
    });
}
