package oneclick

import org.json.JSONArray
import org.json.JSONObject

/** What a sign-in from a phone takes over from the try before. */
class PhoneOffer(
    /** Links the Amazon customer to the account of the phone. */
    val linkTicket: String? = null,
    /** The values that the page on the phone shows filled in. */
    val prefill: JSONObject? = null,
)

/** The possible results of a sign-in. Those without a session offer the phone: show its code, and no keyboard. */
sealed class SignInResult {
    /** There is a session. Greet a new customer when `account.created` is true and it was not [restored]. */
    class SignedIn(
        /** The service's answer: `session_token`, `session` and `account`. */
        val session: JSONObject,
        /** Whether the device was signed in already. */
        val restored: Boolean,
        /** What the account may use, of this device's receipts; null when none was sent. */
        val entitlements: JSONArray?,
    ) : SignInResult()

    /** There is no consent, or the Appstore cannot say: show the code for a phone, and the app's own screens. */
    object ConsentUnavailable : SignInResult()

    /** Another account has the customer's email. */
    class SignInNeeded(val offer: PhoneOffer, val problem: JSONObject) : SignInResult()

    /** Amazon's profile is not enough for an account. */
    class SignUpNeeded(val offer: PhoneOffer, val problem: JSONObject) : SignInResult()

    /** Nothing is lost: try again after [seconds], at the latest when the app starts next. */
    class TryLater(val seconds: Long, val problem: JSONObject?) : SignInResult()

    /** Another try does not help: [problem] says what the customer, the developer or the operator has to change. */
    class Refused(val problem: JSONObject) : SignInResult()
}
