package oneclick

import org.json.JSONArray
import org.json.JSONObject

/** Sends receipts to the service, and tells the Appstore which purchases are honoured. */
internal class Purchases(private val http: Http, private val appstore: Appstore) {
    /** Sends all receipts of the device. Returns what the account may use, or null when the service did not say. */
    fun sync(token: String): JSONArray? {
        val receipts = appstore.receipts() ?: return JSONArray()
        return send(token, receipts)
    }

    /** Sends receipts, ten at a time, and fulfils what is due. */
    fun send(token: String, purchases: JSONObject, from: Int = 0): JSONArray? {
        val told = JSONArray()
        val count = purchases.getJSONArray("receipts").length()
        for (first in from until count step MOST_RECEIPTS) {
            val body = part(purchases, first)
            val answer = http.sendPatiently("/v1/purchases", body, token = token) { entitlementsOf(it.body) != null }
            val entitlements = entitlementsOf(answer.body) ?: return null
            fulfilDue(entitlements)
            for (i in 0 until entitlements.length()) told.put(entitlements.get(i))
        }
        return told
    }

    /** Tells the Appstore of each purchase that is honoured and that it does not know of yet. */
    fun fulfilDue(entitlements: JSONArray) {
        for (i in 0 until entitlements.length()) {
            val entitlement = entitlements.optJSONObject(i) ?: continue
            val due = entitlement.optString("fulfillment") == "due" && entitlement.optString("state") == "active"
            if (due) entitlement.text("receipt_id")?.let(appstore::fulfil)
        }
    }

    fun entitlementsOf(body: JSONObject?): JSONArray? = body?.optJSONArray("entitlements")

    companion object {
        /** The most receipts of one request. */
        const val MOST_RECEIPTS = 10

        /** Takes ten receipts, from one on. */
        fun part(purchases: JSONObject, first: Int = 0): JSONObject {
            val all = purchases.getJSONArray("receipts")
            val some = (first until minOf(first + MOST_RECEIPTS, all.length())).map(all::getString)
            return JSONObject().put("user_id", purchases.getString("user_id")).put("receipts", JSONArray(some))
        }
    }
}
