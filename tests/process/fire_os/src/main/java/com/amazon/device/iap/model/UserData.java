package com.amazon.device.iap.model;

public final class UserData {
    private final String userId;
    private final UserProfileAccessConsentStatus consent;

    public UserData(String userId, UserProfileAccessConsentStatus consent) {
        this.userId = userId;
        this.consent = consent;
    }

    public String getUserId() {
        return userId;
    }

    public String getMarketplace() {
        return "US";
    }

    public UserProfileAccessConsentStatus getUserProfileAccessConsentStatus() {
        return consent;
    }
}
