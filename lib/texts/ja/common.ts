/**
 * Japanese: words that several pages share, the pages of problems, and the start page.
 *
 * @module
 */
import type { CommonTexts } from "../en/common.ts";

/** Words that several pages share, the pages of problems, and the start page, in Japanese. */
export const COMMON: CommonTexts = {
  not_yet: "未完了：{title}",
  faults_heading: "まだ完了していません",
  passwords_emptied: "エラーのあとはパスワード欄が空になります。もう一度入力してください。",
  email_label: "メールアドレス",
  email_fault: "name@example.com のようなメールアドレスを入力してください",
  close: "このページは閉じてかまいません。",
  help: "ヘルプ",
  mail_sent: {
    title: "メールをご確認ください",
    lead: "{email} で登録された {app} のアカウントがある場合は、リンクを記載したメールをお送りしています。",
    points: [
      "リンクの有効期間は 1 時間です。新しいメールが届くと、それより前のリンクは無効になります。",
      "数分たってもメールが届かないときは、迷惑メールフォルダーをご確認ください。",
      "別のメールアドレスで登録した可能性があるときは、そのアドレスでもう一度お試しください。",
    ],
  },
  dead_link: {
    title: "このリンクは無効になりました",
    get: "新しいリンクを受け取る",
    button: "新しいリンクを送信",
    no_mail: "現在、新しいリンクを送信できません。",
  },
  again: {
    moment: "しばらくしてからもう一度お試しください。",
    minute: "1 分後にもう一度お試しください。",
    minutes: "{minutes} 分後にもう一度お試しください。",
  },
  back: "フォームに戻る",
  foreign_form: {
    title: "このフォームは別のサイトから送信されました",
    text: "何も変更されていません。手続きを続ける場合は、当サービスのページからフォームを送信してください。",
    open: "ページを開く",
  },
  problems: {
    other: {
      title: "エラーが発生しました",
      text: "当サービス側の問題です。何も変更されていません。",
    },
    not_found: {
      title: "ページが見つかりません",
      text: "アドレスをご確認いただくか、メールのリンクをもう一度開いてください。",
    },
    wrong_way: { title: "この操作はできません", text: "このページのフォームをご利用ください。" },
    wrong_method: { title: "この操作はできません", text: "メールのリンクをもう一度開いてください。" },
    too_large: { title: "データが大きすぎます", text: "送信されたフォームが大きすぎます。" },
    rate_limited: {
      title: "試行回数が多すぎます",
      text: "何も変更されていません。お手元のリンクは引き続き使えます。",
    },
    blocked: {
      title: "このアカウントは停止されています",
      text:
        "このアカウントではログインできません。心当たりがない場合は、アプリの提供元にお問い合わせください。",
    },
    unavailable: {
      title: "ただいま処理できません",
      text: "しばらくしてからもう一度お試しください。すでに完了している可能性もあります。",
    },
  },
  start: {
    title: "{app} のサインイン",
    lead: "{app} は、テレビでのサインインにこのサービスを使用しています。ここで行う操作はありません。",
    customers: "お客様向け",
    delete_account: "{app} のアカウントを削除する",
    developers: "開発者向け",
    docs: "API の使い方を読む（英語）",
    openapi: "OpenAPI 形式の API 仕様",
  },
};
