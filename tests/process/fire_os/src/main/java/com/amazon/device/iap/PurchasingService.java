package com.amazon.device.iap;

import android.content.Context;
import com.amazon.device.iap.model.FulfillmentResult;
import com.amazon.device.iap.model.UserDataRequest;

/** Hands each call to the simulated Appstore of the test. */
public final class PurchasingService {
    /** What the test plays the Appstore with. */
    public interface Appstore {
        void getUserData(boolean fetchConsent);

        void requestUserProfileAccess();

        void getPurchaseUpdates(boolean reset);

        void notifyFulfillment(String receiptId, FulfillmentResult result);
    }

    public static Appstore appstore;
    public static PurchasingListener listener;
    public static UserProfileAccessListener profileListener;

    private PurchasingService() {}

    public static void registerListener(Context context, PurchasingListener purchasingListener) {
        listener = purchasingListener;
    }

    public static void registerUserProfileAccessListener(Context context, UserProfileAccessListener accessListener) {
        profileListener = accessListener;
    }

    public static void getUserData(UserDataRequest request) {
        appstore.getUserData(request.fetchesConsent);
    }

    public static void requestUserProfileAccess() {
        appstore.requestUserProfileAccess();
    }

    public static void getPurchaseUpdates(boolean reset) {
        appstore.getPurchaseUpdates(reset);
    }

    public static void notifyFulfillment(String receiptId, FulfillmentResult result) {
        appstore.notifyFulfillment(receiptId, result);
    }
}
