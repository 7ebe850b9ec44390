import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { deliveryAddress, parseEmail } from "../../../lib/base/email.ts";

/** The default of `display` is `typed`. */
const ACCEPTED: readonly [typed: string, canonical: string, display?: string][] = [
  ["mhashimoto-04@plaxo.com", "mhashimoto-04@plaxo.com"],
  ["a@b.co", "a@b.co"],
  // The case of letters is kept in `display`, and ignored when addresses are compared.
  ["Mork.Hashimoto@Plaxo.COM", "mork.hashimoto@plaxo.com"],
  ["  mork@plaxo.com\t", "mork@plaxo.com", "mork@plaxo.com"],
  // One provider ignores dots or a tag; at another provider it is the address of another person.
  ["mork+tv@gmail.com", "mork+tv@gmail.com"],
  ["m.o.r.k@gmail.com", "m.o.r.k@gmail.com"],
  ["o'brien/tag=a!#$%&*?^_`{|}~@example.com", "o'brien/tag=a!#$%&*?^_`{|}~@example.com"],
  ["mork@sub.sub-domain.example.com", "mork@sub.sub-domain.example.com"],
  ["mork@1and1.example", "mork@1and1.example"],
  ["1234@567.example", "1234@567.example"],
  // Carriers in Japan have given out such addresses.
  ["mork..h@docomo.ne.jp", "mork..h@docomo.ne.jp"],
  ["Mork.@ezweb.ne.jp", "mork.@ezweb.ne.jp"],
  [".mork@ezweb.ne.jp", ".mork@ezweb.ne.jp"],
  ["..m...@ezweb.ne.jp", "..m...@ezweb.ne.jp"],
  // Internationalized: the domain by UTS 46, the local part in NFC.
  ["jürgen@bücher.example", "jürgen@xn--bcher-kva.example"],
  ["JÜRGEN@BÜCHER.EXAMPLE", "jürgen@xn--bcher-kva.example"],
  ["ju\u0308rgen@bu\u0308cher.example", "jürgen@xn--bcher-kva.example", "jürgen@bücher.example"],
  // Unicode has a single character for this small letter with its mark, but not for the capital.
  ["J\u030can@plaxo.com", "\u01f0an@plaxo.com"],
  ["mork@xn--bcher-kva.example", "mork@xn--bcher-kva.example"],
  ["用户@例え.テスト", "用户@xn--r8jz45g.xn--zckzah"],
  ["mork@faß.example", "mork@xn--fa-hia.example"],
  ["mork@ｐｌａｘｏ．ｃｏｍ", "mork@plaxo.com"],
];

const REFUSED: readonly [fault: string, typed: string][] = [
  ["empty", ""],
  ["blank", "   "],
  ["no at sign", "mork.plaxo.com"],
  ["no local part", "@plaxo.com"],
  ["no domain", "mork@"],
  ["two at signs", "mork@hashimoto@plaxo.com"],
  ["quoted at sign", '"mork@hashimoto"@plaxo.com'],
  ["dots alone", "..@plaxo.com"],
  ["a quoted local part", '"mork..h"@plaxo.com'],
  ["space within", "mork hashimoto@plaxo.com"],
  ["no-break space within", "mork\u00a0h@plaxo.com"],
  ["line feed and another header", "mork@plaxo.com\r\nBcc: all@plaxo.com"],
  ["line feed in the local part", "mork\nh@plaxo.com"],
  ["line feed in the domain", "mork@pla\r\nxo.com"],
  ["tab in the domain", "mork@pla\txo.com"],
  ["NUL", "mork\0@plaxo.com"],
  ["DEL", "mork\x7f@plaxo.com"],
  ["C1 control", "mork\x85h@plaxo.com"],
  ["right-to-left override", "mork\u202e@plaxo.com"],
  ["zero width space", "mork\u200bh@plaxo.com"],
  ["soft hyphen in the domain", "mork@pla\u00adxo.com"],
  ["lone surrogate", "mork\ud800@plaxo.com"],
  ["lone surrogate in the domain", "mork@pl\udc00axo.com"],
  ["private use", "mork\ue000@plaxo.com"],
  ["display name", "Mork <mork@plaxo.com>"],
  ["two addresses", "mork@plaxo.com,mindy@plaxo.com"],
  ["comment", "mork(tv)@plaxo.com"],
  ["mailto", "mailto:mork@plaxo.com"],
  ["backslash", "mork\\h@plaxo.com"],
  ["no dot in the domain", "mork@localhost"],
  ["dot at the end of the domain", "mork@plaxo.com."],
  ["dot at the start of the domain", "mork@.plaxo.com"],
  ["two dots in the domain", "mork@plaxo..com"],
  ["hyphen at the start of a label", "mork@-plaxo.com"],
  ["hyphen at the end of a label", "mork@plaxo-.com"],
  ["underscore in the domain", "mork@pla_xo.com"],
  ["one letter at the top", "mork@plaxo.c"],
  ["digits at the top", "mork@plaxo.123"],
  ["IPv4 address", "mork@192.0.2.1"],
  ["number that is an IPv4 address", "mork@3221225985"],
  ["hexadecimal IPv4 address", "mork@0xc0.0.2.1"],
  ["IPv4 address in brackets", "mork@[192.0.2.1]"],
  ["IPv6 address", "mork@[IPv6:2001:db8::1]"],
  ["port", "mork@plaxo.com:25"],
  ["path", "mork@plaxo.com/x"],
  ["query", "mork@plaxo.com?x"],
  ["fragment", "mork@plaxo.com#x"],
  ["percent-encoded domain", "mork@pl%61xo.com"],
  ["broken punycode", "mork@xn--\u00fc.example"],
];

