/**
 * Amazon's two endpoints with as little work as possible. Every code is good: `returning-…-N` belongs to one of 1,000
 * customers, any other code to a new customer. The first argument is the milliseconds of each answer.
 *
 * @module
 */
const latencyMs = Number(Deno.args[0] ?? 0);
const PADDING = "x".repeat(345);

Deno.serve({ port: Number(Deno.env.get("PORT")), hostname: "127.0.0.1", onListen() {} }, async ({ url }) => {
  if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
  const query = new URLSearchParams(url.slice(url.indexOf("?")));
  return Response.json(
    query.has("code") ? tokenFor(query.get("code")) : profileOf(query.get("access_token")),
  );
});

function tokenFor(code: string | null): Record<string, unknown> {
  const refresh = `Atzr|${PADDING}`;
  return {
    access_token: `Atza|${PADDING}${code}`,
    token_type: "bearer",
    expires_in: 3600,
    refresh_token: refresh,
  };
}

function profileOf(token: string | null): Record<string, unknown> {
  const code = token?.slice("Atza|".length + PADDING.length) ?? "";
  const customer = code.startsWith("returning-") ? Number(code.split("-").at(-1)) % 1000 : code;
  return {
    user_id: `amznl.account.${customer}`,
    email: `customer-${customer}@example.com`,
    name: "Mork Hashimoto",
    postal_code: "98052",
  };
}
