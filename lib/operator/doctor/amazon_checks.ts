/**
 * The checks of the Amazon clients: by a code and a receipt that are made up, so nothing is spent.
 *
 * @module
 */
import { type AmazonClient, Appstore } from "../../amazon/appstore.ts";
import { type ClientWithSecret, Rvs } from "../../amazon/rvs.ts";
import { Deadline } from "../../base/clock.ts";
import { newSecret } from "../../base/ids.ts";
import { Problem } from "../../base/problem.ts";
import type { Config } from "../../config/config.ts";
import type { Check, CheckServices, Finding } from "./check.ts";

const MEND_REACH = "Look whether AMAZON_BASE_URL is right and this machine may reach it";

/** Makes the checks: those of each client. */
export function amazonChecks({ amazonClients }: Config): Check[] {
  const nameOf = (check: string, app: string) => amazonClients.length === 1 ? check : `${check} (${app})`;
  return amazonClients.flatMap((client) => [
    {
      name: nameOf("amazon", client.app),
      mend: MEND_REACH,
      run: (services) => checkClient(services, client),
    },
    {
      name: nameOf("rvs", client.app),
      mend: MEND_REACH,
      run: (services, signal) => checkSecret(services, client, signal),
    },
  ]);
}

/** A made-up code must be refused as a code, and not because of the client. */
async function checkClient({ config, clock, fetch }: CheckServices, client: AmazonClient): Promise<Finding> {
  const appstore = new Appstore({ config: config.amazon, clock, log: () => {}, fetch });
  using deadline = new Deadline(clock, config.amazonDeadlineMs);
  const context = { deadline, requestId: "doctor", app: client.app };
  try {
    await appstore.exchangeCode(`doctor-${newSecret()}`, client, context);
    return { detail: "Amazon took a made-up code", mend: "Look whether AMAZON_BASE_URL is Amazon's" };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === "code_rejected") {
      return "Amazon accepts the client: a made-up code came back as invalid_grant";
    }
    if (error.code !== "upstream_rejected_client") {
      return { detail: `Amazon gave no answer that tells: ${error.code}`, mend: MEND_REACH };
    }
    const mend =
      "Compare client id and secret with the app's security profile in the Amazon developer console";
    return { detail: "Amazon does not accept the client", mend };
  }
}

/** A made-up receipt must be refused as a receipt (400), and not because of the shared secret (496). */
async function checkSecret(
  { config, clock, fetch }: CheckServices,
  client: AmazonClient,
  signal: AbortSignal,
): Promise<Finding> {
  if (!hasSecret(client)) return "APPSTORE_SHARED_SECRET is not set: purchases are off";
  const { amazon, purchases: { sandbox } } = config;
  const rvs = new Rvs({ config: { ...amazon, sandbox }, clock, log: () => {}, fetch });
  const receipt = { userId: "doctor", receiptId: `doctor-${newSecret()}` };
  const { outcome } = await rvs.verify(receipt, client, { signal });
  if (outcome === "invalid") return "RVS accepts the shared secret: it does not know a made-up receipt";
  if (outcome !== "secret_rejected") {
    return { detail: `RVS gave no answer that tells: ${outcome}`, mend: MEND_REACH };
  }
  const mend = "Copy the shared key of your developer account from the Amazon developer console";
  return { detail: "RVS does not accept the shared secret (496)", mend };
}

function hasSecret(client: AmazonClient): client is ClientWithSecret {
  return client.sharedSecret !== undefined;
}
