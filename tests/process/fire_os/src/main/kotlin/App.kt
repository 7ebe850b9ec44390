package test

import com.amazon.device.iap.PurchasingService
import oneclick.OneClick
import oneclick.PhoneOffer
import oneclick.SignInResult
import org.json.JSONObject
import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger

/**
 * An app on a TV, from its start to its end: `App FOLDER SERVICE [KILL_AT before|after]`. It resumes twice, as an Activity
 * does, and prints its results as JSON. It halts before or after its KILL_AT-th call of the Appstore or write. With
 * `EMAIL PASSWORD link` it then signs in with the ticket of a `link_required`, and out.
 */
fun main(args: Array<String>) {
    val (folder, service) = args
    val killAt = args.getOrNull(2)?.toIntOrNull()
    val takesEffect = args.getOrNull(3) == "after"
    val steps = AtomicInteger()
    val step = { _: String, work: () -> Unit ->
        val at = steps.incrementAndGet()
        if (at == killAt && !takesEffect) Runtime.getRuntime().halt(137)
        work()
        if (at == killAt) Runtime.getRuntime().halt(137)
    }
    PurchasingService.appstore = FileAppstore(File(folder, "appstore.json"), step)
    val preferences = FilePreferences(File(folder, "preferences"), step)
    val device = JSONObject().put("model", "AFTKM").put("platform", "fire_os")
    val oneclick = OneClick(service, preferences, device, { it.run() })
    PurchasingService.registerListener(null, oneclick)
    PurchasingService.registerUserProfileAccessListener(null, oneclick)
    if (args.lastOrNull() in SCRIPTS) return runScript(oneclick, args.last())
    val results = mutableListOf<JSONObject>()
    val done = CountDownLatch(2)
    val show = { result: SignInResult ->
        results += describe(result)
        done.countDown()
    }
    if (args.lastOrNull() == "phone") {
        done.countDown()
        oneclick.activate(PhoneOffer(), { println(it.put("outcome", "code")) }, show)
    } else {
        oneclick.signInWithAmazon(show)
        oneclick.signInWithAmazon(show)
    }
    done.await()
    for (result in results) println(result.put("steps", steps.get()))
    if (args.lastOrNull() == "sync") {
        val synced = CountDownLatch(1)
        oneclick.syncPurchases { entitlements ->
            println(JSONObject().put("outcome", "synced").put("entitlements", entitlements))
            synced.countDown()
        }
        synced.await()
    }
    if (args.lastOrNull() == "link") {
        val linked = CountDownLatch(1)
        oneclick.signIn(args[2], args[3], results.last().getString("link_ticket")) { signedIn ->
            println(describe(signedIn))
            oneclick.signOut { linked.countDown() }
        }
        linked.await()
    }
}

private val SCRIPTS = listOf("again", "password")

/** Calls methods without waiting for the results in between, prints each result, and what the token is in the end. */
private fun runScript(oneclick: OneClick, script: String) {
    val done = CountDownLatch(3)
    val print = { line: JSONObject ->
        println(line.put("steps", 0))
        done.countDown()
    }
    when (script) {
        "again" -> {
            oneclick.signInWithAmazon { print(describe(it)) }
            oneclick.signOut { print(JSONObject().put("outcome", "signed_out")) }
            oneclick.signInWithAmazon { print(describe(it)) }
        }
        "password" -> {
            val customer = JSONObject().put("email", "kit@example.com").put("password", "a good long password")
            oneclick.signUp(customer, "0123456789abcdef") { print(describe(it)) }
            oneclick.syncPurchases { print(JSONObject().put("outcome", "synced").put("entitlements", it)) }
            oneclick.syncPurchases { print(JSONObject().put("outcome", "synced").put("entitlements", it)) }
        }
    }
    done.await()
    println(JSONObject().put("outcome", "token").put("has", oneclick.token() != null).put("steps", 0))
}

private fun describe(result: SignInResult): JSONObject = when (result) {
    is SignInResult.SignedIn -> JSONObject().put("outcome", "signed_in").put("restored", result.restored)
        .put("session", result.session).put("entitlements", result.entitlements)
    is SignInResult.ConsentUnavailable -> JSONObject().put("outcome", "consent_unavailable")
    is SignInResult.SignInNeeded -> JSONObject().put("outcome", "sign_in_needed").put("link_ticket", result.offer.linkTicket)
    is SignInResult.SignUpNeeded -> JSONObject().put("outcome", "sign_up_needed").put("prefill", result.offer.prefill)
    is SignInResult.TryLater -> JSONObject().put("outcome", "try_later").put("seconds", result.seconds)
    is SignInResult.Refused -> JSONObject().put("outcome", "refused").put("problem", result.problem)
}
