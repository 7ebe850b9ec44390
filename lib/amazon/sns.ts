/**
 * The gateway to Amazon SNS: the certificates of its signatures, and the confirmation of a subscription.
 *
 * @module
 */
import { type KeyObject, X509Certificate } from "node:crypto";
import { type Clock, Deadline } from "../base/clock.ts";
import { readText } from "../base/read_json.ts";
import { isSignedBy, type SnsMessage } from "./sns_message.ts";

/** Where certificates come from, and how long one request may take. */
export interface SnsConfig {
  /** The only URL that certificates come from. Null: the hosts of SNS. */
  readonly certificateUrl: string | null;
  /** Time limit of one request, in milliseconds. */
  readonly timeoutMs: number;
}

/** Parts of an {@linkcode Sns}. */
export interface SnsOptions {
  /** Where certificates come from. */
  readonly config: SnsConfig;
  /** Times the requests, and the age of certificates. */
  readonly clock: Clock;
  /** The global `fetch`, or one that calls a simulated SNS. */
  readonly fetch: typeof fetch;
}

/**
 * What came of a check. `unavailable`: the certificate did not come, so nothing is known about the message. `rejected`: it
 * is not signed by SNS.
 */
export type SignatureCheck = "signed" | "rejected" | "unavailable";

interface KeptKey {
  readonly key: KeyObject;
  readonly at: number;
}

const SNS_HOST = /^sns\.[a-z0-9-]+\.amazonaws\.com$/;
/** Milliseconds for which a certificate is kept. SNS gives a new certificate a new URL. */
const KEEP_MS = 24 * 3_600_000;
/** Milliseconds after which a certificate that fits no signature is fetched again: a fixed URL can have a new one. */
const RENEW_AFTER_MS = 10_000;
const MOST_KEPT = 10;

/** Checks the signatures of SNS, and confirms subscriptions. */
export class Sns {
  readonly #options: SnsOptions;
  readonly #kept = new Map<string, KeptKey>();
  readonly #fetching = new Map<string, Promise<KeyObject | null>>();

  /** Makes a gateway. It sends no request yet. */
  constructor(options: SnsOptions) {
    this.#options = options;
  }

  /** Checks that SNS has signed a message. Never rejects. */
  async check(message: SnsMessage): Promise<SignatureCheck> {
    const url = this.certificateUrlOf(message);
    if (url === null) return "rejected";
    const { clock } = this.#options;
    const kept = this.#kept.get(url);
    const isFresh = kept !== undefined && kept.at + KEEP_MS > clock.now();
    if (isFresh && isSignedBy(message, kept.key)) return "signed";
    if (isFresh && kept.at + RENEW_AFTER_MS > clock.now()) return "rejected";
    const key = await this.#fetchKey(url);
    if (key === null) return "unavailable";
    return isSignedBy(message, key) ? "signed" : "rejected";
  }

  /** Returns the URL from which the certificate of a message comes. Null: it names one that is not of SNS. */
  certificateUrlOf({ SigningCertURL }: Pick<SnsMessage, "SigningCertURL">): string | null {
    const { certificateUrl } = this.#options.config;
    return certificateUrl ?? (isSnsCertificate(SigningCertURL) ? new URL(SigningCertURL).href : null);
  }

  /** Tells whether a URL is on the host of a message's certificate. No other URL of a message is fetched. */
  mayFetch(url: string, message: Pick<SnsMessage, "SigningCertURL">): boolean {
    const certificate = this.certificateUrlOf(message);
    return certificate !== null && URL.canParse(url) && new URL(url).origin === new URL(certificate).origin;
  }

  /** Fetches the URL that confirms a subscription. Never rejects: returns whether SNS has taken it. */
  async confirm(url: string): Promise<boolean> {
    return await this.#fetchText(url) !== null;
  }

  /** Fetches a certificate. Requests for the same URL at the same time share one. */
  #fetchKey(url: string): Promise<KeyObject | null> {
    const fetching = this.#fetching.get(url) ??
      this.#loadKey(url).finally(() => this.#fetching.delete(url));
    this.#fetching.set(url, fetching);
    return fetching;
  }

  async #loadKey(url: string): Promise<KeyObject | null> {
    const pem = await this.#fetchText(url);
    if (pem === null) return null;
    try {
      const key = new X509Certificate(pem).publicKey;
      this.#kept.delete(url);
      this.#kept.set(url, { key, at: this.#options.clock.now() });
      if (this.#kept.size > MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
      return key;
    } catch {
      // A page of a proxy, say: the certificate is still to come.
      return null;
    }
  }

  /** Fetches up to 64 KiB. Returns null for every failure. */
  async #fetchText(url: string): Promise<string | null> {
    const { clock, fetch, config } = this.#options;
    using timeout = new Deadline(clock, config.timeoutMs);
    try {
      const response = await fetch(url, { signal: timeout.signal, redirect: "manual" });
      const text = await readText(response);
      return response.ok ? text : null;
    } catch {
      return null;
    }
  }
}

function isSnsCertificate(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, pathname, username, password, search, hash } = new URL(url);
  return protocol === "https:" && SNS_HOST.test(host) && pathname.endsWith(".pem") &&
    username + password + search + hash === "";
}
