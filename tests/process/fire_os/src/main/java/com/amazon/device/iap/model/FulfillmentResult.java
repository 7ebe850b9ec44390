package com.amazon.device.iap.model;

public enum FulfillmentResult {
    FULFILLED,
    UNAVAILABLE
}
