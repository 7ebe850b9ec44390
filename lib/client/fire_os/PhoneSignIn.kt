package oneclick

import org.json.JSONObject
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** Signs in from a phone (RFC 8628): shows a code, and asks the service until the customer has approved this device. */
internal class PhoneSignIn(
    private val memory: Memory,
    private val http: Http,
    private val device: JSONObject,
    private val onCode: (JSONObject) -> Unit,
) {
    private val stopped = CountDownLatch(1)

    fun stop() = stopped.countDown()

    /** Goes on with the stored code when the app was killed. */
    fun run(offer: PhoneOffer): SignInResult {
        var stored = memory.activation?.takeIf { it.text("link_ticket") == offer.linkTicket }
        while (true) {
            val restored = stored != null
            val current = stored ?: when (val answer = start(offer)) {
                is Started.Now -> answer.activation.also { memory.activation = it }
                is Started.Not -> return answer.result
            }
            val shown = JSONObject(current.toString())
            for (secret in listOf("device_code", "interval", "link_ticket")) shown.remove(secret)
            onCode(shown)
            val answer = waitForPhone(current) ?: return SignInResult.TryLater(30, null)
            answer.session?.let {
                memory.activation = null
                return SignInResult.SignedIn(it, restored = false, entitlements = null)
            }
            val problem = answer.problem ?: return answer.tryLater()
            memory.activation = null
            stored = null
            // The stored code was from an earlier start of the app, so its end is no answer to this call.
            if (!restored || problem.optString("code") != "expired_token") return SignInResult.Refused(problem)
        }
    }

    private sealed class Started {
        class Now(val activation: JSONObject) : Started()
        class Not(val result: SignInResult) : Started()
    }

    private fun start(offer: PhoneOffer): Started {
        val body = JSONObject().put("device", device).putOpt("link_ticket", offer.linkTicket)
            .putOpt("prefill", offer.prefill)
        val answer = http.sendPatiently("/v1/activations", body) { it.body != null && isActivation(it.body) }
        val problem = answer.problem
        return when {
            answer.body != null && isActivation(answer.body) -> Started.Now(answer.body.putOpt("link_ticket", offer.linkTicket))
            problem == null || problem.optString("next") == "retry" -> Started.Not(answer.tryLater())
            else -> Started.Not(SignInResult.Refused(problem))
        }
    }

    private fun isActivation(body: JSONObject) = body.text("device_code") != null && body.text("user_code") != null

    /** Asks at the service's pace. Null: the app has stopped the wait. */
    private fun waitForPhone(activation: JSONObject): Answer? {
        val body = JSONObject().put("device_code", activation.getString("device_code"))
        var pace = activation.optLong("interval", 5).coerceIn(1, ANSWER_S)
        var waited = 0L
        while (true) {
            if (stopped.count == 0L) return null
            val answer = http.send("POST", "/v1/sessions/activation", body)
            val next = answer.problem?.optString("next")
            if (answer.session != null || next != null && next != "retry") return answer
            if (waited > activation.optLong("expires_in", 900) + ANSWER_S) return answer
            pace = when {
                answer.retryAfter > 0 -> minOf(answer.retryAfter, ANSWER_S)
                answer.problem == null -> minOf(pace * 2, MAX_INTERVAL_S)
                else -> pace
            }
            waited += pace
            if (stopped.await(pace, TimeUnit.SECONDS)) return null
        }
    }

    private companion object {
        /** Seconds for which the service gives the answer to an activation again. */
        const val ANSWER_S = 600L
        const val MAX_INTERVAL_S = 60L
    }
}
