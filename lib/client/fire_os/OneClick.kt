package oneclick

import android.content.Context
import android.content.SharedPreferences
import com.amazon.device.iap.PurchasingListener
import com.amazon.device.iap.PurchasingService
import com.amazon.device.iap.UserProfileAccessListener
import com.amazon.device.iap.model.ProductDataResponse
import com.amazon.device.iap.model.PurchaseResponse
import com.amazon.device.iap.model.PurchaseUpdatesResponse
import com.amazon.device.iap.model.UserDataResponse
import com.amazon.device.iap.model.UserProfileAccessResponse
import org.json.JSONArray
import org.json.JSONObject
import java.util.concurrent.Executor
import java.util.concurrent.Executors

/**
 * The device's side of Oneclick on Fire OS: one click, receipts, fulfilment, a sign-in from a phone, and password sign-in.
 *
 * Create one object for the app, and [register] it in `onCreate` of the application. No method throws, blocks or waits for
 * ever. Every result comes on [main], so a result may change views.
 *
 * @param service The service's URL: `https://`, with or without a slash at the end.
 * @param memory Preferences that only this class writes. They hold secrets: open them with `MODE_PRIVATE`.
 * @param device What the customer's list of devices shows: `name`, `model`, `platform`, `language`, all optional.
 * @param main Runs results, usually on the main thread: `Executor { Handler(Looper.getMainLooper()).post(it) }`.
 * @param app The name of this app among the service's Amazon clients; the first by default.
 * @param shop The app's own listener, which gets every response of the Appstore as well.
 */
