package oneclick

import org.json.JSONException
import org.json.JSONObject
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL

/** The service's answer. No connection, no answer in time and an answer of another server have neither body nor problem. */
internal class Answer(val ok: Boolean, val body: JSONObject?, val problem: JSONObject?, val retryAfter: Long) {
    val session: JSONObject? get() = body?.takeIf { it.has("session_token") && it.has("account") }

    fun tryLater() = SignInResult.TryLater(if (retryAfter > 0) retryAfter else 30, problem)
}

/** Sends requests to the service, each with a time limit. */
internal class Http(private val service: String) {
    fun send(
        method: String,
        path: String,
        body: JSONObject? = null,
        key: String? = null,
        token: String? = null,
    ): Answer = try {
        exchange(method, path, body, key, token)
    } catch (_: IOException) {
        NOTHING
    } catch (_: JSONException) {
        NOTHING
    }

    /** Sends a request until it is answered for good, for as long as a customer waits. */
    fun sendPatiently(
        path: String,
        body: JSONObject,
        key: String? = null,
        token: String? = null,
        isAnswer: (Answer) -> Boolean,
    ): Answer {
        var spentMs = 0.0
        for (tries in 0 until MAX_TRIES) {
            // The clock of a TV may be set meanwhile; this one does not jump.
            val start = System.nanoTime()
            val answer = send("POST", path, body, key, token)
            spentMs += (System.nanoTime() - start) / 1e6
            val next = answer.problem?.optString("next")
            if (if (answer.ok) isAnswer(answer) else next != null && next != "retry") return answer
            val seconds = if (answer.retryAfter > 0) answer.retryAfter else minOf(1L shl tries, 8L)
            // The random part spreads devices that were turned away at the same moment.
            val pauseMs = seconds * 1000 * (1 + Math.random() / 2)
            spentMs += pauseMs
            if (spentMs > PATIENCE_MS || tries == MAX_TRIES - 1) return Answer(false, null, answer.problem, answer.retryAfter)
            Thread.sleep(pauseMs.toLong())
        }
        return NOTHING
    }

    private fun exchange(method: String, path: String, body: JSONObject?, key: String?, token: String?): Answer {
        val connection = URL(service + path).openConnection() as HttpURLConnection
        try {
            connection.requestMethod = method
            // A redirect would send the code or the token to another server.
            connection.instanceFollowRedirects = false
            connection.connectTimeout = 5_000
            connection.readTimeout = 15_000
            if (key != null) connection.setRequestProperty("Idempotency-Key", key)
            if (token != null) connection.setRequestProperty("Authorization", "Bearer $token")
            if (body != null) {
                connection.doOutput = true
                connection.setRequestProperty("Content-Type", "application/json")
                connection.outputStream.use { it.write(body.toString().toByteArray()) }
            }
            val status = connection.responseCode
            val ok = status in 200..299
            if (status == 204) return Answer(true, null, null, 0)
            val stream = (if (ok) connection.inputStream else connection.errorStream) ?: return NOTHING
            val json = JSONObject(stream.bufferedReader().use { it.readText() })
            val retryAfter = connection.getHeaderField("Retry-After")?.toLongOrNull() ?: 0
            val problem = json.takeIf { !ok && it.has("code") && it.has("next") }
            return Answer(ok, json.takeIf { ok }, problem, retryAfter)
        } finally {
            connection.disconnect()
        }
    }

    private companion object {
        val NOTHING = Answer(false, null, null, 0)
        const val PATIENCE_MS = 30_000
        const val MAX_TRIES = 12
    }
}
