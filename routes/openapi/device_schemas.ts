/**
 * The schemas of a device and of its app.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { DEVICE } from "./examples.ts";
import { deviceText } from "./text.ts";

const deviceField = deviceText(128);

/**
 * A device, as it describes itself.
 * @internal
 */
export const deviceSchema = z.object({
  name: deviceField.optional().openapi({ description: "The name that the customer gave it" }),
  model: deviceField.optional().openapi({ description: "The name that the manufacturer gave it" }),
  platform: deviceField.optional().openapi({ description: "Its operating system" }),
  language: deviceField.optional().openapi({
    description: "The language of its screen, as a BCP 47 tag. Mails to the customer are written in it",
  }),
}).openapi("Device", {
  description: "A device, as it describes itself. The list of sessions shows it",
  example: DEVICE,
});

/**
 * The name of a configured Amazon client.
 * @internal
 */
export const appSchema = z.string().openapi({
  description: "The name of a configured Amazon client. The first one by default",
  example: "tv",
});
