package oneclick

import org.json.JSONObject
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.InputStream
import java.net.HttpURLConnection
import java.net.URL
import java.util.concurrent.FutureTask
import java.util.concurrent.TimeUnit

/** The service's answer. No connection, no answer in time and an answer of another server have neither body nor problem. */
internal class Answer(val ok: Boolean, val body: JSONObject?, val problem: JSONObject?, val retryAfter: Long) {
    val session: JSONObject? get() = body?.takeIf(::isSession)

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
    ): Answer {
        // The limits of a connection are for each of its steps. An answer that drips, or a look-up of a name, has none.
        val task = FutureTask { exchange(method, path, body, key, token) }
        Thread(task, "oneclick-request").apply { isDaemon = true }.start()
        return orElse(NOTHING) { task.get(REQUEST_MS, TimeUnit.MILLISECONDS) }.also { task.cancel(true) }
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
            val json = JSONObject(stream.use(::readBounded))
            val retryAfter = connection.getHeaderField("Retry-After")?.toLongOrNull()?.coerceIn(0, 86_400) ?: 0
            val problem = json.takeIf { !ok && it.text("code") != null && it.text("next") != null }
            return Answer(ok, json.takeIf { ok }, problem, retryAfter)
        } finally {
            connection.disconnect()
        }
    }

    /** Reads a text of at most 256 KiB: another server on the way may send without an end. */
    private fun readBounded(stream: InputStream): String {
        val read = ByteArrayOutputStream()
        val buffer = ByteArray(8192)
        while (true) {
            val count = stream.read(buffer)
            if (count < 0) return read.toString("UTF-8")
            read.write(buffer, 0, count)
            if (read.size() > MOST_BYTES) throw IOException("The answer is too long")
        }
    }

    private companion object {
        const val REQUEST_MS = 15_000L
        const val MOST_BYTES = 256 * 1024
        val NOTHING = Answer(false, null, null, 0)
        const val PATIENCE_MS = 30_000
        const val MAX_TRIES = 12
    }
}
