package com.amazon.device.iap;

import com.amazon.device.iap.model.UserProfileAccessResponse;

public interface UserProfileAccessListener {
    void onUserProfileAccessResponse(UserProfileAccessResponse response);
}
