/**
 * A new profile of Amazon for an account, by the refresh token that Amazon gave with its last one click.
 *
 * The guide names the refresh token, and documents no request for it. That the request is that of RFC 6749, section 6, is
 * our reading.
 *
 * @module
 */
import { type Account, describeAccount } from "../accounts/accounts.ts";
import { putRefreshToken } from "../accounts/linking.ts";
import type { AmazonProfile } from "../amazon/endpoints.ts";
import { parseEmail } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import { ACCOUNT, type AccountRecord, REFRESH_TOKEN, type RefreshTokenRecord } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Present } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { type Authenticated, transactAs } from "../sessions/authentication.ts";

/** An account with what Amazon says of it. */
export interface RefreshedAccount extends Account {
  /** The email that the customer has at Amazon, when it is another one. The account keeps its own. */
  readonly amazon_email?: string;
}

/**
 * Fetches the profile again. Name and postal code that the customer has not edited become those of Amazon. The email stays:
 * Amazon's word does not move an account to another address. A token that Amazon refuses is removed.
 *
 * @param requestId The id of the HTTP request, for the log.
 * @throws {Problem} `code_rejected` without a token that Amazon takes; `consent_insufficient`, `upstream_rejected_client`,
 *   `upstream_unavailable`, `upstream_invalid`, `invalid_session` or `storage_unavailable`
 */
export async function refreshProfile(
  services: Services,
  authenticated: Authenticated,
  requestId: string,
): Promise<RefreshedAccount> {
  const { db, config } = services;
  const { accountId } = authenticated;
  using store = db.within(config.amazonDeadlineMs);
  const profile = await fetchProfile(services, store, { authenticated, requestId });
  return await transactAs(store, authenticated, (batch, { account: { value: before } }) => {
    // The customer has unlinked Amazon meanwhile.
    if (before.amazon_user_id !== profile.user_id) throw new Problem("code_rejected");
    const { edited = ["name", "postal_code"] } = before;
    const after: AccountRecord = {
      ...before,
      name: edited.includes("name") ? before.name : profile.name ?? before.name,
      postal_code: edited.includes("postal_code")
        ? before.postal_code
        : profile.postal_code ?? before.postal_code,
    };
    if (after.name !== before.name || after.postal_code !== before.postal_code) {
      batch.set(ACCOUNT, [accountId], after);
      putEvents(services, batch, { accountId, events: [{ type: "account.updated" }] });
    }
    return { ...describeAccount(accountId, after), ...otherEmail(before, profile) };
  });
}

/** Whose profile is fetched, and for which HTTP request. */
interface ProfileRequest {
  readonly authenticated: Authenticated;
  readonly requestId: string;
}

/**
 * Fetches the profile with the stored token.
 *
 * @throws {Problem} as {@linkcode refreshProfile}
 */
async function fetchProfile(
  { appstore, config }: Pick<Services, "appstore" | "config">,
  store: Store,
  { authenticated, requestId }: ProfileRequest,
): Promise<AmazonProfile> {
  const { accountId, account } = authenticated;
  let refused = "";
  for (;;) {
    const { value, ...entry } = await store.get(REFRESH_TOKEN, [accountId]);
    // The token of a customer who is not linked any more does not count.
    if (value === null || value.amazon_user_id !== account.value.amazon_user_id || value.token === refused) {
      throw new Problem("code_rejected");
    }
    const client = config.amazonClients.find(({ app }) => app === value.app);
    // The operator has removed the app that the token was given to.
    if (client === undefined) throw new Problem("code_rejected");
    const context = { deadline: store.deadline, requestId, app: client.app };
    const kept = { ...entry, value };
    try {
      const token = await appstore.refreshToken(value.token, client, context);
      await replace(store, kept, { accountId, token: token.refreshToken });
      return await appstore.fetchProfile(token.value, context);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "code_rejected") throw error;
      if (await drop(store, kept)) throw error;
      // Another request, or a sign-in, has stored a newer token: that one counts.
      refused = value.token;
    }
  }
}

/**
 * Stores the token that Amazon gave for the one that was used, if it is another one. Amazon may take the earlier one no
 * more, so this comes before anything that can fail. A request at the same time may have used the earlier one too, and
 * removed it.
 */
async function replace(
  store: Store,
  kept: Present<RefreshTokenRecord>,
  { accountId, token }: { readonly accountId: string; readonly token: string | null },
): Promise<void> {
  if (token === null || token === kept.value.token) return;
  await store.transact(async (batch) => {
    const [account, stored] = await batch.getMany<[AccountRecord, RefreshTokenRecord]>(
      [[ACCOUNT, [accountId]], [REFRESH_TOKEN, [accountId]]],
    );
    // The customer is not linked any more, or a sign-in has stored a token since.
    if (account.value?.amazon_user_id !== kept.value.amazon_user_id) return;
    if (stored.value !== null && stored.versionstamp !== kept.versionstamp) return;
    batch.check(account);
    batch.check(stored);
    putRefreshToken(batch, accountId, { ...kept.value, token });
  });
}

/**
 * Removes a token that Amazon has refused.
 *
 * @returns False when it is the stored one no more.
 */
async function drop(store: Store, kept: Present<RefreshTokenRecord>): Promise<boolean> {
  const batch = store.batch();
  batch.check(kept);
  batch.delete(kept.key);
  return await store.commit(batch);
}

function otherEmail(
  { email }: Pick<AccountRecord, "email">,
  profile: AmazonProfile,
): Pick<RefreshedAccount, "amazon_email"> {
  const theirs = profile.email === null ? null : parseEmail(profile.email);
  return theirs === null || theirs.canonical === parseEmail(email)?.canonical
    ? {}
    : { amazon_email: theirs.display };
}
