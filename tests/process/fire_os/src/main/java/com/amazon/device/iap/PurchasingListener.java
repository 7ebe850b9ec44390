package com.amazon.device.iap;

import com.amazon.device.iap.model.ProductDataResponse;
import com.amazon.device.iap.model.PurchaseResponse;
import com.amazon.device.iap.model.PurchaseUpdatesResponse;
import com.amazon.device.iap.model.UserDataResponse;

public interface PurchasingListener {
    void onUserDataResponse(UserDataResponse response);

    void onProductDataResponse(ProductDataResponse response);

    void onPurchaseResponse(PurchaseResponse response);

    void onPurchaseUpdatesResponse(PurchaseUpdatesResponse response);
}
