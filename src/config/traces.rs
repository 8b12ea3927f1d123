//! The collector of traces and the sampler: `OTEL_EXPORTER_OTLP_ENDPOINT`,
//! `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`,
//! `OTEL_TRACES_SAMPLER_ARG`. Names and meaning are those of the OpenTelemetry specification
//! (configuration/sdk-environment-variables). The SDK reads further variables itself: see
//! docs/guide/operations.md.

use std::collections::HashMap;
use std::str::FromStr;

use form_urlencoded::parse;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// Where traces are sent, and which requests are traced.
#[derive(Debug, Clone)]
pub struct TracesConfig {
    /// Base address of the collector; the exporter adds `/v1/traces`.
    pub endpoint: Url,
    /// HTTP headers for the collector, `name=value,…`.
    pub headers: Option<SecretString>,
    /// The name of the service in the traces.
    pub service_name: String,
    /// Which requests are traced.
    pub sampler: TraceSampler,
}

/// Which requests are traced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TraceSampler {
    /// Whether a request with a `traceparent` header is traced where that header requests it.
    pub follows_parent: bool,
    /// The share of the other requests that is traced, from 0 to 1.
    pub share: f64,
}

impl TracesConfig {
    /// `None` without `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn read(settings: &mut Settings) -> Option<Self> {
        let endpoint = read_endpoint(settings)?;
        let headers = settings.secret("OTEL_EXPORTER_OTLP_HEADERS");
        if headers
            .as_ref()
            .is_some_and(|list| read_headers(list).is_none())
        {
            settings.problem(
                "OTEL_EXPORTER_OTLP_HEADERS",
                "must be a list such as `api-key=secret,other=two%20words`",
            );
        }
        let service_name = settings.text("OTEL_SERVICE_NAME");
        let sampler = TraceSampler::read(settings);
        Some(Self {
            endpoint,
            headers,
            service_name: service_name.unwrap_or_else(|| "cruddur".to_owned()),
            sampler,
        })
    }

    /// The HTTP headers for the collector by name, percent-decoded.
    pub fn headers(&self) -> HashMap<String, String> {
        let headers = self.headers.as_ref().and_then(read_headers);
        headers.unwrap_or_default()
    }
}

/// Parses `name=value,…`; `None` where an entry is not a valid header.
fn read_headers(list: &SecretString) -> Option<HashMap<String, String>> {
    let members = list.expose_secret().split(',').map(str::trim);
    let members = members.filter(|member| !member.is_empty());
    members
        .map(|member| {
            let (name, value) = member.split_once('=')?;
            // Percent-encoding as in a form, except that these three characters are literal here.
            let form = value.trim().replace('+', "%2B");
            let form = form.replace('&', "%26").replace('=', "%3D");
            let (value, _) = parse(form.as_bytes()).next().unwrap_or_default();
            HeaderName::try_from(name.trim()).ok()?;
            HeaderValue::try_from(&*value).ok()?;
            Some((name.trim().to_owned(), value.into_owned()))
        })
        .collect()
}

impl TraceSampler {
    fn read(settings: &mut Settings) -> Self {
        let name = "OTEL_TRACES_SAMPLER";
        let sampler = settings.text(name).unwrap_or_default();
        let share: Share = settings
            .parse("OTEL_TRACES_SAMPLER_ARG", "a share from 0 to 1")
            .unwrap_or(Share(1.0));
        let (rest, follows_parent) = match sampler.strip_prefix("parentbased_") {
            Some(rest) => (rest, true),
            None => (&*sampler, sampler.is_empty()),
        };
        let share = match rest {
            "" | "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => share.0,
            _ => {
                settings.problem(
                    name,
                    "must be `always_on`, `always_off` or `traceidratio`, each with or without \
                     the prefix `parentbased_`",
                );
                0.0
            }
        };
        Self {
            follows_parent,
            share,
        }
    }
}

/// The recorded problem does not contain the address, which may contain a password.
fn read_endpoint(settings: &mut Settings) -> Option<Url> {
    let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let url = Url::parse(&settings.text(name)?).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    let url = url.filter(|url| url.query().is_none());
    if url.is_none() {
        settings.problem(
            name,
            "must be an address such as `http://localhost:4318`, without a password or a \
             query: set keys in OTEL_EXPORTER_OTLP_HEADERS",
        );
    }
    url
}

struct Share(f64);

impl FromStr for Share {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let share = text.parse().map_err(|_| ())?;
        (0.0..=1.0)
            .contains(&share)
            .then_some(Self(share))
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_trimmed_and_unescaped_and_keep_the_signs_of_base64() {
        let list = SecretString::from("authorization=Basic%20a+b/c==, x-other = 1&2,");
        let headers = read_headers(&list).expect("headers");
        assert_eq!(headers["authorization"], "Basic a+b/c==");
        assert_eq!(headers["x-other"], "1&2");
        assert_eq!(headers.len(), 2);
        assert!(read_headers(&SecretString::from("no name: 1")).is_none());
        assert!(read_headers(&SecretString::from("a name=1")).is_none());
    }
}
