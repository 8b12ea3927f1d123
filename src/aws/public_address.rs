//! Finds the public address of this machine. It asks several providers, so that one wrong or failing provider has no
//! effect. [`PublicAddress`] decides which addresses are public.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::redirect::Policy;

use crate::config::{ManagedRule, PublicAddress};
use crate::error::{Error, Result, chain};

/// The time-out of one provider.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The maximum size of a response in bytes; an address has at most 45.
const LONGEST: usize = 64;
/// The number of providers that must agree; a single provider decides alone.
const QUORUM: usize = 2;

/// Asks all providers at the same time for an address that `rule` can have. The result is the address on which at least
/// two providers agree, if there is only one such address. A single provider decides alone.
///
/// # Errors
/// There is no such address; the text contains the response of each provider.
pub async fn find_public_address(
    providers: &[String],
    rule: &ManagedRule,
) -> Result<PublicAddress> {
    // An operator's rule is for IPv4, so the request must use IPv4.
    let local_address = match rule {
        ManagedRule::Named(_) => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        ManagedRule::Own(_) => None,
    };
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .no_proxy()
        .local_address(local_address)
        .build()
        .map_err(|error| Error::internal("the HTTP client cannot be made", error))?;
    let answers = join_all(providers.iter().map(|url| ask(&client, url, rule))).await;
    agreed(&answers).ok_or_else(|| {
        let lines: Vec<String> = providers
            .iter()
            .zip(&answers)
            .map(|(url, answer)| match answer {
                Ok(address) => format!("{url} answered {address}"),
                Err(reason) => format!("{url} {reason}"),
            })
            .collect();
        Error::operator(format!(
            "the public address could not be determined: set GITPOD_IP or PUBLIC_IP ({})",
            lines.join("; ")
        ))
    })
}

fn agreed(answers: &[Result<PublicAddress, String>]) -> Option<PublicAddress> {
    let quorum = QUORUM.min(answers.len());
    let mut winners: Vec<PublicAddress> = Vec::new();
    for candidate in answers.iter().flatten() {
        let votes = answers.iter().flatten().filter(|vote| *vote == candidate);
        if votes.count() >= quorum && !winners.contains(candidate) {
            winners.push(*candidate);
        }
    }
    match winners[..] {
        [winner] => Some(winner),
        _ => None,
    }
}

/// Asks one provider. An error is a text to append to the provider's URL.
async fn ask(
    client: &reqwest::Client,
    url: &str,
    rule: &ManagedRule,
) -> Result<PublicAddress, String> {
    let failed = |error: reqwest::Error| format!("failed: {}", chain(&error.without_url()));
    let mut response = client.get(url).send().await.map_err(failed)?;
    if response.status() != reqwest::StatusCode::OK {
        return Err(format!(
            "answered with status {}",
            response.status().as_u16()
        ));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            return Err(format!("answered with more than {LONGEST} bytes"));
        }
    }
    let text = std::str::from_utf8(&body).map_err(|_| "answered with no text".to_owned())?;
    let text = text.trim_ascii();
    if text.contains('/') {
        return Err(format!(
            "answered `{}`, which is no address",
            text.escape_debug()
        ));
    }
    text.parse()
        .and_then(|address| rule.accept(address))
        .map_err(|reason| format!("answered `{}`, which {reason}", text.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(answers: &[&str]) -> Option<String> {
        let answers: Vec<Result<PublicAddress, String>> = answers
            .iter()
            .map(|text| text.parse().map_err(|_| String::new()))
            .collect();
        agreed(&answers).map(|address| address.to_string())
    }

    #[test]
    fn two_providers_must_agree_and_a_single_one_decides_alone() {
        let (a, b) = ("8.8.4.4", "9.9.9.9");
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(vote(&[a]), some(a));
        assert_eq!(vote(&["?"]), None);
        assert_eq!(vote(&[a, a]), some(a));
        assert_eq!(vote(&[a, b]), None);
        assert_eq!(vote(&[a, "?"]), None);
        assert_eq!(vote(&[b, a, a]), some(a));
        assert_eq!(vote(&[a, "?", a]), some(a));
        assert_eq!(vote(&[a, b, "?"]), None);
        assert_eq!(vote(&["?", "?", "?"]), None);
        assert_eq!(
            vote(&[a, b, a, b]),
            None,
            "two addresses have two providers each"
        );
        assert_eq!(vote(&[]), None);
    }
}
