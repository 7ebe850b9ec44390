/**
 * The TV's question whether the phone is done. The session is made when the TV asks, so the approval itself gives no
 * session away, and an approval that nobody asks for leaves none behind.
 *
 * @module
 */
import { Problem } from "../base/problem.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { ACTIVATION } from "../kv/schema.ts";
import type { Services } from "../services.ts";
import type { SignedIn } from "../sessions/sessions.ts";
import { activationIdOfDevice, stateOf } from "./activation.ts";
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
): Promise<SignedIn> {
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
  }
  throw new Problem("expired_token");
}
