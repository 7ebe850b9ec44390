package com.amazon.device.iap.model;

public final class PurchaseResponse {}
