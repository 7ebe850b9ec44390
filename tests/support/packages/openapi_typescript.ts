// It works with this compiler, and would be given the newest one, which it does not know.
// deno-lint-ignore no-import-prefix
import "npm:typescript@5.9.3";
export * from "npm:openapi-typescript@7.13.0";
export { default } from "npm:openapi-typescript@7.13.0";
