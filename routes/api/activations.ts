/**
 * `POST /v1/activations` and `POST /v1/sessions/activation`: a TV that is signed in from a phone.
 *
 * @module
 */
import { createRoute } from "@hono/zod-openapi";
import type { Services } from "../../lib/services.ts";
import { startActivation } from "../../lib/sign_in/activation.ts";
import { ActivationPace } from "../../lib/sign_in/activation_pace.ts";
import { pollActivation } from "../../lib/sign_in/activation_poll.ts";
import { createRouter, type Router } from "../http/env.ts";
import { limitByAddress } from "../http/middleware.ts";
import { DEVICE, SIGNED_IN, SIGNED_UP_ACCOUNT, STARTED_ACTIVATION } from "../openapi/examples.ts";
import { BODY_PROBLEMS, problemResponses, STORAGE_PROBLEMS } from "../openapi/problems.ts";
import { jsonBody, jsonResponse, optionalJsonBody } from "../openapi/responses.ts";
import {
  activationQuestionSchema,
  activationSchema,
  startedActivationSchema,
} from "../openapi/activation_schemas.ts";
import { signedInSchema } from "../openapi/sign_in_schemas.ts";

/** Creates the routes of activations. The pace of the TVs is kept in this instance. */
export function activations(services: Services): Router {
  const { config, clock } = services;
  const pace = new ActivationPace(clock);

  return createRouter()
    .openapi(
      createRoute({
        method: "post",
        path: "/v1/activations",
        operationId: "startActivation",
        tags: ["Phone"],
        summary: "Start a sign-in from a phone",
        description:
          "Show the `user_code`, the address and the QR code, and ask `POST /v1/sessions/activation` until the customer " +
          "has decided. Store the `device_code`, so that the app can be closed meanwhile.",
        security: [],
        middleware: limitByAddress(services, config.amazonSignInsPerMinute),
        request: { body: optionalJsonBody(activationSchema, { device: DEVICE }) },
        responses: {
          201: jsonResponse("The activation is started", {
            schema: startedActivationSchema,
            example: STARTED_ACTIVATION,
          }),
          ...problemResponses(
            config,
            ...BODY_PROBLEMS,
            "link_ticket_invalid",
            "rate_limited",
            ...STORAGE_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        const { device = {}, link_ticket: linkTicket, prefill: { name, postal_code } = {} } = c.req.valid(
          "json",
        );
        const prefill = { ...(name ? { name } : {}), ...(postal_code ? { postal_code } : {}) };
        return c.json(await startActivation(services, { device, prefill, linkTicket }), 201);
      },
    )
    .openapi(
      createRoute({
        method: "post",
        path: "/v1/sessions/activation",
        operationId: "askForActivation",
        tags: ["Phone"],
        summary: "Ask whether the phone is done",
        description:
          "Ask every `interval` seconds. The session is made when the TV asks, and the same `device_code` gets the same " +
          "answer again for 10 minutes.",
        security: [],
        request: {
          body: jsonBody(activationQuestionSchema, { device_code: STARTED_ACTIVATION.device_code }),
        },
        responses: {
          200: jsonResponse("The TV is signed in", {
            schema: signedInSchema,
            example: { ...SIGNED_IN, account: { ...SIGNED_UP_ACCOUNT, created: false } },
          }),
          201: jsonResponse("The TV is signed in to an account that was made on the phone", {
            schema: signedInSchema,
            example: { ...SIGNED_IN, account: { ...SIGNED_UP_ACCOUNT, created: true } },
          }),
          ...problemResponses(
            config,
            ...BODY_PROBLEMS,
            "authorization_pending",
            "slow_down",
            "access_denied",
            "expired_token",
            "account_blocked",
            ...STORAGE_PROBLEMS,
          ),
        },
      }),
      async (c) => {
        const { device_code } = c.req.valid("json");
        const { signedIn, replayed } = await pollActivation(services, pace, device_code);
        // A TV asks many times, and need not know that it was answered before. The log tells.
        if (replayed) c.set("replayed", true);
        return c.json(signedIn, signedIn.account.created ? 201 : 200);
      },
    );
}
