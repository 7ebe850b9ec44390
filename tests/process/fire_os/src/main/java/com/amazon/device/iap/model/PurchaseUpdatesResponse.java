package com.amazon.device.iap.model;

import java.util.List;

public final class PurchaseUpdatesResponse {
    private final UserData userData;
    private final List<Receipt> receipts;
    private final boolean hasMore;

    public PurchaseUpdatesResponse(UserData userData, List<Receipt> receipts, boolean hasMore) {
        this.userData = userData;
        this.receipts = receipts;
        this.hasMore = hasMore;
    }

    public RequestStatus getRequestStatus() {
        return RequestStatus.SUCCESSFUL;
    }

    public UserData getUserData() {
        return userData;
    }

    public List<Receipt> getReceipts() {
        return receipts;
    }

    public boolean hasMore() {
        return hasMore;
    }

    public enum RequestStatus {
        SUCCESSFUL,
        FAILED,
        NOT_SUPPORTED
    }
}
