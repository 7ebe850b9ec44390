package oneclick

import android.content.SharedPreferences
import org.json.JSONObject

/**
 * The state of a sign-in, as one preference. Each step is one write, and `commit` writes it to the disk before the next
 * step begins. So an app that is killed between two steps finds either the state before or the state after.
 *
 * The kinds: `asked` (the Appstore is being asked for the consent, which it tells once), `consented`, `code`, `session`.
 */
internal class Memory(private val preferences: SharedPreferences) {
    var state: JSONObject?
        get() = read(STATE)?.takeIf(::isValid)
        private set(value) = write(STATE, value)

    val session: JSONObject?
        get() = state?.takeIf { it.optString("kind") == "session" }?.getJSONObject("session")

    /** The sign-in from a phone that was started last. */
    var activation: JSONObject?
        get() = read(ACTIVATION)?.takeIf { it.text("device_code") != null && it.text("user_code") != null }
        set(value) = write(ACTIVATION, value)

    fun clear() {
        state = null
    }

    fun putAsked() {
        state = JSONObject().put("kind", "asked")
    }

    fun putConsented(user: String) {
        state = JSONObject().put("kind", "consented").put("user", user)
    }

    fun putCode(user: String, code: String, key: String, renewed: Boolean) {
        state = JSONObject().put("kind", "code").put("user", user).put("code", code).put("key", key)
            .put("renewed", renewed)
    }

    /** Stores a session that one click or a receipt made. */
    fun putSession(user: String, session: JSONObject) {
        state = JSONObject().put("kind", "session").put("user", user).put("session", session)
    }

    /** Stores a session that every user of the device has. One click can go on later from the consent that was known before. */
    fun putSharedSession(session: JSONObject) {
        state = JSONObject().put("kind", "session").put("session", session).putOpt("consent", consent())
    }

    /** Forgets session and code. A user who has agreed once can go on to ask for a code. */
    fun endSession() {
        state = consent()
    }

    private fun consent(): JSONObject? {
        val stored = state ?: return null
        return when {
            stored.optString("kind") == "asked" -> stored
            stored.has("user") -> JSONObject().put("kind", "consented").put("user", stored.getString("user"))
            else -> stored.optJSONObject("consent")
        }
    }

    private fun isValid(value: JSONObject) = when (value.optString("kind")) {
        "asked" -> true
        "consented" -> value.text("user") != null
        "code" -> listOf("user", "code", "key").all { value.text(it) != null }
        "session" -> value.optJSONObject("session")?.let(::isSession) == true
        else -> false
    }

    /** Reads a record. One that is broken, or that somebody else has written, counts as none. */
    private fun read(key: String): JSONObject? = orElse(null) { preferences.getString(key, null)?.let(::JSONObject) }

    private fun write(key: String, value: JSONObject?) {
        preferences.edit().putString(key, value?.toString()).commit()
    }

    private companion object {
        const val STATE = "state"
        const val ACTIVATION = "activation"
    }
}

/** The body of a sign-in has a token and an account. */
internal fun isSession(body: JSONObject): Boolean =
    body.text("session_token") != null && body.optJSONObject("account")?.text("id") != null
