package com.amazon.device.iap.model;

public final class UserDataRequest {
    public final boolean fetchesConsent;

    private UserDataRequest(boolean fetchesConsent) {
        this.fetchesConsent = fetchesConsent;
    }

    public static Builder newBuilder() {
        return new Builder();
    }

    public static final class Builder {
        private boolean fetchesConsent;

        public Builder setFetchUserProfileAccessConsentStatus(boolean value) {
            fetchesConsent = value;
            return this;
        }

        public UserDataRequest build() {
            return new UserDataRequest(fetchesConsent);
        }
    }
}
