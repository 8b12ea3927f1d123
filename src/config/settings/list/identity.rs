//! The settings of the users' identity.

use crate::config::settings::setting::DefaultValue::{Described, Unset};
use crate::config::settings::setting::Section::Identity;
use crate::config::settings::setting::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    Identity
        .setting(
            "AWS_COGNITO_USER_POOL_ID",
            Unset,
            "The Cognito user pool that signs access tokens",
        )
        .details("Set together with `AWS_COGNITO_USER_POOL_CLIENT_ID`."),
    Identity.setting(
        "AWS_COGNITO_USER_POOL_CLIENT_ID",
        Unset,
        "The app client of the user pool",
    ),
    Identity
        .setting(
            "AWS_DEFAULT_REGION",
            Described("the region in the id of the user pool"),
            "The AWS region",
        )
        .details(
            "Used for AWS requests where the AWS SDK finds no region of its own (`AWS_REGION`).",
        ),
    Identity
        .setting(
            "COGNITO_ISSUER",
            Described("derived from the region and the user pool"),
            "Issuer of the access tokens",
        )
        .details("For emulators of Cognito."),
    Identity
        .setting(
            "COGNITO_JWKS_URL",
            Described("derived from the issuer"),
            "Address of the keys that sign access tokens",
        )
        .details("For emulators of Cognito."),
    Identity.setting("COGNITO_DOMAIN", Unset, "Domain of the hosted sign-in page"),
    Identity.setting(
        "COGNITO_REDIRECT_URI",
        Unset,
        "Address that the hosted sign-in page returns to",
    ),
    Identity
        .setting(
            "DEV_USER_HANDLE",
            Unset,
            "Handle of the user that a request without a token acts as, from any address",
        )
        .details(
            "For development behind a proxy. The server does not start with this setting and a \
         user pool.",
        ),
];
