/**
 * Sells receipts at the simulated Amazon for the visits to the console, and lets something happen to them.
 *
 * @module
 */
import type { ReceiptAction } from "../../simulator/receipts.ts";
import type { SoldReceipt } from "../browser/state.ts";

const MAX_RECEIPTS = 100;

/** The shop of the console. */
export class Shop {
  readonly #fetch: typeof fetch;
  readonly #amazon: string;
  readonly #visits = new Map<string, string>();

  /**
   * Opens the shop.
   *
   * @param amazon The URL of the simulated Amazon.
   */
  constructor({ fetch, amazon }: { readonly fetch: typeof globalThis.fetch; readonly amazon: string }) {
    this.#fetch = fetch;
    this.#amazon = amazon;
  }

  /**
   * Sells a receipt and returns its id.
   *
   * @param scenario In the simulator's grammar.
   * @throws {Error} When the simulator has no such receipt.
   */
  async sell(
    visit: string,
    { scenario, userId }: { readonly scenario: string; readonly userId: string },
  ): Promise<string> {
    const body = JSON.stringify({ scenario, user_id: userId });
    const { id } = await this.#ask("", { method: "POST", body });
    this.#visits.set(id, visit);
    const [oldest] = this.#visits.keys();
    if (this.#visits.size > MAX_RECEIPTS && oldest !== undefined) this.#visits.delete(oldest);
    return id;
  }

  /** Lets something happen to a receipt. */
  async act(receiptId: string, action: ReceiptAction): Promise<SoldReceipt> {
    return await this.#ask(`/${encodeURIComponent(receiptId)}/${action}`, { method: "POST" });
  }

  /** Returns the receipts that were sold for a visit, as the Appstore has them now. */
  async receiptsOf(visit: string): Promise<SoldReceipt[]> {
    const ids = [...this.#visits].filter(([, of]) => of === visit).map(([id]) => id);
    return await Promise.all(ids.map((id) => this.#ask(`/${encodeURIComponent(id)}`)));
  }

  /** Returns the visit for which a receipt was sold. */
  visitOf(receiptId: string): string | null {
    return this.#visits.get(receiptId) ?? null;
  }

  /** Returns the visit for which the receipt was sold that a notification is about. */
  visitOfNotification(body: string): string | null {
    try {
      return this.visitOf(JSON.parse(JSON.parse(body).Message).receiptId);
    } catch {
      return null;
    }
  }

  async #ask(path: string, init?: RequestInit): Promise<SoldReceipt> {
    const response = await this.#fetch(`${this.#amazon}/receipts${path}`, init);
    const { receipt_id: id, purchased, error_description } = await response.json();
    if (!response.ok) throw new Error(error_description);
    return { id, purchased };
  }
}
