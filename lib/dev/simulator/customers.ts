/**
 * Defines the customers of the simulator, by the name at the start of a code.
 *
 * @module
 */
import { createHash } from "node:crypto";

/** A profile with the fields of the guide's "User profile response". */
export interface Profile {
  /** Amazon's id of the customer. */
  user_id: string;
  /** The email address. */
  email?: string;
  /** The full name. */
  name?: string;
  /** The postal code. */
  postal_code?: string;
}

/** One entry of {@linkcode CUSTOMERS}. */
export interface Customer {
  /** One line that helps a developer to choose a customer. */
  description: string;
  /** Returns the profile. Only that of `new` depends on the nonce of the code. */
  profile(nonce: string): Profile;
}

const MORK: Required<Profile> = {
  user_id: "amznl.account.K2LI23KL2LK2",
  email: "mhashimoto-04@plaxo.com",
  name: "Mork Hashimoto",
  postal_code: "98052",
};

/** Every customer, in the order in which the console and the simulator list them. */
export const CUSTOMERS: Readonly<Record<string, Customer>> = {
  new: {
    description: "A different person for every nonce, always the same person for one nonce",
    profile: newPerson,
  },
  mork: {
    description: "Mork Hashimoto of the guide: new at first, returning afterwards",
    profile: () => ({ ...MORK }),
  },
  returning: {
    description: "Rita Returning: like mork, but no other customer shares her user_id or email",
    profile: () => ({
      user_id: "amznl.account.R3TURN1NGR1TA",
      email: "rita.returning@example.com",
      name: "Rita Returning",
      postal_code: "10115",
    }),
  },
  moved: {
    description: "mork's user_id with another email",
    profile: () => ({ ...MORK, email: "mork.moved@example.com" }),
  },
  twin: {
    description: "Another user_id with mork's email: the email conflict",
    profile: () => ({ ...MORK, user_id: "amznl.account.TW1NTW1NTW1N", name: "Mindy Hashimoto" }),
  },
  noemail: {
    description: "A profile without email",
    profile: () => ({ user_id: "amznl.account.N0EMA1LN0EMA", name: "Noor Emerson", postal_code: "60601" }),
  },
  noname: {
    description: "A profile without name and postal code",
    profile: () => ({ user_id: "amznl.account.N0NAMEN0NAME", email: "noname@example.com" }),
  },
  sparse: {
    description: "A profile with a user_id and nothing else",
    profile: () => ({ user_id: "amznl.account.SPARSESPARSE" }),
  },
  odd: {
    description:
      "A name with emoji, right-to-left text, combining marks, an apostrophe and <b>; a UK postal code",
    profile: () => ({
      user_id: "amznl.account.0DD0DD0DD0DD",
      email: "zoe.oreilly+tv@example.org",
      name: "Zoe\u0301 <b>O'Reilly</b> \u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u05D3\u05D5\u05D3",
      postal_code: "SW1A 1AA",
    }),
  },
  idn: {
    description: "An internationalised email address",
    profile: () => ({
      user_id: "amznl.account.1DN1DN1DN1DN",
      email: "jürgen@bücher.example",
      name: "Jürgen Groß",
      postal_code: "80331",
    }),
  },
};

const FIRST_NAMES = "Ada Amara Bruno Chloe Dmitri Elif Farah Hugo Ines Jamal Kenji Lena Mateo Nia Oscar Priya"
  .split(" ");
const LAST_NAMES =
  "Abara Berg Castillo Dubois Eriksen Fischer Gupta Haddad Ito Jansen Kim Lopez Moreau Novak Okafor Park"
    .split(" ");
const DOMAINS = ["example.com", "example.net", "example.org"];

/**
 * Returns a profile made from the nonce's hash. 60 bits of the hash are in user_id and email, so that load tests meet
 * no conflicts.
 */
function newPerson(nonce: string): Profile {
  const hash = createHash("sha256").update(nonce).digest();
  const id = hash.readBigUInt64BE(0) & ((1n << 60n) - 1n);
  const first = FIRST_NAMES[hash[8]! % FIRST_NAMES.length]!;
  const last = LAST_NAMES[hash[9]! % LAST_NAMES.length]!;
  const domain = DOMAINS[hash[10]! % DOMAINS.length]!;
  return {
    user_id: `amznl.account.${id.toString(32).toUpperCase().padStart(12, "0")}`,
    email: `${first}.${last}-${id.toString(36)}@${domain}`.toLowerCase(),
    name: `${first} ${last}`,
    postal_code: String(hash.readUInt32BE(11) % 90_000 + 10_000),
  };
}
