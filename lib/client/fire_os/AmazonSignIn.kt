package oneclick

import org.json.JSONArray
import org.json.JSONObject
import java.text.SimpleDateFormat
import java.util.Locale
import java.util.TimeZone
import java.util.UUID

/**
 * One click: consent, code, exchange, and the next step that the service asks for.
 *
 * The Appstore tells the consent once. So it is asked only on a device with no session, no code and no stored consent; the
 * consent is stored before the code is asked for; and a new code is asked for without the consent.
 */
internal class AmazonSignIn(
    private val memory: Memory,
    private val http: Http,
    private val appstore: Appstore,
    private val purchases: Purchases,
    private val device: JSONObject,
    private val app: String?,
) {
    fun run(): SignInResult {
        memory.session?.let { if (hasEnded(it)) memory.endSession() }
        var state = memory.state
        var user = if (state == null) askConsent() else appstore.user(consent = false)
        if (state != null && user != null && state.has("user") && state.getString("user") != user.id) {
            // Another customer of the device gets neither code nor session of this one.
            memory.clear()
            state = null
            user = askConsent()
        }
        memory.session?.let { return SignInResult.SignedIn(it, restored = true, entitlements = null) }
        if (appstore.interrupted) return tryLater()
        if (user == null) return SignInResult.ConsentUnavailable
        if (state == null) {
            if (user.consented) memory.putConsented(user.id) else memory.clear()
        }
        val receipts = appstore.receipts()
        return if (memory.state == null) signInByReceipt(user, receipts) else exchangeCodes(user, receipts)
    }

    /** Asks the service about a session whose end has come. It may have been prolonged, and the TV's clock may be wrong. */
    private fun hasEnded(session: JSONObject): Boolean {
        val format = SimpleDateFormat("yyyy-MM-dd'T'HH:mm:ss", Locale.ROOT).apply { timeZone = TimeZone.getTimeZone("UTC") }
        val end = runCatching { format.parse(session.getString("expires_at")) }.getOrNull()
        if (end == null || end.time > System.currentTimeMillis()) return false
        val answer = http.send("GET", "/v1/sessions/current", token = session.getString("session_token"))
        return answer.problem?.optString("code") == "invalid_session"
    }

    private fun askConsent(): AppstoreUser? {
        // An app that is killed before it reads the answer asks for a code next: only who has agreed gets one.
        memory.putAsked()
        return appstore.user(consent = true)
    }

    /** Exchanges the stored code, or a new one, and a second one when the first is dead. */
    private fun exchangeCodes(user: AppstoreUser, receipts: JSONObject?): SignInResult {
        var renewed = memory.state?.optBoolean("renewed") == true
        while (true) {
            if (memory.state?.optString("kind") != "code") {
                val code = appstore.code()
                if (appstore.interrupted) return tryLater()
                if (code == null) {
                    if (memory.state?.optString("kind") == "asked") memory.clear()
                    return signInByReceipt(user, receipts)
                }
                // Code and key are on the disk before they are sent: with both, a lost answer can be had again.
                memory.putCode(user.id, code, UUID.randomUUID().toString(), renewed)
            }
            val answer = sendCode(receipts)
            val problem = answer.problem
            when {
                answer.session != null -> return signedIn(user, answer, receipts)
                problem == null -> return answer.tryLater()
            }
            val offer = PhoneOffer(problem!!.text("link_ticket"), problem.optJSONObject("prefill"))
            when (problem.optString("next")) {
                "retry" -> return answer.tryLater()
                "sign_in" -> return SignInResult.SignInNeeded(offer, problem)
                "sign_up" -> return SignInResult.SignUpNeeded(offer, problem)
                "new_code" -> {
                    memory.putConsented(user.id)
                    if (renewed) return answer.tryLater()
                    renewed = true
                }
                else -> {
                    // The service would refuse the same request at every start of the app.
                    if (problem.optString("next") == "fix_request") memory.putConsented(user.id)
                    return SignInResult.Refused(problem)
                }
            }
        }
    }

    /** Sends the code with the first receipts. A service that verifies no receipts gets the code alone. */
    private fun sendCode(receipts: JSONObject?): Answer {
        val state = memory.state!!
        val body = JSONObject().put("code", state.getString("code")).putOpt("app", app).put("device", device)
        if (receipts != null) {
            val full = JSONObject(body.toString()).put("purchases", Purchases.part(receipts))
            val answer = send(full, state.getString("key"))
            val errors = answer.problem?.optJSONArray("errors") ?: JSONArray()
            val faults = (0 until errors.length()).map { errors.optJSONObject(it)?.optString("path") }
            if (faults.none { it?.startsWith("/purchases") == true }) return answer
        }
        return send(body, state.getString("key"))
    }

    private fun send(body: JSONObject, key: String) =
        http.sendPatiently("/v1/sessions/amazon", body, key) { it.session != null }

    private fun signedIn(user: AppstoreUser, answer: Answer, receipts: JSONObject?): SignInResult {
        val session = answer.session!!
        val entitlements = purchases.entitlementsOf(session)
        session.remove("entitlements")
        memory.putSession(user.id, session)
        if (entitlements != null && receipts != null) {
            purchases.fulfilDue(entitlements)
            val rest = purchases.send(session.getString("session_token"), receipts, from = Purchases.MOST_RECEIPTS)
            for (i in 0 until (rest?.length() ?: 0)) entitlements.put(rest!!.get(i))
        }
        return SignInResult.SignedIn(session, restored = false, entitlements)
    }

    /** Signs in by a receipt that an account has already, if the service allows that. */
    private fun signInByReceipt(user: AppstoreUser, receipts: JSONObject?): SignInResult {
        val ids = receipts?.getJSONArray("receipts") ?: JSONArray()
        for (i in 0 until minOf(ids.length(), MOST_RECEIPT_SIGN_INS)) {
            val body = JSONObject().put("user_id", receipts!!.getString("user_id"))
                .put("receipt_id", ids.getString(i)).putOpt("app", app).put("device", device)
            val answer = http.sendPatiently("/v1/sessions/receipt", body) { it.session != null }
            answer.session?.let {
                memory.putSession(user.id, it)
                return SignInResult.SignedIn(it, restored = false, entitlements = null)
            }
            val problem = answer.problem
            if (problem == null || problem.optString("next") == "retry") return answer.tryLater()
            if (problem.optString("code") == "not_found") break
        }
        return SignInResult.ConsentUnavailable
    }

    private fun tryLater() = SignInResult.TryLater(30, null)

    private companion object {
        const val MOST_RECEIPT_SIGN_INS = 3
    }
}

/** The text of a member, or null when there is none or an empty one. */
internal fun JSONObject.text(name: String): String? = (opt(name) as? String)?.takeIf { it.isNotEmpty() }
