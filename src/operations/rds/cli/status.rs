//! The text of `cruddur rds status`.

use crate::operations::rds::{Finding, StatusReport};

/// A line for each fact and each finding; below a finding that is not fine, why and what to do.
pub(super) fn describe_status(report: &StatusReport) -> Vec<String> {
    let instance = &report.instance;
    let mut lines = vec![
        format!("instance        {}", instance.identifier),
        format!("class           {}", instance.class),
        format!(
            "engine          {} {}",
            instance.engine, instance.engine_version
        ),
    ];
    if let Some(secret) = &instance.secret {
        lines.push(format!("secret          {secret}"));
    }
    if let Some(url) = &instance.connection_url {
        lines.push(format!("CONNECTION_URL  {url} (without the password)"));
    }
    lines.push(String::new());
    lines.extend(report.findings.iter().flat_map(describe_finding));
    lines
}

fn describe_finding(finding: &Finding) -> Vec<String> {
    let (verdict, _) = finding.verdict.word();
    let mut lines = vec![format!(
        "{verdict}  {:<21}  {}",
        finding.property, finding.value
    )];
    if let Some(advice) = finding.advice {
        lines.push(format!("      {advice}"));
    }
    if let Some(command) = &finding.command {
        lines.push(format!("      {command}"));
    }
    lines
}
