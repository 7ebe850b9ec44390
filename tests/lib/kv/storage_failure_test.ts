import { assertEquals } from "@std/assert";
import { StorageError } from "../../../lib/kv/storage_failure.ts";

Deno.test("StorageError tells the failures of a database apart, and leaves their messages out", () => {
  const codes = [
    "database is locked",
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
    "database disk image is malformed",
    "canary: something new at /var/lib/canary",
  ].map((message) => new StorageError("commit", new TypeError(message)));
  assertEquals(codes.map(({ code }) => code), ["locked", "full", "io", "read_only", "corrupt", "unknown"]);
  assertEquals(Deno.inspect(codes).includes("canary"), false);
});
