/**
 * Sends the requests of a sign-in straight to the simulator.
 *
 * @module
 */
import type { Endpoint } from "../../lib/dev/simulator/faults.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../lib/dev/simulator/simulator.ts";
import { FakeClock } from "./fake_clock.ts";

/** A simulator with the functions that send requests to it. */
export interface SimulatorRequests {
  /** The simulator, which uses {@linkcode SimulatorRequests.clock}. */
  simulator: Simulator;
  /** The clock of the simulator. */
  clock: FakeClock;
  /** Returns the URL of an endpoint, without a query. */
  url(endpoint: Endpoint): string;
  /** Sends a code to the token endpoint as the guide shows it. `changes` replace parameters. */
  token(code: string, changes?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** Fetches a profile as the guide shows it. */
  profile(accessToken: string, signal?: AbortSignal): Promise<Response>;
  /** Exchanges a code and returns the access token. */
  accessToken(code: string): Promise<string>;
}

/** Creates a simulator with a clock that stands still. */
export function openSimulator(options: Partial<SimulatorOptions> = {}): SimulatorRequests {
  const clock = new FakeClock();
  const simulator = createSimulator({ clock, ...options });
  const url = (endpoint: Endpoint) =>
    `https://amazon.test/version/1.0/${endpoint === "token" ? "auth/o2/token" : "user/profile"}`;
  const init = (signal?: AbortSignal) => signal ? { signal } : {};
  const token: SimulatorRequests["token"] = (code, changes, signal) =>
    simulator.fetch(`${url("token")}?${tokenParameters(code, changes)}`, { method: "POST", ...init(signal) });
  return {
    simulator,
    clock,
    url,
    token,
    profile: (accessToken, signal) =>
      simulator.fetch(
        `${url("profile")}?${new URLSearchParams({ access_token: accessToken })}`,
        init(signal),
      ),
    accessToken: async (code) => (await (await token(code)).json()).access_token,
  };
}

/** Returns the parameters of the guide's "Access token request". */
export function tokenParameters(code: string, changes: Record<string, string> = {}): URLSearchParams {
  const guide = { grant_type: "authorization_code", code, client_id: "foodev", client_secret: "foosecret" };
  return new URLSearchParams({ ...guide, ...changes });
}

/**
 * Returns a function that sends the same request each time: the code to the token endpoint, or its access token to the
 * profile endpoint.
 */
export async function requestSender(
  { token, profile, accessToken }: SimulatorRequests,
  ...[endpoint, code, signal]: [endpoint: Endpoint, code: string, signal?: AbortSignal]
): Promise<() => Promise<Response>> {
  if (endpoint === "token") return () => token(code, {}, signal);
  const issued = await accessToken(code);
  return () => profile(issued, signal);
}
