/**
 * The two calls as a test makes them to the simulator itself.
 *
 * @module
 */
import type { Endpoint } from "../../lib/dev/simulator/faults.ts";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../lib/dev/simulator/simulator.ts";
import { FakeClock } from "./fake_clock.ts";

/** What a test of the simulator needs. */
export interface SimulatorCalls {
  /** The simulator on {@linkcode SimulatorCalls.clock}. */
  simulator: Simulator;
  /** Its clock. */
  clock: FakeClock;
  /** The URL of an endpoint, without a query. */
  url(endpoint: Endpoint): string;
  /** Exchanges a code as the guide shows it; `changes` replace parameters. */
  token(code: string, changes?: Record<string, string>, signal?: AbortSignal): Promise<Response>;
  /** Fetches a profile as the guide shows it. */
  profile(accessToken: string, signal?: AbortSignal): Promise<Response>;
  /** Exchanges a code and gives the access token. */
  accessToken(code: string): Promise<string>;
}

/** Makes a simulator with a clock that stands still. */
export function setUp(options: Partial<SimulatorOptions> = {}): SimulatorCalls {
  const clock = new FakeClock();
  const simulator = createSimulator({ clock, ...options });
  const url = (endpoint: Endpoint) =>
    `https://amazon.test/version/1.0/${endpoint === "token" ? "auth/o2/token" : "user/profile"}`;
  const init = (signal?: AbortSignal) => signal ? { signal } : {};
  const token: SimulatorCalls["token"] = (code, changes, signal) =>
    simulator.fetch(`${url("token")}?${parameters(code, changes)}`, { method: "POST", ...init(signal) });
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

/** The parameters of the guide's "Access token request". */
export function parameters(code: string, changes: Record<string, string> = {}): URLSearchParams {
  const guide = { grant_type: "authorization_code", code, client_id: "foodev", client_secret: "foosecret" };
  return new URLSearchParams({ ...guide, ...changes });
}
