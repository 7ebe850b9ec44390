/**
 * The command about receipts: `receipt`.
 *
 * @module
 */
import { columns } from "../help.ts";
import { type Command } from "../command.ts";
import { withServices } from "./account_commands.ts";
import { moveReceipt, showReceipt } from "./receipts.ts";

/** The command. */
export const RECEIPT_COMMAND: Command = {
  name: "receipt",
  args: "RECEIPT",
  does: "Show what is known of a receipt, or bind it to another account",
  options: { move: { value: "ACCOUNT", does: "The account to bind it to" } },
  more: "The account that had it loses it at once. The event entitlement.changed tells of both accounts.",
  run: (call) =>
    withServices(call, async (services) => {
      const [receiptId = ""] = call.args;
      const { move } = call.options;
      if (typeof move === "string") await moveReceipt(services, receiptId, move);
      const receipt = await showReceipt(services, receiptId);
      const { account_id, parked, entitlement: { state, sku, ends_at } } = receipt;
      const rows = { account: account_id, parked, state, sku, ends: ends_at };
      return {
        json: { receipt },
        text: columns(
          Object.entries(rows).map(([name, value]) => [name, value === null ? "–" : String(value)]),
        ),
      };
    }),
};
