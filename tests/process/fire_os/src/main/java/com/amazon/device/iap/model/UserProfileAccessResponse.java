package com.amazon.device.iap.model;

public final class UserProfileAccessResponse {
    private final RequestStatus status;
    private final String code;

    public UserProfileAccessResponse(RequestStatus status, String code) {
        this.status = status;
        this.code = code;
    }

    public RequestStatus getRequestStatus() {
        return status;
    }

    public String getUserProfileAccessAuthCode() {
        return code;
    }

    public enum RequestStatus {
        SUCCESSFUL,
        FAILED,
        NOT_SUPPORTED
    }
}
