/** The customers of the simulator. */
import { assertEquals, assertMatch } from "@std/assert";
import { CUSTOMERS } from "../../../../lib/dev/simulator/customers.ts";

const MORK = {
  user_id: "amznl.account.K2LI23KL2LK2",
  email: "mhashimoto-04@plaxo.com",
  name: "Mork Hashimoto",
  postal_code: "98052",
};

Deno.test("CUSTOMERS have the profiles that their descriptions promise", () => {
  const profileOf = (name: string, nonce = "1") => CUSTOMERS[name]!.profile(nonce);
  assertEquals(profileOf("mork"), MORK);
  assertEquals([profileOf("moved").user_id, profileOf("moved").email === MORK.email], [MORK.user_id, false]);
  assertEquals([profileOf("twin").user_id === MORK.user_id, profileOf("twin").email], [false, MORK.email]);
  assertEquals(Object.keys(profileOf("noemail")), ["user_id", "name", "postal_code"]);
  assertEquals(Object.keys(profileOf("noname")), ["user_id", "email"]);
  assertEquals(Object.keys(profileOf("sparse")), ["user_id"]);
  assertMatch(
    profileOf("odd").name!,
    /(?=.*<b>)(?=.*')(?=.*\u0301)(?=.*\p{Emoji_Presentation})(?=.*\p{Script=Hebrew})/u,
  );
  assertMatch(profileOf("idn").email!, /[^ -~].*@.*[^ -~]/);
  assertEquals(profileOf("new"), profileOf("new"));
  assertMatch(profileOf("new").user_id, /^amznl\.account\.[0-9A-V]{12}$/);
  assertMatch(profileOf("new").email!, /^[a-z]+\.[a-z]+-[0-9a-z]+@example\.(com|net|org)$/);
  const many = Array.from({ length: 2000 }, (_, nonce) => profileOf("new", String(nonce)));
  assertEquals(new Set(many.map(({ user_id }) => user_id)).size, 2000);
  assertEquals(new Set(many.map(({ email }) => email)).size, 2000);
});
