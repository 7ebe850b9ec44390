package oneclick

import com.amazon.device.iap.PurchasingService
import com.amazon.device.iap.model.FulfillmentResult
import com.amazon.device.iap.model.PurchaseUpdatesResponse
import com.amazon.device.iap.model.UserDataRequest
import com.amazon.device.iap.model.UserDataResponse
import com.amazon.device.iap.model.UserProfileAccessConsentStatus
import com.amazon.device.iap.model.UserProfileAccessResponse
import org.json.JSONArray
import org.json.JSONObject
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit

/** The Appstore's user of this device. */
internal class AppstoreUser(val id: String, val consented: Boolean)

/**
 * Asks the Appstore and waits for its listener. The Appstore of a real device may never call back, so each wait has an
 * end, and [interrupt] ends it early.
 */
internal class Appstore {
    /** Marks the end of a wait. */
    private object Interrupt

    private val users = LinkedBlockingQueue<Any>()
    private val codes = LinkedBlockingQueue<Any>()
    private val pages = LinkedBlockingQueue<Any>()

    /** The one click that asks; null while something else does. */
    @Volatile
    var run: OneClickRun? = null

    val interrupted get() = run?.interrupted == true

    fun userData(response: UserDataResponse) = users.put(response)
    fun profileAccess(response: UserProfileAccessResponse) = codes.put(response)
    fun purchaseUpdates(response: PurchaseUpdatesResponse) = pages.put(response)

    /** Ends the waits of a one click, now or when it asks. */
    fun interrupt(ended: OneClickRun) {
        ended.interrupted = true
        if (run !== ended) return
        for (queue in listOf(users, codes, pages)) queue.put(Interrupt)
    }

    /** Asks for the user. With [consent] it also asks for the consent, which the Appstore tells once. */
    fun user(consent: Boolean): AppstoreUser? {
        val request = UserDataRequest.newBuilder().setFetchUserProfileAccessConsentStatus(consent).build()
        val response = ask<UserDataResponse>(users, WAIT_MS) { PurchasingService.getUserData(request) }
        if (response?.requestStatus != UserDataResponse.RequestStatus.SUCCESSFUL) return null
        val data = response.userData ?: return null
        return AppstoreUser(
            data.userId?.takeIf { it.isNotEmpty() } ?: return null,
            data.userProfileAccessConsentStatus == UserProfileAccessConsentStatus.CONSENTED,
        )
    }

    /** Asks for a one-time code. */
    fun code(): String? {
        val response = ask<UserProfileAccessResponse>(codes, WAIT_MS) { PurchasingService.requestUserProfileAccess() }
        if (response?.requestStatus != UserProfileAccessResponse.RequestStatus.SUCCESSFUL) return null
        return response.userProfileAccessAuthCode?.takeIf { it.isNotEmpty() }
    }

    /** Asks for all receipts, those that are not cancelled first: `{ "user_id", "receipts" }`, or null without one. */
    fun receipts(): JSONObject? {
        val found = LinkedHashMap<String, Boolean>()
        var user: String? = null
        val end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RECEIPTS_MS)
        for (page in 0 until MOST_PAGES) {
            val leftMs = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())
            val response = ask<PurchaseUpdatesResponse>(pages, leftMs) { PurchasingService.getPurchaseUpdates(page == 0) }
            if (response?.requestStatus != PurchaseUpdatesResponse.RequestStatus.SUCCESSFUL) break
            user = response.userData?.userId ?: user
            for (receipt in response.receipts.orEmpty().filterNotNull()) {
                receipt.receiptId?.let { found[it] = receipt.isCanceled }
            }
            if (!response.hasMore()) break
        }
        if (user == null || found.isEmpty()) return null
        val receipts = found.entries.sortedBy { it.value }.map { it.key }
        return JSONObject().put("user_id", user).put("receipts", JSONArray(receipts))
    }

    /** Tells the Appstore that a purchase was honoured. What fails is told again after the next sync. */
    fun fulfil(receiptId: String) {
        runCatching { PurchasingService.notifyFulfillment(receiptId, FulfillmentResult.FULFILLED) }
    }

    private inline fun <reified T> ask(queue: LinkedBlockingQueue<Any>, ms: Long, request: () -> Unit): T? {
        // A response of an earlier question came too late.
        queue.clear()
        if (interrupted) return null
        return if (runCatching(request).isSuccess) queue.poll(ms, TimeUnit.MILLISECONDS) as? T else null
    }

    private companion object {
        const val WAIT_MS = 10_000L
        const val RECEIPTS_MS = 5_000L
        const val MOST_PAGES = 20
    }
}