class OneClick(
    service: String,
    memory: SharedPreferences,
    private val device: JSONObject,
    private val main: Executor,
    private val app: String? = null,
    private val shop: PurchasingListener? = null,
) : PurchasingListener, UserProfileAccessListener {
    private val memory = Memory(memory)
    private val http = Http(service.trimEnd('/'))
    private val appstore = Appstore()
    private val purchases = Purchases(http, appstore)
    private val worker = Executors.newSingleThreadExecutor { task -> Thread(task, "oneclick").apply { isDaemon = true } }
    private val lock = Any()

    /** The one click that a further call joins. */
    private var oneClick: OneClickRun? = null

    @Volatile
    private var phone: PhoneSignIn? = null

    /** Registers this object at the Appstore. Call it once, before any other method. */
    fun register(context: Context) {
        PurchasingService.registerListener(context, this)
        PurchasingService.registerUserProfileAccessListener(context, this)
    }

    /**
     * Signs in by one click, or gives the stored session. Call it in each `onResume`: a call during another one shares its
     * run, and each gets the same result.
     */
    fun signInWithAmazon(done: (SignInResult) -> Unit) {
        val run = synchronized(lock) {
            oneClick?.let {
                it.listeners += done
                return
            }
            OneClickRun().also {
                it.listeners += done
                oneClick = it
            }
        }
        worker.execute {
            appstore.run = run
            val result = orElse(SignInResult.TryLater(30, null)) {
                AmazonSignIn(memory, http, appstore, purchases, device, app).run()
            }
            appstore.run = null
            synchronized(lock) { if (oneClick === run) oneClick = null }
            for (listener in run.listeners) deliver { listener(result) }
        }
    }

    /** Sends the receipts of the device and fulfils what is due. Call it at each start of the app with a session. */
    fun syncPurchases(done: (JSONArray?) -> Unit) = inTurn(done, null) {
        memory.session?.let { purchases.sync(it.getString("session_token")) }
    }

    /**
     * Signs in from a phone: shows a code by [onCode], and asks the service until the customer has approved this device. A
     * call after the app was killed goes on with the same code. [stopWaiting] ends it.
     */
    fun activate(offer: PhoneOffer, onCode: (JSONObject) -> Unit, done: (SignInResult) -> Unit) {
        val signIn = PhoneSignIn(memory, http, device) { code -> deliver { onCode(code) } }
        phone?.stop()
        phone = signIn
        Thread({
            val result = orElse(SignInResult.TryLater(30, null)) { signIn.run(offer) }
            // The session is stored by the worker, as every other change is.
            if (result is SignInResult.SignedIn) inTurn(done, result) { result.also { keep(it.session) } }
            else deliver { done(result) }
        }, "oneclick-phone").apply { isDaemon = true }.start()
    }

    /** Stops asking whether the phone is done. The code stays valid and stored. */
    fun stopWaiting() {
        phone?.stop()
    }

    /** Signs in by password. Does not wait for an Appstore that is still being asked. */
    fun signIn(email: String, password: String, linkTicket: String?, done: (SignInResult) -> Unit) {
        val body = JSONObject().put("email", email).put("password", password).putOpt("link_ticket", linkTicket)
        sendCredentials("/v1/sessions", body, null, done)
    }

    /** Creates an account and signs in. The same [key] after `TryLater` gives the same session, if there is one already. */
    fun signUp(customer: JSONObject, key: String, done: (SignInResult) -> Unit) {
        // A copy: the caller may change its own meanwhile.
        val body = orElse(JSONObject()) { JSONObject(customer.toString()) }
        sendCredentials("/v1/accounts", body, key, done)
    }

    /** Signs out. The device forgets the session in any case; false: the service could not be reached. */
    fun signOut(done: (Boolean) -> Unit) {
        endOneClick()
        inTurn(done, false) {
            val token = memory.session?.getString("session_token")
            val answer = token?.let { http.send("DELETE", "/v1/sessions/current", token = it) }
            memory.endSession()
            answer == null || answer.ok || answer.problem?.optString("code") == "invalid_session"
        }
    }

    /** The token for requests to the service, or null. Reads the preferences only. */
    fun token(): String? = orElse(null) { memory.session?.getString("session_token") }

    /** Forgets a session that the service has ended: call it after a 401 whose `code` is `invalid_session`. */
    fun forget(token: String) = inTurn({}, Unit) {
        if (memory.session?.getString("session_token") == token) memory.endSession()
    }

    private fun sendCredentials(path: String, body: JSONObject, key: String?, done: (SignInResult) -> Unit) {
        endOneClick()
        inTurn(done, SignInResult.TryLater(30, null)) {
            val answer = http.send("POST", path, body.put("device", device), key)
            val session = answer.session
            val problem = answer.problem
            when {
                session != null -> SignInResult.SignedIn(session.also(::keep), restored = false, entitlements = null)
                problem == null || problem.optString("next") == "retry" -> answer.tryLater()
                else -> {
                    // The stored code would give the same spent ticket again.
                    if (problem.optString("next") == "new_code") memory.endSession()
                    SignInResult.Refused(problem)
                }
            }
        }
    }

    private fun keep(session: JSONObject) = memory.putSharedSession(session)

    /** Ends a one click that waits for the Appstore. A later call starts one of its own. */
    private fun endOneClick() {
        synchronized(lock) { oneClick.also { oneClick = null } }?.let(appstore::interrupt)
    }

    /** Runs work after the work before. [otherwise] is its result after a fault of the engine or of the Appstore. */
    private fun <T> inTurn(done: (T) -> Unit, otherwise: T, work: () -> T) = worker.execute {
        val result = orElse(otherwise, work)
        deliver { done(result) }
    }

    private fun deliver(call: () -> Unit) {
        orElse(Unit) { main.execute(call) }
    }

    override fun onUserDataResponse(response: UserDataResponse) {
        appstore.userData(response)
        shop?.onUserDataResponse(response)
    }

    override fun onPurchaseUpdatesResponse(response: PurchaseUpdatesResponse) {
        appstore.purchaseUpdates(response)
        shop?.onPurchaseUpdatesResponse(response)
    }

    override fun onUserProfileAccessResponse(response: UserProfileAccessResponse) = appstore.profileAccess(response)

    override fun onProductDataResponse(response: ProductDataResponse) {
        shop?.onProductDataResponse(response)
    }

    override fun onPurchaseResponse(response: PurchaseResponse) {
        shop?.onPurchaseResponse(response)
    }
}

/** One run of a one click, and those who wait for its result. */
internal class OneClickRun {
    val listeners = mutableListOf<(SignInResult) -> Unit>()

    @Volatile
    var interrupted = false
}

/** The result of work, or [otherwise] when the work throws anything. */
internal fun <T> orElse(otherwise: T, work: () -> T): T = runCatching(work).getOrDefault(otherwise)
