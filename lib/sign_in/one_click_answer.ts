/**
 * The request and the answer of a one-click sign-in, and the same answer again for a code that is done.
 *
 * @module
 */
import type { Purchases } from "../accounts/brought_receipts.ts";
import type { Entitlement } from "../accounts/entitlements.ts";
import { formatLinkTicket } from "../accounts/link_tickets.ts";
import { showReceipts } from "../accounts/receipt_reading.ts";
import type { AmazonClient } from "../amazon/appstore.ts";
import { type Prefill, Problem } from "../base/problem.ts";
import type { Device } from "../kv/schema.ts";
import { MissingKeyProblem } from "../kv/storage_failure.ts";
import type { Store } from "../kv/store.ts";
import type { Services } from "../services.ts";
import { replaySession } from "../sessions/replay.ts";
import type { SessionProof, SignedIn } from "../sessions/sessions.ts";
import type { CodeRequest, DoneCode } from "./code_claim.ts";

/** A one-click sign-in, as a validated request asks for it. */
export interface AmazonSignIn extends CodeRequest {
  /** The Amazon client that the code was issued to. */
  readonly client: AmazonClient;
  /** The device, as it describes itself. */
  readonly device: Device;
  /** The receipts that the device brings. Undefined: it brings none. */
  readonly purchases?: Purchases | undefined;
  /** The id of the HTTP request, for the log. */
  readonly requestId: string;
}

/**
 * The answer to a code: a session; or a ticket, by which the customer links Amazon to the account that has their email, or
 * to any account when the profile has no usable email.
 */
export type AmazonAnswer =
  | {
    readonly outcome: "signed_in";
    readonly signedIn: SignedIn;
    /** What the account may use by the receipts of the request. Undefined: it brought none. */
    readonly entitlements?: readonly Entitlement[] | undefined;
  }
  | { readonly outcome: "link_required"; readonly linkTicket: string }
  | { readonly outcome: "profile_incomplete"; readonly linkTicket: string; readonly prefill: Prefill };

/**
 * Makes the answer of a done code again.
 *
 * @throws {Problem} `code_already_used` when the session is over or the account gone
 */
export async function answerAgain(
  services: Services,
  store: Store,
  { request, done }: { readonly request: AmazonSignIn; readonly done: DoneCode },
): Promise<AmazonAnswer> {
  if ("answer" in done) return JSON.parse(done.answer);
  const { result } = done;
  if (result.outcome === "link_required") {
    const secret = deriveTicketSecret(services, request, result.key_id);
    return { outcome: "link_required", linkTicket: formatLinkTicket(result.account_id, secret) };
  }
  const signedIn = await replaySession(services, store, { kept: result, proof: proofOf(request) });
  if (signedIn === null) throw new Problem("code_already_used");
  const receiptIds = request.purchases?.receiptIds;
  const entitlements = receiptIds === undefined
    ? undefined
    : await showReceipts(services, store, { accountId: signedIn.account.id, receiptIds });
  return { outcome: "signed_in", signedIn, entitlements };
}

/** What a device has to know to get the answer of its code again. */
export function proofOf({ code, idempotencyKey }: CodeRequest): SessionProof {
  return { purpose: "one_click", texts: [code, idempotencyKey ?? ""] };
}

/**
 * Derives the secret of a link ticket from the code and the key of the device, so that it need not be stored.
 *
 * @throws {MissingKeyProblem} when the key ring has no such data key any more
 */
export function deriveTicketSecret(
  { keyring }: Pick<Services, "keyring">,
  { code, idempotencyKey }: CodeRequest,
  keyId: string,
): string {
  const secret = keyring.deriveSecret(keyId, "link ticket", [code, idempotencyKey ?? ""]);
  if (secret === null) throw new MissingKeyProblem(keyId);
  return secret;
}
