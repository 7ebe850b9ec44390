package com.amazon.device.iap.model;

public final class Receipt {
    private final String receiptId;

    public Receipt(String receiptId) {
        this.receiptId = receiptId;
    }

    public String getReceiptId() {
        return receiptId;
    }

    public boolean isCanceled() {
        return false;
    }
}