for (const [typed, canonical, display = typed] of ACCEPTED) {
  Deno.test(`parseEmail() accepts ${JSON.stringify(typed)}`, () => {
    assertEquals(parseEmail(typed), { display, canonical });
  });
}

for (const [fault, typed] of REFUSED) {
  Deno.test(`parseEmail() refuses: ${fault}`, () => assertEquals(parseEmail(typed), null));
}

Deno.test("parseEmail() accepts a local part of 64 bytes, but not of 65", () => {
  assert(parseEmail(`${"a".repeat(64)}@plaxo.com`));
  assertEquals(parseEmail(`${"a".repeat(65)}@plaxo.com`), null);
  assert(parseEmail(`${"ü".repeat(32)}@plaxo.com`));
  assertEquals(parseEmail(`a${"ü".repeat(32)}@plaxo.com`), null);
});

Deno.test("parseEmail() accepts a label of 63 bytes, but not of 64", () => {
  assert(parseEmail(`mork@${"a".repeat(63)}.com`));
  assertEquals(parseEmail(`mork@${"a".repeat(64)}.com`), null);
});

Deno.test("parseEmail() accepts an address of 254 bytes in ASCII, but not of 255", () => {
  const domain = `${`${"a".repeat(61)}.`.repeat(3)}com`; // 189 bytes
  const most = `${"m".repeat(64)}@${domain}`;
  assertEquals(most.length, 254);
  assertEquals(parseEmail(most)?.canonical, most);
  assertEquals(parseEmail(most.replace("@", "@a")), null);
});

Deno.test("parseEmail() returns one canonical form for an address in upper and lower case", () => {
  const local = fc.stringMatching(/^[a-z][a-z0-9.+-]{0,20}[a-z0-9]$/).filter((part) => !part.includes(".."));
  const domain = fc.domain();
  const upper = fc.array(fc.boolean(), { minLength: 300, maxLength: 300 });
  fc.assert(fc.property(local, domain, upper, (name, host, isUpper) => {
    const typed = `${name}@${host}`;
    const other = Array.from(typed, (letter, i) => isUpper[i] ? letter.toUpperCase() : letter).join("");
    assertEquals(parseEmail(other)?.canonical, parseEmail(typed)?.canonical);
  }));
});

Deno.test("parseEmail() returns one canonical form for every spelling of an address", () => {
  const local = fc.stringMatching(/^[a-z0-9]([a-z0-9+_-]{0,20}[a-z0-9])?$/);
  const mixed = fc.infiniteStream(fc.boolean());
  fc.assert(fc.property(local, mixed, fc.constantFrom("", " ", "  "), (name, upper, space) => {
    const typed = `${name}@bücher.example`;
    const cased = Array.from(typed, (char) => upper.next().value ? char.toUpperCase() : char).join("");
    const canonical = `${name}@xn--bcher-kva.example`;
    for (const form of [typed, cased, cased.normalize("NFD"), `${space}${typed}${space}`]) {
      assertEquals(parseEmail(form)?.canonical, canonical);
    }
    assertEquals(parseEmail(canonical)?.canonical, canonical);
  }));
});

Deno.test("parseEmail() returns the same canonical form when it reads its own result", () => {
  const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  const likely = fc.tuple(part, fc.oneof(part.map((label) => `${label}.example`), fc.domain()))
    .map(([local, host]) => `${local}@${host}`);
  const address = fc.oneof(likely, fc.emailAddress(), fc.constantFrom(...ACCEPTED.map(([typed]) => typed)));
  let accepted = 0;
  fc.assert(
    fc.property(address, (typed) => {
      const email = parseEmail(typed);
      if (email === null) return;
      accepted++;
      const again = parseEmail(email.canonical);
      assertEquals(again, { display: email.canonical, canonical: email.canonical });
      // An address that is shown and typed again belongs to the same account.
      assertEquals(parseEmail(email.display), email);
    }),
    { numRuns: 1000 },
  );
  assert(accepted > 200, `only ${accepted} addresses were accepted`);
});

Deno.test("deliveryAddress() keeps the local part as typed, with quotes around stray dots, and returns the domain in ASCII", () => {
  for (
    const [typed, address] of [
      [" Mork.H@Plaxo.COM ", "Mork.H@plaxo.com"],
      ["Jürgen@Bücher.example", "Jürgen@xn--bcher-kva.example"],
      ["Mork.H@docomo.ne.jp", "Mork.H@docomo.ne.jp"],
      ["Mork..H@docomo.ne.jp", '"Mork..H"@docomo.ne.jp'],
      ["mork.@docomo.ne.jp", '"mork."@docomo.ne.jp'],
      [".mork@docomo.ne.jp", '".mork"@docomo.ne.jp'],
    ] as const
  ) {
    assertEquals(deliveryAddress(parseEmail(typed)!), address);
  }
});
