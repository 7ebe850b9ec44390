/**
 * Plays what a customer has done before a scenario of the console.
 *
 * @module
 */
import type { Services } from "../../../services.ts";
import { CUSTOMERS } from "../../simulator/customers.ts";
import { appstoreUserOf, codeOf, type Scenario } from "../browser/scenarios.ts";
import type { Prepared } from "../browser/state.ts";
import type { Shop } from "./shop.ts";

/** The parts that are played on. */
export interface BeforeParts {
  /** The parts of the service. */
  readonly services: Pick<Services, "config">;
  /** Sells receipts at the simulated Amazon. */
  readonly shop: Shop;
  /** Sends a request to the service. */
  readonly service: (request: Request) => Response | Promise<Response>;
}

/** What is played, and the person and the TV that it is played for. */
export interface BeforeRequest {
  /** The id of the visit to the console. */
  readonly visit: string;
  /** The scenario. */
  readonly scenario: Scenario;
  /** The name of one of the simulator's customers. */
  readonly customer: string;
  /** Letters and digits that stand for one person. */
  readonly person: string;
  /** What the person has bought, in the simulator's grammar; empty for nothing. */
  readonly receipt: string;
}

/** The password of every account that is created before a scenario. */
const PASSWORD = "marigold in the evening";

/** Buys what is to be bought, and does what the customer did before. Returns what the customer and the Appstore know. */
export async function playBefore(
  { services, shop, service }: BeforeParts,
  { visit, scenario, customer, person, receipt }: BeforeRequest,
): Promise<Prepared> {
  const post = async (path: string, body: unknown) => {
    const response = await service(
      new Request(services.config.publicUrl + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
    await response.body?.cancel();
  };

  const userId = appstoreUserOf(person);
  const receipts = receipt === "" ? [] : [await shop.sell(visit, { scenario: receipt, userId })];
  const code = codeOf({ scenario, customer, person, turn: -1 });
  const { email, name } = CUSTOMERS[customer]?.profile(person) ?? {};
  const device = { name: "Bedroom" };
  switch (scenario.before) {
    case "signed_in":
      await post("/v1/sessions/amazon", { code, device });
      return { receipts };
    case "subscribed": {
      const purchases = receipts.length > 0 ? { user_id: userId, receipts } : undefined;
      await post("/v1/sessions/amazon", { code, device, purchases });
      return { receipts };
    }
    case "signed_up":
    case "forgot":
      if (email === undefined) return { receipts };
      await post("/v1/accounts", { email, password: PASSWORD, name, device: { name: "Phone" } });
      if (scenario.before === "forgot") await post("/v1/password-resets", { email });
      return { email, password: PASSWORD, receipts };
    case "nothing":
      return { receipts };
  }
}
