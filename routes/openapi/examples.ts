/**
 * The examples of the API's description. The customer is the one of Amazon's guide, with a TV in the living room.
 *
 * @module
 */
const SECRET = "uE1n0qQmB3yX7cVZr5kT9wLhS2aJ4dGfP8oNiM6bYxA";
const ACCOUNT_ID = "019ab1f2b0a1928374655647382910fe";
const SESSION_ID = "019ab1f2c3d4e5f60718293a4b5c6d7e";

/** The id of a request. */
export const REQUEST_ID = "3f0c2a51-7d3e-4b53-9c8e-0a6b1f9d2e47";

/** The ticket of a `link_required`. */
export const LINK_TICKET = `ocl_${SECRET}`;

/** A TV, as it describes itself. */
export const DEVICE = { name: "Living room", model: "AFTKM", platform: "vega", language: "de-DE" };

/** The session of that TV. */
export const SESSION = {
  id: `ses_${SESSION_ID}`,
  created_at: "2026-11-22T10:00:00.000Z",
  last_used_at: "2026-11-22T10:00:00.000Z",
  device: DEVICE,
};

/** The account of a customer who signed in by one click. */
export const ACCOUNT = {
  id: `acc_${ACCOUNT_ID}`,
  email: "mhashimoto-04@plaxo.com",
  email_verified: false,
  name: "Mork Hashimoto",
  postal_code: "98052",
  password: "temporary" as const,
  amazon_linked: true,
  created_at: "2026-11-22T10:00:00.000Z",
};

/** The event of the sign-in of that TV. */
export const EVENT = {
  id: "evt_019ab1f2c3d40000a1b2c3d4e5f60701",
  type: "session.created" as const,
  at: "2026-11-22T10:00:00.000Z",
  data: {
    account_id: `acc_${ACCOUNT_ID}`,
    session_id: `ses_${SESSION_ID}`,
    method: "one_click" as const,
    device: DEVICE,
  },
};

/** The account of a customer who signed up. */
export const SIGNED_UP_ACCOUNT = {
  ...ACCOUNT,
  email: "vera@example.com",
  name: "Vera Lindqvist",
  password: "set" as const,
  amazon_linked: false,
};

/** The password of the customer who signed up. */
export const PASSWORD = "correct horse battery staple";

/** The response to a new customer's sign-in by one click. */
export const SIGNED_IN = {
  session_token: `ocs_${ACCOUNT_ID}${SESSION_ID}${SECRET}`,
  token_type: "Bearer" as const,
  expires_at: "2027-11-22T10:00:00.000Z",
  expires_in: 31_536_000,
  session: SESSION,
  account: { ...ACCOUNT, created: true },
};

/** A started activation. Its picture is shortened to one white pixel. */
export const STARTED_ACTIVATION = {
  device_code: `ocd_${SECRET}`,
  user_code: "WDJB-MJHT",
  verification_uri: "https://signin.example/activate",
  verification_uri_complete: "https://signin.example/activate?code=WDJB-MJHT",
  expires_in: 900,
  interval: 5,
  qr_image: "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=",
};

/** The receipts of the customer's Appstore user. */
export const PURCHASES = {
  user_id: "l3HL7XppEdgiWTCr6Qv9HI1wGJOZbA8vkYHiUjXwwWU=",
  receipts: ["q1YqVbJSyjH28DGPKChw9c0o8nd3ySststQtzSkrNM0tsrAwMDW3NLYyrgUA:3:11"],
};

/** What the account may use by that receipt. */
export const ENTITLEMENT = {
  receipt_id: PURCHASES.receipts[0]!,
  sku: "com.example.premium",
  term_sku: "com.example.premium.monthly",
  product_type: "SUBSCRIPTION",
  state: "active" as const,
  trial: false,
  auto_renewing: true,
  purchased_at: "2026-11-22T09:59:00.000Z",
  renews_at: "2026-12-22T09:59:00.000Z",
  ends_at: null,
  fulfillment: "due" as const,
  quick_subscribe: true,
  test: false,
  verified_at: "2026-11-22T10:00:00.000Z",
};

/** An export of the account of a customer who signed in by one click. */
export const EXPORT = {
  exported_at: "2026-11-23T10:00:00.000Z",
  account: {
    ...ACCOUNT,
    amazon_user_id: "amznl.account.K2LI23KL2LK2",
    language: "de-DE",
    blocked_at: null,
    new_email: null,
  },
  sessions: [SESSION],
  entitlements: [{ ...ENTITLEMENT, appstore_user_id: PURCHASES.user_id, app: "tv" }],
  events: [EVENT],
  mails: [],
};

/** A public key of access tokens. */
export const PUBLIC_KEY = {
  kty: "OKP" as const,
  crv: "Ed25519" as const,
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  kid: "2026-11",
  use: "sig" as const,
  alg: "EdDSA" as const,
};

/** An access token. Its JWT is shortened. */
export const ACCESS_TOKEN = {
  access_token: "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhY2NfMDE5YSJ9.c2lnbmF0dXJl",
  token_type: "Bearer" as const,
  expires_in: 600,
  expires_at: "2026-11-22T10:10:00.000Z",
};

/** The metadata of RFC 8414. */
export const SERVER_METADATA = {
  issuer: "https://signin.example",
  jwks_uri: "https://signin.example/.well-known/jwks.json",
  response_types_supported: [],
  grant_types_supported: [],
  service_documentation: "https://signin.example/docs",
};
