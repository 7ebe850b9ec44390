package test

import com.amazon.device.iap.PurchasingService
import com.amazon.device.iap.model.FulfillmentResult
import com.amazon.device.iap.model.PurchaseUpdatesResponse
import com.amazon.device.iap.model.Receipt
import com.amazon.device.iap.model.UserData
import com.amazon.device.iap.model.UserDataResponse
import com.amazon.device.iap.model.UserProfileAccessConsentStatus.CONSENTED
import com.amazon.device.iap.model.UserProfileAccessConsentStatus.UNAVAILABLE
import com.amazon.device.iap.model.UserProfileAccessResponse
import org.json.JSONArray
import org.json.JSONObject
import java.io.File
import kotlin.concurrent.thread

/**
 * The Appstore of a TV, whose state is a JSON file that outlives the app: `user`, `consent`, `spentBy`, `spent`, `codes`,
 * `issued`, `receipts`, `silent`, `fulfilled`. It calls back on a thread of its own, as Amazon's does.
 */
class FileAppstore(private val file: File, private val step: (String, () -> Unit) -> Unit) :
    PurchasingService.Appstore {
    override fun getUserData(fetchConsent: Boolean) = call("getUserData") { state ->
        val told = fetchConsent && state.getBoolean("consent") && !state.getBoolean("spent")
        if (fetchConsent && state.getString("spentBy") == "status") state.put("spent", true)
        val user = UserData(state.getString("user"), if (told) CONSENTED else UNAVAILABLE)
        val response = UserDataResponse(UserDataResponse.RequestStatus.SUCCESSFUL, user);
        { PurchasingService.listener.onUserDataResponse(response) }
    }

    override fun requestUserProfileAccess() = call("requestUserProfileAccess") { state ->
        val refused = !state.getBoolean("consent") || state.getString("spentBy") == "code" && state.getBoolean("spent")
        if (state.getString("spentBy") == "code") state.put("spent", true)
        val issued = state.getInt("issued")
        if (!refused) state.put("issued", issued + 1)
        val codes = state.getJSONArray("codes")
        val response = if (refused) UserProfileAccessResponse(UserProfileAccessResponse.RequestStatus.FAILED, null)
        else UserProfileAccessResponse(UserProfileAccessResponse.RequestStatus.SUCCESSFUL, codes.getString(issued));
        { PurchasingService.profileListener.onUserProfileAccessResponse(response) }
    }

    override fun getPurchaseUpdates(reset: Boolean) = call("getPurchaseUpdates") { state ->
        val all = state.optJSONArray("receipts") ?: JSONArray()
        val receipts = (0 until all.length()).map { Receipt(all.getString(it)) }
        val user = UserData(state.getString("user"), UNAVAILABLE)
        val response = PurchaseUpdatesResponse(user, receipts, false);
        { PurchasingService.listener.onPurchaseUpdatesResponse(response) }
    }

    override fun notifyFulfillment(receiptId: String, result: FulfillmentResult) = call("notifyFulfillment") { state ->
        state.append("fulfilled", "$receiptId $result");
        {}
    }

    private fun call(name: String, answer: (JSONObject) -> () -> Unit) {
        var callBack: () -> Unit = {}
        step(name) {
            val state = JSONObject(file.readText())
            if (state.optString("silent") != name) {
                callBack = answer(state)
                file.writeText(state.toString())
            }
        }
        thread(isDaemon = true) { runCatching(callBack) }
    }
}
