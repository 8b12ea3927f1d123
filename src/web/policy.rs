//! The headers that restrict the pages in the browser: a page loads files only from this origin and sends requests only
//! to this origin and to Cognito; inline scripts and styles are not applied, and scripts cannot parse text as HTML
//! (trusted types).

use crate::config::CognitoConfig;

/// The value of `Permissions-Policy`: the pages use no device.
pub const PERMISSIONS_POLICY: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";

const DIRECTIVES: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The value of `Content-Security-Policy` for the page of the API's description: Swagger UI sets style attributes, has
/// its icons in `data:` addresses, and parses text as HTML, which it sanitises.
pub const DOCUMENTATION: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The value of `Content-Security-Policy`; it allows requests to the user pool, if there is one.
pub fn content_security_policy(cognito: Option<&CognitoConfig>) -> String {
    let mut policy = format!("{DIRECTIVES}; connect-src 'self'");
    let urls = cognito.into_iter().flat_map(|cognito| {
        let domain = cognito.domain.as_deref();
        domain.into_iter().chain([&*cognito.issuer])
    });
    for origin in urls.filter_map(origin) {
        policy.push(' ');
        policy.push_str(&origin);
    }
    policy
}

/// The origin of a URL; a host name without a scheme gets `https`. `None` if a character could end the directive.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
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
    use super::{content_security_policy, origin};

    #[test]
    fn without_a_user_pool_a_page_may_connect_to_its_own_origin_only() {
        assert!(content_security_policy(None).ends_with("; connect-src 'self'"));
    }

    #[test]
    fn a_url_that_could_end_the_directive_has_no_origin() {
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
