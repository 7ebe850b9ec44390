/**
 * The simulator's paths of receipts: those of Amazon, and those by which a developer plays the Appstore.
 *
 * @module
 */
import type { Hono } from "hono";
import { CERTIFICATE_PATH, type Notifications } from "./notifications.ts";
import { RECEIPT_ACTIONS, type ReceiptAction, type Receipts, type SimulatedReceipt } from "./receipts.ts";
import type { SimulatedResponse } from "./responses.ts";

/** What the paths are made of. */
export interface ReceiptRoutesOptions {
  /** The receipts. */
  receipts: Receipts;
  /** The notifications of what happens to them. */
  notifications: Notifications;
  /** Sends a notification. */
  notify(envelope: string): Promise<unknown>;
  /** Records a request to Amazon, and delivers its response. */
  respond(
    endpoint: "rvs" | "acknowledge",
    request: Request,
    simulate: (body: string) => SimulatedResponse,
  ): Promise<Response>;
}

const RVS =
  /^(?<sandbox>\/sandbox)?\/version\/1\.0\/verifyReceiptId\/developer\/([^/]+)\/user\/([^/]+)\/receiptId\/([^/]+)$/;

/**
 * Adds the paths to the simulator's app.
 * @internal
 */
export function addReceiptRoutes(
  app: Hono,
  { receipts, notifications, notify, respond }: ReceiptRoutesOptions,
): void {
  // Amazon tells of a receipt whose user it knows. A service that does not take the notification is not asked again.
  const tell = async (receipt: SimulatedReceipt, action?: ReceiptAction) => {
    if (receipt.userId !== null) await notify(notifications.notice(receipt, action)).catch(() => {});
  };
  // The parts are split before they are decoded, because a receipt id can hold a slash.
  app.get("*", async (c, next) => {
    const parts = RVS.exec(new URL(c.req.url).pathname);
    if (parts === null) return await next();
    const [, sandbox, secret = "", userId = "", receiptId = ""] = parts.map((part) =>
      part === undefined ? undefined : decodeURIComponent(part)
    );
    const asked = { secret, userId, receiptId, sandbox: sandbox !== undefined };
    return await respond("rvs", c.req.raw, () => receipts.verify(asked));
  });
  app.put(
    "/version/1.0/acknowledgeReceipt",
    (c) => respond("acknowledge", c.req.raw, () => receipts.acknowledge(new URL(c.req.url).searchParams)),
  );
  app.post("/receipts", async (c) => {
    const { scenario, user_id: userId } = Object(await c.req.json().catch(() => undefined));
    try {
      if (typeof scenario !== "string") throw new RangeError("The scenario must be a text");
      const receipt = receipts.issue(scenario, typeof userId === "string" ? { userId } : {});
      await tell(receipt);
      return c.json(describe(receipt), 201);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return c.json({ error: "invalid_request", error_description: error.message }, 400);
    }
  });
  app.get("/receipts/:receipt", (c) => {
    const receipt = receipts.find(c.req.param("receipt"));
    return receipt === undefined
      ? c.json({ error: "invalid_request", error_description: "No such receipt" }, 404)
      : c.json(describe(receipt));
  });
  app.get(CERTIFICATE_PATH, (c) => c.text(notifications.certificate()));
  app.post("/receipts/:receipt/:action", async (c) => {
    const receipt = receipts.find(c.req.param("receipt"));
    const action = c.req.param("action");
    if (receipt === undefined || !RECEIPT_ACTIONS.includes(action as ReceiptAction)) {
      const error_description = `No such receipt, or not one of ${RECEIPT_ACTIONS.join(", ")}`;
      return c.json({ error: "invalid_request", error_description }, 404);
    }
    receipts.act(receipt, action as ReceiptAction);
    await tell(receipt, action as ReceiptAction);
    return c.json(describe(receipt));
  });
}

function describe({ id, userId, purchased }: SimulatedReceipt): Record<string, unknown> {
  return { receipt_id: id, user_id: userId, purchased };
}
