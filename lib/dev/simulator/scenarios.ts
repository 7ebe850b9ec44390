/**
 * The grammar of the simulator's codes: `customer[~fault]…[@client_id][.nonce]`, where a fault is
 * `endpoint-kind[-argument][*times]`.
 *
 * @module
 */
import { type Customer, CUSTOMERS } from "./customers.ts";
import { type Endpoint, type Fault, FAULTS, statusFault } from "./faults.ts";

/** A fault that a code asks for. */
export interface PlannedFault extends Fault {
  /** Where it happens. */
  endpoint: Endpoint;
  /** Whether it goes together with the others, which take turns. */
  composes: boolean;
  /** Its argument. */
  value: number | undefined;
  /** How many requests it happens to; `Infinity` for every one. */
  times: number;
}

/** What a code says. */
export interface Scenario {
  /** Who gave consent. */
  customer: Customer;
  /** In the order of the code. */
  faults: readonly PlannedFault[];
  /** The client it was issued to. */
  clientId: string;
  /** Empty when the code has none. */
  nonce: string;
}

/** The longest code, in characters; the device's contract takes as many bytes. */
export const MAX_CODE_LENGTH = 2048;

const CODE = /^(?<customer>[a-z]+)(?<faults>(?:~[^~@.]+)*)(?:@(?<client>.+?))?(?:\.(?<nonce>[\w-]+))?$/;
const FAULT =
  /^(?<endpoint>token|profile)-(?<kind>\w+)(?:-(?<argument>\d{1,9}))?(?:\*(?<times>[1-9]\d{0,8}))?$/;

/**
 * Reads a code.
 *
 * @param clientIds The known clients; a code without `@` belongs to the first.
 * @returns Undefined for a code that does not parse, or names an unknown customer, fault or client.
 */
export function parseCode(code: string, clientIds: readonly string[]): Scenario | undefined {
  if (code.length > MAX_CODE_LENGTH) return undefined;
  const groups = CODE.exec(code)?.groups;
  if (!groups || !Object.hasOwn(CUSTOMERS, groups.customer!)) return undefined;
  const client = clientOf(groups, clientIds);
  const faults = groups.faults!.split("~").slice(1).map(parseFault);
  if (!client || !faults.every((fault) => fault !== undefined)) return undefined;
  return { customer: CUSTOMERS[groups.customer!]!, faults, ...client };
}

/** One code for each customer and each kind of fault, with its description, to be listed. */
export function examples(): { customers: [string, string][]; faults: [string, string][] } {
  return {
    customers: Object.entries(CUSTOMERS).map(([name, { description }]) => [`${name}.1`, description]),
    faults: Object.entries(FAULTS).map(([kind, { endpoints, argument, example, description }]) => {
      const name = kind === "STATUS" ? "429-2" : example === undefined ? kind : `${kind}-${example}`;
      const usage = `${endpoints.join("|")}-${kind}${argument ? `-${argument}`.replace("-[", "[-") : ""}`;
      return [`new~${endpoints[0]}-${name}.1`, `${usage}: ${description}`];
    }),
  };
}

function parseFault(text: string): PlannedFault | undefined {
  const groups = FAULT.exec(text)?.groups;
  if (!groups) return undefined;
  const kind = groups.kind!;
  const endpoint = groups.endpoint as Endpoint;
  const fault = /^\d{3}$/.test(kind)
    ? statusFault(Number(kind))
    : Object.hasOwn(FAULTS, kind)
    ? FAULTS[kind]
    : undefined;
  const value = groups.argument === undefined ? undefined : Number(groups.argument);
  const accepted = fault?.accepts?.(value) ?? value === undefined;
  if (!fault?.endpoints.includes(endpoint) || !accepted) return undefined;
  const times = groups.times === undefined ? Infinity : Number(groups.times);
  return { ...fault, endpoint, value, times, composes: kind === "delay" };
}

// Amazon's own client ids have dots, so only a known one tells where the nonce begins.
function clientOf(
  { client, nonce = "" }: Record<string, string | undefined>,
  clientIds: readonly string[],
): { clientId: string; nonce: string } | undefined {
  const clientId = client ?? clientIds[0]!;
  if (nonce && clientIds.includes(`${clientId}.${nonce}`)) {
    return { clientId: `${clientId}.${nonce}`, nonce: "" };
  }
  return clientIds.includes(clientId) ? { clientId, nonce } : undefined;
}
