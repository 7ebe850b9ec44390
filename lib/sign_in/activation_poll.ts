/**
 * The TV's question whether the phone is done. The session is made when the TV asks: the approval alone signs nobody in,
 * and an approval that no TV asks for leaves no session behind. Neither a lost answer nor a crash costs a second scan: the
 * same device code gets the same session again.
 *
 * @module
 */
import { assertNotBlocked } from "../accounts/accounts.ts";
import { Problem } from "../base/problem.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACCOUNT, ACTIVATION } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Services } from "../services.ts";
import { repeatableOf, replaySession } from "../sessions/replay.ts";
import { putSession, type SessionProof, type SignInResult } from "../sessions/sessions.ts";
import { activationIdOfDevice, ANSWER_LIFE_MS, stateOf } from "./activation.ts";
import type { ActivationPace } from "./activation_pace.ts";

/**
 * Answers a TV. While nobody has decided, a question costs one eventually consistent read and no write.
 *
 * @throws {Problem} `authorization_pending`, `slow_down`, `access_denied`, `expired_token` or `storage_unavailable`
 */
export async function pollActivation(
  services: Services,
  pace: ActivationPace,
  deviceCode: string,
): Promise<SignInResult> {
  const id = activationIdOfDevice(deviceCode);
  if (id === null) throw new Problem("expired_token");
  using store = services.db.within(STORAGE_DEADLINE_MS);
  // A replica can be behind the start or the approval, so the primary is asked before a TV gives up.
  for (const reader of [store.near, store]) {
    const { value } = await reader.get(ACTIVATION, [id]);
    const state = value === null ? "ended" : stateOf(value, services.clock.now());
    if (state === "pending") {
      const { tooSoon, interval } = pace.ask(id);
      throw new Problem(tooSoon ? "slow_down" : "authorization_pending", { retryAfter: interval });
    }
    if (state === "denied") throw new Problem("access_denied");
    if (state === "approved") {
      return await services.telemetry.span("commit", () => signIn(services, store, { id, deviceCode }));
    }
  }
  throw new Problem("expired_token");
}

/**
 * Signs the TV of an approved activation in, or finds the session that it has got before.
 *
 * @throws {Problem} `expired_token` when the answer is too old, or the account or the session is gone
 */
function signIn(
  services: Services,
  store: Store,
  { id, deviceCode }: { readonly id: string; readonly deviceCode: string },
): Promise<SignInResult> {
  const { clock, keyring } = services;
  const proof: SessionProof = { purpose: "activation", texts: [deviceCode] };
  return store.near.transact(async (batch) => {
    const { value: activation, ...entry } = await batch.get(ACTIVATION, [id]);
    const at = clock.now();
    if (activation?.decision.is !== "approved") throw new Problem("expired_token");
    const { decision, device, expires_at } = activation;
    if (decision.until <= at) throw new Problem("expired_token");
    const { answer, account_id, created, epoch, link, proved_at: provedAt } = decision;
    const told = link === undefined ? {} : { link };
    if (answer !== null) {
      const again = await replaySession(services, batch, { kept: answer, proof });
      if (again === null) throw new Problem("expired_token");
      return { signedIn: { ...again, ...told }, replayed: true };
    }
    const account = await batch.get(ACCOUNT, [account_id]);
    if (account.value !== null) assertNotBlocked(account.value);
    // All devices were signed out since the approval, and so is this one.
    if (account.value?.session_epoch !== epoch) throw new Problem("expired_token");
    batch.check(entry);
    batch.check(account);
    const session = await putSession(services, batch, {
      // The approval has told already that the account was created.
      account: { id: account_id, record: account.value, created: false },
      method: "activation",
      provedAt,
      device,
      derive: { keyring, proof },
    });
    const signedIn = { ...session, account: { ...session.account, created } };
    const until = at + ANSWER_LIFE_MS;
    batch.set(ACTIVATION, [id], {
      ...activation,
      decision: { ...decision, until, answer: repeatableOf(keyring, signedIn) },
      expires_at: Math.max(expires_at, until),
    });
    return { signedIn: { ...signedIn, ...told }, replayed: false };
  });
}
