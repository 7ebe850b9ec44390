/**
 * The link ticket of a sign-in or sign-up: its use in the commit of the session, and the same session again for the same
 * request.
 *
 * @module
 */
import type { IdentifiedAccount } from "../accounts/accounts.ts";
import { putTicketUse } from "../accounts/link_tickets.ts";
import { type LinkedAccount, putLink } from "../accounts/linking.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import type { LinkTicketRecord, TicketOutcome } from "../kv/schema.ts";
import type { Present, Reader, WriteBatch } from "../kv/write_batch.ts";
import { putNotice } from "../outbox/outbox.ts";
import type { Services } from "../services.ts";
import { repeatableOf, REPLAY_MS, type ReplayServices, replaySession } from "../sessions/replay.ts";
import type { SessionProof, SignedIn } from "../sessions/sessions.ts";

/** Returns what a device has to know to get the session of its ticket again, beside the password. */
export function proofOfTicket(ticket: string): SessionProof {
  return { purpose: "link_ticket", texts: [ticket] };
}

/**
 * Links the Amazon customer of a ticket to an account, with the event and the mail that tell of it.
 *
 * @param userId Amazon's id of the customer, as the ticket has it.
 * @param account The account as it was read. The caller has proved that it is the customer's, and checks that entry in the
 *   same batch.
 * @throws {Problem} `storage_unavailable`
 */
export async function linkByTicket(
  services: Pick<Services, "clock" | "config" | "keyring">,
  batch: WriteBatch,
  userId: string,
  account: IdentifiedAccount & { readonly created?: boolean },
): Promise<LinkedAccount> {
  const linked = await putLink(batch, services.keyring, account, userId);
  if (linked.record !== account.record) {
    putEvents(services, batch, { accountId: account.id, events: [{ type: "account.linked" }] });
    // A customer who has just made the account knows of the link, and gets no mail about it.
    if (account.created !== true) {
      putNotice(services, batch, { kind: "amazon_linked", account: linked.record });
    }
  }
  return linked;
}

/** Marks the ticket as used by a new sign-in. Returns the sign-in as the device is told. */
export function putTicketSession(
  batch: WriteBatch,
  { keyring, clock }: ReplayServices,
  ticket: Present<LinkTicketRecord>,
  { signedIn, link }: { readonly signedIn: SignedIn; readonly link: TicketOutcome },
): SignedIn {
  const replay_until = clock.now() + REPLAY_MS;
  putTicketUse(batch, ticket, { ...repeatableOf(keyring, signedIn), link, replay_until });
  return { ...signedIn, link };
}

/**
 * Makes the answer of a used ticket again.
 *
 * @param used The account that the password has opened, the ticket, and the record of its use.
 * @throws {Problem} `link_ticket_invalid` when the ticket was used for longer than 10 minutes, for another account, or for
 *   a session that is over
 */
export async function replayTicket(
  services: ReplayServices,
  reader: Reader,
  { accountId, ticket, used }: {
    readonly accountId: string;
    readonly ticket: string;
    readonly used: NonNullable<LinkTicketRecord["used"]>;
  },
): Promise<SignedIn> {
  const mayAsk = used.account_id === accountId && services.clock.now() < used.replay_until;
  const signedIn = mayAsk
    ? await replaySession(services, reader, { kept: used, proof: proofOfTicket(ticket) })
    : null;
  if (signedIn === null) throw new Problem("link_ticket_invalid");
  return { ...signedIn, link: used.link };
}
