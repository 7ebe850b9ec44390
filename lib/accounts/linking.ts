/**
 * Link tickets: proof that a code of an Amazon customer was exchanged here, for the customer to link later with
 * the password of the account that already has their email.
 *
 * @module
 */
import { newSecret } from "../ids.ts";
import type { Transaction } from "../kv/database.ts";
import { hashSecret } from "../kv/keyring.ts";
import { LINK_TICKET } from "../kv/schema.ts";

const LINK_TICKET_LIFE_MS = 15 * 60_000;

/**
 * Stages a link ticket, good for 15 minutes. Gives the ticket itself, of which only the hash is stored.
 *
 * @param link Which Amazon customer may be linked to which account.
 */
export function stageLinkTicket(
  tx: Transaction,
  link: { readonly userId: string; readonly accountId: string; readonly at: number },
): string {
  const ticket = `ocl_${newSecret()}`;
  tx.set(LINK_TICKET, [hashSecret(ticket)], {
    v: 1,
    amazon_user_id: link.userId,
    account_id: link.accountId,
    expires_at: link.at + LINK_TICKET_LIFE_MS,
  });
  return ticket;
}
