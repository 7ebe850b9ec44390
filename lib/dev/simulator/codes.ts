/**
 * Parses the simulator's codes. A code is `customer[~fault]…[@client_id][.nonce]`, and a fault is
 * `endpoint-kind[-argument][*times]`.
 *
 * @module
 */
import { type Customer, CUSTOMERS } from "./customers.ts";
import { type Endpoint, type Fault, FAULTS, findFault } from "./faults.ts";

/** A fault that a code asks for. */
export interface PlannedFault extends Fault {
  /** The endpoint at which the fault happens. */
  endpoint: Endpoint;
  /** Whether the fault is added to every other fault. Faults that do not combine take turns. */
  combines: boolean;
  /** The argument; undefined when the code names none. */
  value: number | undefined;
  /** The number of requests that the fault happens to; `Infinity` for all. */
  times: number;
}

/** A parsed code. */
export interface ParsedCode {
  /** The customer who gave consent. */
  customer: Customer;
  /** The faults in the order of the code. */
  faults: readonly PlannedFault[];
  /** The client that the code was issued to. */
  clientId: string;
  /** The nonce; empty when the code has none. */
  nonce: string;
}

/** The longest code, in characters. The service accepts codes of as many bytes. */
export const MAX_CODE_LENGTH = 2048;

const CODE = /^(?<customer>[a-z]+)(?<faults>(?:~[^~@.]+)*)(?:@(?<client>.+?))?(?:\.(?<nonce>[\w-]+))?$/;
const FAULT =
  /^(?<endpoint>token|profile)-(?<kind>\w+)(?:-(?<argument>\d{1,9}))?(?:\*(?<times>[1-9]\d{0,8}))?$/;

/**
 * Parses a code.
 *
 * @param clientIds The ids of the known clients. A code without `@` belongs to the first.
 * @returns Undefined for a code that does not match the grammar, or names an unknown customer, fault or client.
 */
export function parseCode(code: string, clientIds: readonly string[]): ParsedCode | undefined {
  if (code.length > MAX_CODE_LENGTH) return undefined;
  const groups = CODE.exec(code)?.groups;
  if (!groups || !Object.hasOwn(CUSTOMERS, groups.customer!)) return undefined;
  const client = clientOf(groups, clientIds);
  const faults = groups.faults!.split("~").slice(1).map(parseFault);
  if (!client || !faults.every((fault) => fault !== undefined)) return undefined;
  return { customer: CUSTOMERS[groups.customer!]!, faults, ...client };
}

/** Returns an example code with its description for each customer and for each kind of fault. */
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
  const fault = findFault(kind);
  const value = groups.argument === undefined ? undefined : Number(groups.argument);
  const accepted = fault?.accepts?.(value) ?? value === undefined;
  if (!fault?.endpoints.includes(endpoint) || !accepted) return undefined;
  const times = groups.times === undefined ? Infinity : Number(groups.times);
  return { ...fault, endpoint, value, times, combines: kind === "delay" };
}

// Amazon's client ids contain dots, so only the list of known ids tells where the nonce begins.
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
