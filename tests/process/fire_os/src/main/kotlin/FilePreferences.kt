package test

import android.content.SharedPreferences
import java.io.File
import java.util.Properties

/** Preferences in a file, as Android's: `commit` has written when it returns. [step] runs around each write. */
class FilePreferences(private val file: File, private val step: (String, () -> Unit) -> Unit) : SharedPreferences {
    private val values = Properties().apply { if (file.exists()) file.reader().use(::load) }

    override fun getString(key: String, default: String?): String? = values.getProperty(key) ?: default
    override fun contains(key: String) = values.containsKey(key)
    override fun getAll(): Map<String, *> = values.entries.associate { (key, value) -> key.toString() to value }
    override fun edit(): SharedPreferences.Editor = Editor()

    override fun getInt(key: String, default: Int) = default
    override fun getLong(key: String, default: Long) = default
    override fun getFloat(key: String, default: Float) = default
    override fun getBoolean(key: String, default: Boolean) = default
    override fun getStringSet(key: String, default: Set<String>?): Set<String>? = default
    override fun registerOnSharedPreferenceChangeListener(
        listener: SharedPreferences.OnSharedPreferenceChangeListener,
    ) = Unit

    override fun unregisterOnSharedPreferenceChangeListener(
        listener: SharedPreferences.OnSharedPreferenceChangeListener,
    ) = Unit

    private inner class Editor : SharedPreferences.Editor {
        private val changes = mutableMapOf<String, String?>()

        override fun putString(key: String, value: String?) = apply { changes[key] = value }
        override fun remove(key: String) = putString(key, null)
        override fun clear() = apply { for (key in values.keys) changes[key.toString()] = null }

        override fun commit(): Boolean {
            step("commit ${changes.keys}") {
                for ((key, value) in changes) {
                    if (value == null) values.remove(key) else values.setProperty(key, value)
                }
                val next = File("${file.path}.next")
                next.writer().use { values.store(it, null) }
                next.renameTo(file)
            }
            return true
        }

        override fun apply() = throw UnsupportedOperationException("A kill would lose what apply has not written")
        override fun putInt(key: String, value: Int) = this
        override fun putLong(key: String, value: Long) = this
        override fun putFloat(key: String, value: Float) = this
        override fun putBoolean(key: String, value: Boolean) = this
        override fun putStringSet(key: String, value: Set<String>?) = this
    }
}
