//! What our pages may do in a browser: load from this origin, talk to it and to Cognito, and nothing
//! else. No inline script or style runs, and no text ever becomes HTML (trusted types).

use crate::config::CognitoConfig;

/// Nothing of the device is needed.
pub const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

const DIRECTIVES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The value of `Content-Security-Policy`.
pub fn content_security(cognito: Option<&CognitoConfig>) -> String {
    let mut policy = format!("{DIRECTIVES}; connect-src 'self'");
    let addresses = cognito.into_iter().flat_map(|cognito| {
        let domain = cognito.domain.as_deref();
        domain.into_iter().chain([&*cognito.issuer])
    });
    for origin in addresses.filter_map(origin) {
        policy.push(' ');
        policy.push_str(&origin);
    }
    policy
}

/// The origin of an address; a bare name is one of HTTPS. Nothing that could end the directive.
fn origin(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://").unwrap_or(("https", address));
    let authority = rest.split('/').next().unwrap_or_default();
    let is_plain = !authority.is_empty()
        && matches!(scheme, "http" | "https")
        && authority
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    is_plain.then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::{content_security, origin};

    #[test]
    fn only_this_origin_may_be_talked_to_without_a_pool() {
        assert!(content_security(None).ends_with("; connect-src 'self'"));
    }

    #[test]
    fn an_address_gives_its_origin_and_nothing_that_ends_a_directive() {
        assert_eq!(
            origin("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a").as_deref(),
            Some("https://cognito-idp.eu-west-1.amazonaws.com")
        );
        assert_eq!(
            origin("auth.example.com").as_deref(),
            Some("https://auth.example.com")
        );
        assert_eq!(origin("auth.example.com; script-src *"), None);
        assert_eq!(origin("javascript://x"), None);
    }
}
