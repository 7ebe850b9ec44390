import { assertEquals } from "@std/assert";
import { findPasswordFault } from "../../../lib/passwords/policy.ts";

Deno.test("findPasswordFault() accepts 8 to 256 characters, counted as code points in NFC", async () => {
  const context = { email: "vera@example.com", appName: "Oneclick" };
  const faultOf = (password: string) => findPasswordFault(password, context);
  assertEquals(await faultOf("k9 hors"), "Must have at least 8 characters");
  assertEquals(await faultOf("k9 horse"), null);
  assertEquals(await faultOf("e\u0301k9 hors"), null);
  assertEquals(await faultOf("e\u0301k9 hor"), "Must have at least 8 characters");
  assertEquals(await faultOf("\u{1F40E}k".repeat(128)), null);
  assertEquals(await faultOf("\u{1F40E}k".repeat(128) + "k"), "Must have at most 256 characters");
});

Deno.test("findPasswordFault() refuses a password made of the email or APP_NAME, but not one that has a part of them", async () => {
  const context = { email: "max.hall@horse.example", appName: "Quick Flix" };
  for (
    const password of [
      "max.hall@horse.example",
      "MAX.HALL1984",
      "1horse.example",
      "quick flix 2026",
      "horsehorse1",
      "quick flix max.hall",
    ]
  ) {
    assertEquals(
      await findPasswordFault(password, context),
      "Must not be made of the email or the name of the app",
      password,
    );
  }
  for (const password of ["correct horse battery", "maximum security", "quick flixation theory"]) {
    assertEquals(await findPasswordFault(password, context), null, password);
  }
});

Deno.test("findPasswordFault() refuses common passwords in upper and lower case", async () => {
  const context = { email: "vera@example.com", appName: "Oneclick" };
  for (
    const password of [
      "password",
      "Password1",
      "ILOVEYOU1",
      "qwertyuiop",
      "letmein123",
      "1q2w3e4r5t",
      "football",
    ]
  ) {
    assertEquals(
      await findPasswordFault(password, context),
      "Must not be one of the passwords that many people have",
      password,
    );
  }
});
