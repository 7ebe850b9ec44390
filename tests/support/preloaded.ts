/**
 * The modules that the service imports with the first request that needs them. A fake clock cannot wait for an import, so
 * tests load them before.
 *
 * @module
 */
import "@zxcvbn-ts/language-common";
import "qrcode-generator";
import "../../lib/mail/mail_api.ts";
import "jose/jwt/sign";
import "jose/key/import";
import "../../lib/webhooks/post_webhook.ts";
import "../../lib/outbox/messages.ts";
import "../../routes/docs/page.tsx";
import "../../routes/docs/problem_page.tsx";
import "../../routes/pages/activation_pages.tsx";
import "../../routes/pages/activation_results.tsx";
import "../../routes/pages/deletion_pages.tsx";
import "../../routes/pages/email_pages.tsx";
import "../../routes/pages/mail_sent_page.tsx";
import "../../routes/pages/problem_pages.tsx";
import "../../routes/pages/reset_pages.tsx";
import "../../routes/pages/start_page.tsx";
