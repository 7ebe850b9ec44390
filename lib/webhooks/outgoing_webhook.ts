/**
 * A webhook that is ready to be sent, and the settings of webhooks.
 *
 * @module
 */

/** Where events are posted, and how they are signed. */
export interface WebhookConfig {
  /** The URL of the app's back end: `https:`, or `http:` on this machine. */
  readonly url: string;
  /** The secrets, at least one, each of 24 to 64 bytes. Every webhook is signed with each, so that they can be rotated. */
  readonly secrets: readonly Uint8Array[];
}

/** A webhook that is ready to be sent. */
export interface OutgoingWebhook {
  /** Identifies the event; the same in every try. */
  readonly id: string;
  /** The body, as JSON. */
  readonly body: string;
}
