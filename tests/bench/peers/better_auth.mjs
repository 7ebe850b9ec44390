/**
 * The same job by better-auth, as a plugin of its own endpoint: its own way to make a user of a provider's profile,
 * its own sessions and cookies, and SQLite with synchronous=FULL.
 */
import { serve } from "@hono/node-server";
import { betterAuth } from "better-auth";
import { APIError, createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { getMigrations } from "better-auth/db/migration";
import { handleOAuthUserInfo } from "better-auth/oauth2";
import Database from "better-sqlite3";
import { z } from "zod";
import { askAmazon } from "./amazon.mjs";

const database = new Database(process.env.DB_PATH);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");

const signIn = createAuthEndpoint(
  "/amazon",
  { method: "POST", body: z.object({ code: z.string(), device: z.unknown() }) },
  async (ctx) => {
    const { token, profile } = await askAmazon(ctx.body.code);
    const { user_id: id, email, name } = profile;
    const { data, error, isRegister } = await handleOAuthUserInfo(ctx, {
      userInfo: { id, email, name, emailVerified: true },
      account: {
        providerId: "amazon",
        accountId: id,
        accessToken: token.access_token,
        refreshToken: token.refresh_token,
      },
    });
    if (error) throw new APIError("BAD_REQUEST", { message: error });
    await setSessionCookie(ctx, data);
    return ctx.json({ session_token: data.session.token, account: { ...data.user, created: isRegister } });
  },
);

const options = {
  baseURL: `http://127.0.0.1:${process.env.PORT}`,
  basePath: "/v1/sessions",
  secret: "for measurements only: no secret",
  database,
  plugins: [{ id: "amazon", endpoints: { signIn } }],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);

serve({ fetch: auth.handler, port: Number(process.env.PORT), hostname: "127.0.0.1" });
