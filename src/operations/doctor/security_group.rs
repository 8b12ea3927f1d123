//! The checks of the security group in front of the database. [`SecurityGroup`] reads its rules.

use super::diagnosis::Check;
use crate::config::{ManagedRule, SecurityGroupConfig};
use crate::operations::security_group::{SecurityGroup, SecurityGroupStatus};

/// Whether the rule admits this machine, and who else gets in.
pub(super) async fn check(rule: Option<SecurityGroupConfig>) -> Vec<Check> {
    let name = "security group";
    let Some(rule) = rule else {
        return vec![Check::green(name, "no rule is configured")];
    };
    let command = match rule.rule {
        ManagedRule::Named(_) => "Run `cruddur sg sync`.",
        ManagedRule::Own(_) => "Run `cruddur sg grant`.",
    };
    let status = SecurityGroup::new(rule, |_| {}).status().await;
    let finding = match &status.rule_id {
        Some(rule) => format!("rule {rule} of {}", status.group),
        None => format!("no rule of this workspace's own in {}", status.group),
    };
    let in_step = if status.in_step && status.rule_id.is_some() {
        Check::green(name, format!("{finding} admits this machine"))
    } else if status.in_step {
        Check::green(
            name,
            format!("{finding}, but another one admits this machine"),
        )
    } else if status.problems.is_empty() {
        let finding = match status.rule_id {
            Some(_) => format!("{finding} admits another address"),
            None => finding,
        };
        Check::red(name, finding, command)
    } else {
        let finding = format!("{finding}: {}", status.problems.join("; "));
        Check::red(name, finding, "Run `cruddur sg status` for details.")
    };
    let mut checks = vec![in_step];
    // Without the rules, the first check names the problem.
    if status.problems.is_empty() || !status.admissions.is_empty() {
        checks.push(check_admissions(&status));
    }
    checks
}

/// Who else reaches the database's port.
fn check_admissions(status: &SecurityGroupStatus) -> Check {
    let name = "who gets in";
    let admissions = status.admissions.iter();
    let sources: Vec<String> = admissions
        .map(|admission| format!("{} ({})", admission.source, admission.rule))
        .collect();
    let reaching = match sources.is_empty() {
        true => "no rule".to_owned(),
        false => sources.join(", "),
    };
    let finding = format!("port {} is reached by {reaching}", status.port);
    match status.open_to_everyone {
        true => Check::red(
            name,
            finding,
            "Delete the rule for all addresses: the port is open to everyone.",
        ),
        false => Check::green(name, finding),
    }
}
