import { assertEquals, assertThrows } from "@std/assert";
import { type BackupRecord, formatRecord, parseLine } from "../../../../lib/operator/backup/lines.ts";
import { CommandError } from "../../../../lib/operator/command.ts";
import { TestService } from "../../../support/test_service.ts";

const KEY = ["kind", "id"];

Deno.test("every stored record comes back from its line as it was", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1", { key: "0123456789abcdef" });
  await service.send("POST", "/v1/password-resets", { email: "mhashimoto-04@plaxo.com" });
  await service.services.background.idle();
  const entries = await Array.fromAsync(service.kv.list({ prefix: [] }));
  assertEquals(entries.length > 8, true);
  const more: BackupRecord[] = [
    {
      key: KEY,
      value: { list: [1, new Uint8Array([0, 255]), null, { deep: new Uint8Array() }], text: '\n"ü' },
    },
    { key: KEY, value: "text", expires_at: 1 },
    { key: KEY, value: null },
  ];
  for (const { key, value, expires_at } of [...entries as unknown as BackupRecord[], ...more]) {
    const end = expires_at === undefined ? {} : { expires_at };
    const line = formatRecord({ key, value, ...end });
    assertEquals([line.at(-1), line.indexOf("\n")], ["\n", line.length - 1], "One line");
    assertEquals(parseLine(line, 1) as unknown, { key, value, ...end });
  }
});

Deno.test("formatRecord refuses what would not come back", () => {
  for (const value of [1n, NaN, new Map(), new Date(), { $bytes: "AA==" }, { deep: [new Set()] }]) {
    assertThrows(() => formatRecord({ key: KEY, value }), CommandError);
  }
  assertThrows(() => formatRecord({ key: [1] as unknown as string[], value: 1 }), CommandError);
});

Deno.test("parseLine refuses what is no line of a backup", () => {
  for (
    const line of [
      "",
      "x",
      "{}",
      "[]",
      "1",
      "null",
      '{"key":[1],"value":1}',
      '{"key":["a"]}',
      '{"key":["a"],"value":1,"expires_at":"x"}',
    ]
  ) {
    assertThrows(() => parseLine(line, 3), CommandError, "Line 3");
  }
});
