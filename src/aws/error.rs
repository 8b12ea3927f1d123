//! Turns errors of AWS into errors with advice for an operator.

use std::error::Error as StdError;

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};

use crate::error::{Error, chain};

/// An action of AWS and its resources, as an IAM policy names them.
#[derive(Debug, Clone)]
pub struct Action {
    /// Service and action, such as `ec2:ModifySecurityGroupRules`.
    pub name: &'static str,
    /// The Amazon resource names (ARNs) of the resources.
    pub resources: Vec<String>,
}

impl Action {
    /// An action on resources such as `security-group/sg-1`. The ARN has `*` for the account, which only AWS knows.
    pub fn on(name: &'static str, region: &str, resources: &[String]) -> Self {
        let service = name.split(':').next().unwrap_or(name);
        let resources = resources
            .iter()
            .map(|resource| format!("arn:aws:{service}:{region}:*:{resource}"))
            .collect();
        Self { name, resources }
    }

    /// An action that IAM permits only on all resources together, such as `ec2:DescribeSecurityGroupRules`.
    pub fn on_anything(name: &'static str) -> Self {
        Self {
            name,
            resources: vec!["*".to_owned()],
        }
    }
}

/// The error code of AWS; `None` if AWS did not answer.
pub fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error()?.code()
}

/// The error with advice for an operator, and AWS's message as its cause.
pub fn explain<E, R>(action: &Action, error: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let name = action.name;
    let advice = match code(&error) {
        Some("UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException") => {
            missing_permission(action)
        }
        Some(
            "AuthFailure"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "ExpiredToken"
            | "RequestExpired"
            | "UnrecognizedClientException",
        ) => format!(
            "AWS does not accept the credentials for {name}: renew them, and check this machine's clock"
        ),
        Some("RequestLimitExceeded" | "Throttling" | "ThrottlingException") => {
            format!("AWS throttles {name}; tried {} times", super::TRIES)
        }
        Some("InvalidGroup.NotFound" | "InvalidGroupId.Malformed") => {
            "no such security group exists: DB_SG_ID or the region is wrong".to_owned()
        }
        Some("InvalidSecurityGroupRuleId.NotFound" | "InvalidSecurityGroupRuleId.Malformed") => {
            "no such security-group rule exists: DB_SG_RULE_ID or the region is wrong".to_owned()
        }
        Some("RulesPerSecurityGroupLimitExceeded") => {
            "the security group has as many rules as AWS allows: delete some, or raise the quota"
                .to_owned()
        }
        Some(_) => format!("AWS refused {name}"),
        None => unanswered(name, &error),
    };
    let cause = match error.as_service_error() {
        Some(refusal) => service_message(refusal),
        None => chain(&error),
    };
    Error::Operator(advice, Some(cause.into()))
}

/// The advice where the policies of the credentials do not allow an action.
pub fn missing_permission(action: &Action) -> String {
    let name = action.name;
    let page = match name.split(':').next() {
        Some("ec2") => "security-group.md",
        Some("ssm") => "private-databases.md",
        _ => "aws.md",
    };
    format!(
        "AWS does not allow {name} with these credentials: attach a policy that allows \"{name}\" on {} \
         (docs/guide/{page} has it as JSON)",
        quoted(&action.resources)
    )
}

fn unanswered<E: StdError + 'static, R: std::fmt::Debug + 'static>(
    name: &str,
    error: &SdkError<E, R>,
) -> String {
    match error {
        SdkError::TimeoutError(_) => {
            format!(
                "AWS did not answer {name} in time; tried {} times",
                super::TRIES
            )
        }
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            format!(
                "AWS did not answer {name} in time; tried {} times",
                super::TRIES
            )
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => {
            format!("AWS cannot be reached for {name}: check the network and AWS_ENDPOINT_URL")
        }
        SdkError::DispatchFailure(_) => format!(
            "{name} could not be sent: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or \
             AWS_PROFILE"
        ),
        _ => format!("the response of AWS to {name} cannot be read"),
    }
}

fn service_message(refusal: &impl ProvideErrorMetadata) -> String {
    let code = refusal.code().unwrap_or_default();
    match refusal.message() {
        Some(message) => format!("{code}: {message}"),
        None => code.to_owned(),
    }
}

fn quoted(resources: &[String]) -> String {
    let quoted: Vec<String> = resources.iter().map(|arn| format!("\"{arn}\"")).collect();
    quoted.join(" and ")
}
