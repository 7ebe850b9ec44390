package com.amazon.device.iap.model;

public enum UserProfileAccessConsentStatus {
    CONSENTED,
    UNAVAILABLE
}
