package com.amazon.device.iap.model;

public final class UserDataResponse {
    private final RequestStatus status;
    private final UserData userData;

    public UserDataResponse(RequestStatus status, UserData userData) {
        this.status = status;
        this.userData = userData;
    }

    public RequestStatus getRequestStatus() {
        return status;
    }

    public UserData getUserData() {
        return userData;
    }

    public enum RequestStatus {
        SUCCESSFUL,
        FAILED,
        NOT_SUPPORTED
    }
}
