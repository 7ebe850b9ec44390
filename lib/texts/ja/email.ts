/**
 * Japanese: the pages of `/confirm-email`.
 *
 * @module
 */
import type { EmailTexts } from "../en/email.ts";

/** The pages of `/confirm-email`, in Japanese. */
export const EMAIL: EmailTexts = {
  change: {
    title: "このメールアドレスを使いますか？",
    lead:
      "{from} の {app} アカウントのアドレスが {email} になります。ほかのすべての端末はサインアウトされます。",
    caution:
      "ご自身のアカウントである場合だけ確認してください。そうでないと、サインインしている他人があなたのアドレスを持つことになります。",
    button: "このアドレスを使う",
  },
  verify: {
    title: "このメールアドレスを確認しますか？",
    lead: "{email} は {app} のアカウントのアドレスです。ご自身のアカウントであれば確認してください。",
    button: "このアドレスを確認する",
  },
  keep: "何も変えない場合は、このページを閉じてください。",
  done: {
    title: "メールアドレスを確認しました",
    changed:
      "{app} アカウントのアドレスは {email} になりました。ほかのすべての端末はサインアウトされました。",
    verified: "{email} を {app} アカウントのアドレスとして確認しました。",
  },
  dead: {
    used: "このリンクではすでに確認済みです。ほかに必要なことはありません。",
    unknown:
      "何も変更されていません。リンクの有効期限は1時間です。新しいリンクが送られたとき、パスワードが設定されたとき、すべてサインアウトされたときは無効になります。アプリで新しいリンクを申請してください。",
    taken_title: "このアドレスは使用中です",
    taken: "何も変更されていません。すでに別のアカウントがこのアドレスを使っています。",
  },
};
