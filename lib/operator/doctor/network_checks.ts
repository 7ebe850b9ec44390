/**
 * The checks of what the service reaches, and of how it is reached: mail, webhook, `PUBLIC_URL`, the
 * client's address and the clock.
 *
 * @module
 */
import { CLOCK_TOLERANCE_MS, clockDifferenceMs } from "../../amazon/clock_check.ts";
import { readJson } from "../../base/read_json.ts";
import type { SeenClient } from "../../config/proxies.ts";
import { Keyring } from "../../kv/keyring.ts";
import { makeOperatorProof, OPERATOR_HEADER } from "../../kv/operator_proof.ts";
import { MailDelayedError } from "../../mail/outgoing_mail.ts";
import type { Check, CheckServices, Finding } from "./check.ts";

const MEND_MAIL =
  "Compare MAIL_URL with what the mail provider says, and look whether this machine may reach it";
const MEND_PUBLIC =
  "Set PUBLIC_URL to the address by which customers reach the service, and start the service";

/** The checks. */
export const NETWORK_CHECKS: readonly Check[] = [
  { name: "mail", mend: MEND_MAIL, run: checkMail },
  {
    name: "webhook",
    mend: "Look whether WEBHOOK_URL is right and this machine may reach it",
    run: checkWebhook,
  },
  { name: "public_url", mend: MEND_PUBLIC, run: checkPublicUrl },
  { name: "client_address", mend: MEND_PUBLIC, run: checkClientAddress },
  { name: "clock", mend: "Look whether this machine may reach AMAZON_BASE_URL", run: checkClock },
];

/** Connects and signs in. Nothing is sent. */
async function checkMail(
  { config: { mail }, clock, fetch }: CheckServices,
  signal: AbortSignal,
): Promise<Finding> {
  if (mail === null) return "MAIL_URL is not set: no mail is sent";
  try {
    if (mail.server.url.startsWith("smtp")) {
      const { trySmtp } = await import("../../mail/smtp.ts");
      await trySmtp(mail, signal);
    } else {
      const { tryApi } = await import("../../mail/mail_api.ts");
      await tryApi(mail, { fetch, clock, signal });
    }
    return "The mail server accepts us; nothing was sent";
  } catch (error) {
    if (!(error instanceof MailDelayedError)) throw error;
    return { detail: error.message, mend: MEND_MAIL };
  }
}

/** Any answer shows that the receiver is there. An event would be taken for a real one, so none is sent. */
async function checkWebhook(
  { config: { webhook }, fetch }: CheckServices,
  signal: AbortSignal,
): Promise<Finding> {
  if (webhook === null) return "WEBHOOK_URL is not set: no back end is told of events";
  const response = await fetch(webhook.url, { method: "HEAD", redirect: "manual", signal });
  await response.body?.cancel();
  const { status } = response;
  return status < 500
    ? `The receiver answers: ${status} to HEAD; no event was sent`
    : { detail: `The receiver answers ${status}`, mend: "Look after the receiver at WEBHOOK_URL" };
}

async function checkPublicUrl(
  { config: { publicUrl }, fetch }: CheckServices,
  signal: AbortSignal,
): Promise<Finding> {
  const response = await fetch(`${publicUrl}/healthz`, { redirect: "manual", signal });
  const { status, headers } = response;
  const body = await readJson(response);
  const isOurs = headers.has("x-request-id") && body.kind === "object" && body.value.status === "ok";
  return status === 200 && isOurs
    ? "The service answers there"
    : { detail: `What answers there with ${status} is not this service`, mend: MEND_PUBLIC };
}

/**
 * Asks the service at `PUBLIC_URL` how it sees this machine. This request brings no `X-Forwarded-For`, so each hop in
 * it was written by a proxy, and the first of them names this machine.
 */
async function checkClientAddress(
  { config: { publicUrl, dataKeys }, clock, fetch }: CheckServices,
  signal: AbortSignal,
): Promise<Finding> {
  const headers = { [OPERATOR_HEADER]: makeOperatorProof(new Keyring(dataKeys), clock.now()) };
  const answer = await fetch(`${publicUrl}/healthz`, { headers, redirect: "manual", signal }).catch(() =>
    null
  );
  const body = answer === null ? null : await readJson(answer);
  const client = body?.kind === "object" ? body.value.client as SeenClient | undefined : undefined;
  if (client === undefined) {
    return "Not shown: no service answers at PUBLIC_URL that has these DATA_KEYS and this time";
  }
  const { address, connected, forwarded_for: hops, headers: named, can_be_made_up } = client;
  const seen =
    `The service takes ${address} for the address of this machine. The connection comes from ${connected}` +
    (hops.length === 0 ? "" : `, X-Forwarded-For is ${hops.join(", ")}`);
  const mend = hops.length === 0
    ? "Set TRUST_PROXY=false"
    : `Set TRUST_PROXY=${hops.length}, or the networks of your proxies`;
  if (can_be_made_up) return { detail: `${seen}. A client can make up another address`, mend };
  if (address !== (hops[0] ?? connected)) {
    return { detail: `${seen}. All clients of a proxy count as one`, mend };
  }
  if (hops.length === 0 && named.length > 0) {
    return {
      detail: `${seen}. A proxy names the client in ${named.join(" and ")} only`,
      mend: "Let the proxy send X-Forwarded-For, and set TRUST_PROXY=1",
    };
  }
  return `${seen}. Compare it with the address by which this machine reaches the internet`;
}

/** Compares this machine's clock with the time that Amazon's answers tell. */
async function checkClock(
  { config: { amazon }, clock, fetch }: CheckServices,
  signal: AbortSignal,
): Promise<Finding> {
  const sentAt = clock.now();
  const response = await fetch(amazon.baseUrl, { method: "HEAD", redirect: "manual", signal });
  const ms = clockDifferenceMs(response.headers, { sentAt, receivedAt: clock.now() });
  await response.body?.cancel();
  if (ms === null) return "Not compared: Amazon's answer tells no time";
  // The service itself logs the same difference: see `clock_differs`.
  return Math.abs(ms) <= CLOCK_TOLERANCE_MS ? "It agrees with Amazon's" : {
    detail: `It is ${Math.round(Math.abs(ms) / 1000)} s ${ms < 0 ? "behind" : "ahead of"} Amazon's`,
    mend: "Let NTP set the clock of this machine: expiry, leases and signatures go by it",
  };
}
