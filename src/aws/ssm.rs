//! Starts sessions of AWS Systems Manager that forward a port. `operations::tunnel` runs the plugin that carries one.
//!
//! The request is signed here: the SDK's client of this service is larger than the rest of the program, for one call.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::error::{Action, missing_permission};
use crate::error::{Cause, Error, Result};

const START: &str = "ssm:StartSession";
const DOCUMENT: &str = "AWS-StartPortForwardingSessionToRemoteHost";
const TARGET_HEADER: &str = "AmazonSSM.StartSession";
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a session forwards.
#[derive(Debug, Clone)]
pub struct Forwarding {
    /// The instance or container that forwards: `i-…`, `mi-…` or `ecs:…`.
    pub target: String,
    /// The name of the host, as the target resolves it.
    pub host: String,
    /// The port of the host.
    pub port: u16,
    /// The port on this machine.
    pub local_port: u16,
}

/// A session that AWS has started, as the plugin needs it.
pub struct PluginSession {
    /// The response, with the token of the session.
    pub response: SecretString,
    /// The request.
    pub request: String,
    /// The region of the service.
    pub region: String,
    /// The address of the service.
    pub endpoint: String,
}

/// Starts a session.
///
/// # Errors
/// No credentials; AWS refuses or does not answer.
pub async fn start_session(config: &SdkConfig, forwarding: &Forwarding) -> Result<PluginSession> {
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let endpoint = match config.endpoint_url() {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None if region.starts_with("cn-") => format!("https://ssm.{region}.amazonaws.com.cn"),
        None => format!("https://ssm.{region}.amazonaws.com"),
    };
    let request = json!({
        "Target": forwarding.target,
        "DocumentName": DOCUMENT,
        "Parameters": {
            "host": [forwarding.host],
            "portNumber": [forwarding.port.to_string()],
            "localPortNumber": [forwarding.local_port.to_string()],
        },
    })
    .to_string();
    let headers = signed_headers(config, &region, &endpoint, &request).await?;
    let unanswered = |error: reqwest::Error| {
        Error::Operator(
            format!("AWS cannot be reached for {START}: check the network and AWS_ENDPOINT_URL"),
            Some(error.into()),
        )
    };
    let client = reqwest::Client::builder().timeout(TIMEOUT).build();
    let mut post = client
        .map_err(unanswered)?
        .post(format!("{endpoint}/"))
        .header("content-type", CONTENT_TYPE)
        .header("x-amz-target", TARGET_HEADER)
        .body(request.clone());
    for (name, value) in headers {
        post = post.header(name, value);
    }
    let answer = post.send().await.map_err(unanswered)?;
    let is_success = answer.status().is_success();
    let body = answer.text().await.map_err(unanswered)?;
    if !is_success {
        return Err(refusal(&body, &region, forwarding));
    }
    Ok(PluginSession {
        response: body.into(),
        request,
        region,
        endpoint,
    })
}

async fn signed_headers(
    config: &SdkConfig,
    region: &str,
    endpoint: &str,
    body: &str,
) -> Result<Vec<(String, String)>> {
    let missing = |cause| {
        let advice = format!(
            "{START} needs AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        );
        Error::Operator(advice, cause)
    };
    let provider = config.credentials_provider().ok_or_else(|| missing(None))?;
    let found = provider.provide_credentials().await;
    let identity = found.map_err(|error| missing(Some(error.into())))?.into();
    let sign_request = || -> Result<Vec<(String, String)>, Cause> {
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("ssm")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let headers = [
            ("content-type", CONTENT_TYPE),
            ("x-amz-target", TARGET_HEADER),
        ];
        let url = format!("{endpoint}/");
        let body = SignableBody::Bytes(body.as_bytes());
        let signable = SignableRequest::new("POST", &url, headers.into_iter(), body)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        let headers = instructions.headers();
        Ok(headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    };
    sign_request()
        .map_err(|cause| Error::internal("the request for a session cannot be signed", cause))
}

/// The error of a response such as `{"__type": "com.amazonaws.ssm#TargetNotConnected", "message": "…"}`.
fn refusal(body: &str, region: &str, forwarding: &Forwarding) -> Error {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let kind = body["__type"].as_str().unwrap_or_default();
    let code = kind.rsplit('#').next().unwrap_or_default();
    let message = body["message"].as_str().or(body["Message"].as_str());
    let target = &forwarding.target;
    let advice = match code {
        "AccessDeniedException" => {
            let resources = [format!("instance/{target}")];
            let mut action = Action::on(START, region, &resources);
            // An instance is a resource of EC2.
            for resource in &mut action.resources {
                *resource = resource.replace(":ssm:", ":ec2:");
            }
            action
                .resources
                .push(format!("arn:aws:ssm:{region}::document/{DOCUMENT}"));
            missing_permission(&action)
        }
        "TargetNotConnected" => format!(
            "{target} is not connected to Systems Manager: start it, and see that it runs the SSM agent and has the \
             policy AmazonSSMManagedInstanceCore"
        ),
        _ => format!("AWS refused {START}"),
    };
    let cause = format!("{code}: {}", message.unwrap_or("no message"));
    Error::Operator(advice, Some(cause.into()))
}
