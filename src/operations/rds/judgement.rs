//! Judges the properties of a database instance for production: what is fine, what to look at, what to act on, and
//! the command that changes it. Changes nothing itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::waiting::is_final;
use crate::aws::DbInstance;
use crate::operations::verdict::Verdict;

/// One property of an instance and its verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The property: `public`, `encrypted`, …
    pub property: &'static str,
    /// Its value as a text.
    pub value: String,
    /// What to do about it.
    pub verdict: Verdict,
    /// Why, and what to do; null where the property is fine.
    pub advice: Option<&'static str>,
    /// The command that changes it; null where it is fine or no single command does.
    pub command: Option<String>,
}

/// When a certificate authority expires.
#[derive(Debug, Clone, Copy)]
pub enum AuthorityEnd {
    /// At this instant.
    At(DateTime<Utc>),
    /// AWS did not tell.
    Unknown,
}

/// Below this remaining time a certificate authority has to be replaced.
const AUTHORITY_ACT: TimeDelta = TimeDelta::days(90);
/// Below this remaining time its replacement has to be planned.
const AUTHORITY_LOOK: TimeDelta = TimeDelta::days(365);
/// RDS can restore any second of so many days.
const BACKUP_DAYS: i32 = 7;

/// The findings about an instance, as of `now`.
pub fn judge(
    instance: &DbInstance,
    authority_end: AuthorityEnd,
    now: DateTime<Utc>,
) -> Vec<Finding> {
    vec![
        status(instance),
        public(instance),
        encrypted(instance),
        backups(instance),
        protected(instance),
        authority(instance, authority_end, now),
        minor_upgrades(instance),
        multi_az(instance),
        storage(instance),
        iam(instance),
        password(instance),
    ]
}

fn status(instance: &DbInstance) -> Finding {
    let name = &instance.identifier;
    let finding = Finding::fine("status", instance.status.clone());
    match instance.status.as_str() {
        "stopped" => finding
            .look("AWS starts it again after seven days")
            .command(format!("cruddur rds start --db-instance-identifier {name}")),
        "storage-full" => finding
            .act("it accepts no writes until the storage is larger")
            .command(enlarge(instance)),
        status if is_final(status) => {
            finding.act("it does not recover by itself: see its events in the RDS console")
        }
        _ => finding,
    }
}

fn public(instance: &DbInstance) -> Finding {
    let finding = Finding::fine("public", yes_or_no(instance.publicly_accessible));
    if !instance.publicly_accessible {
        return finding;
    }
    finding
        .act("its port is on the internet, and only the security group protects it")
        .modify(instance, "--no-publicly-accessible")
}

fn encrypted(instance: &DbInstance) -> Finding {
    let finding = Finding::fine("encrypted", yes_or_no(instance.storage_encrypted));
    if instance.storage_encrypted {
        return finding;
    }
    finding.act(
        "it cannot be changed: copy a snapshot with a key, and restore an instance from the copy",
    )
}

fn backups(instance: &DbInstance) -> Finding {
    let days = instance.backup_retention_days;
    let finding = Finding::fine("backups", format!("{days} days"));
    let change = format!("--backup-retention-period {BACKUP_DAYS}");
    match days {
        BACKUP_DAYS.. => finding,
        1.. => finding
            .look("a mistake that is noticed later than that cannot be undone")
            .modify(instance, &change),
        _ => finding
            .act("nothing that is lost can be restored")
            .modify(instance, &change),
    }
}

fn protected(instance: &DbInstance) -> Finding {
    let finding = Finding::fine(
        "deletion protection",
        yes_or_no(instance.deletion_protection),
    );
    if instance.deletion_protection {
        return finding;
    }
    finding
        .act("one wrong command deletes it")
        .modify(instance, "--deletion-protection")
}

fn authority(instance: &DbInstance, end: AuthorityEnd, now: DateTime<Utc>) -> Finding {
    let name = instance.certificate_authority.as_deref();
    let value = |end: &str| format!("{} until {end}", name.unwrap_or("unknown"));
    let change = "--ca-certificate-identifier rds-ca-rsa2048-g1";
    // Without the authority's end, that of the server's certificate is a lower bound.
    let (until, known) = match (end, instance.certificate_end) {
        (AuthorityEnd::At(end), _) => (end, true),
        (AuthorityEnd::Unknown, Some(end)) => (end, false),
        (AuthorityEnd::Unknown, None) => {
            return Finding::fine("certificate authority", value("an unknown day")).look(
                "AWS did not tell when it expires: allow rds:DescribeCertificates (docs/guide/aws.md)",
            );
        }
    };
    let finding = Finding::fine(
        "certificate authority",
        value(&until.format("%Y-%m-%d").to_string()),
    );
    if until - now < AUTHORITY_ACT {
        finding
            .act("then no client that verifies certificates connects; the change may restart it")
            .modify(instance, change)
    } else if until - now < AUTHORITY_LOOK {
        finding
            .look("plan its replacement; the change may restart the instance")
            .modify(instance, change)
    } else if known {
        finding
    } else {
        finding.look("this is the server certificate's end: allow rds:DescribeCertificates (docs/guide/aws.md)")
    }
}

fn minor_upgrades(instance: &DbInstance) -> Finding {
    let finding = Finding::fine("minor upgrades", yes_or_no(instance.minor_upgrades));
    if instance.minor_upgrades {
        return finding;
    }
    finding
        .look("security fixes of PostgreSQL wait for an operator")
        .modify(instance, "--auto-minor-version-upgrade")
}

fn multi_az(instance: &DbInstance) -> Finding {
    let finding = Finding::fine("multi AZ", yes_or_no(instance.multi_az));
    if instance.multi_az {
        return finding;
    }
    finding
        .look("the failure of one zone stops the database; a standby doubles its price")
        .modify(instance, "--multi-az")
}

fn storage(instance: &DbInstance) -> Finding {
    let (size, kind) = (instance.allocated_storage, &instance.storage_type);
    match instance.max_allocated_storage {
        Some(max) => Finding::fine("storage", format!("{size} GiB {kind}, grows to {max} GiB")),
        None => Finding::fine("storage", format!("{size} GiB {kind}"))
            .look("when it is full, the database stops; let RDS enlarge it")
            .command(enlarge(instance)),
    }
}

fn iam(instance: &DbInstance) -> Finding {
    let finding = Finding::fine("IAM sign-in", yes_or_no(instance.iam_authentication));
    if instance.iam_authentication {
        return finding;
    }
    finding
        .look("with DATABASE_AUTH=iam servers need no password")
        .modify(instance, "--enable-iam-database-authentication")
}

fn password(instance: &DbInstance) -> Finding {
    match &instance.secret {
        Some(_) => Finding::fine("password", "in a secret of AWS".to_owned()),
        None => Finding::fine("password", "kept by operators".to_owned())
            .look("AWS can generate, keep and rotate it; the present one stops working")
            .command(format!(
                "cruddur rds reset-password --db-instance-identifier {}",
                instance.identifier
            )),
    }
}

impl Finding {
    fn fine(property: &'static str, value: String) -> Self {
        Self {
            property,
            value,
            verdict: Verdict::Fine,
            advice: None,
            command: None,
        }
    }

    fn look(self, advice: &'static str) -> Self {
        Self {
            verdict: Verdict::Look,
            advice: Some(advice),
            ..self
        }
    }

    fn act(self, advice: &'static str) -> Self {
        Self {
            verdict: Verdict::Act,
            ..self.look(advice)
        }
    }

    fn command(self, command: String) -> Self {
        Self {
            command: Some(command),
            ..self
        }
    }

    fn modify(self, instance: &DbInstance, flags: &str) -> Self {
        self.command(modify(instance, flags))
    }
}

/// The command of the AWS CLI that changes an instance at once.
pub(super) fn modify(instance: &DbInstance, flags: &str) -> String {
    format!(
        "aws rds modify-db-instance --db-instance-identifier {} {flags} --apply-immediately",
        instance.identifier
    )
}

/// Lets RDS enlarge the storage to five times its size.
fn enlarge(instance: &DbInstance) -> String {
    let max = instance.allocated_storage.saturating_mul(5);
    modify(instance, &format!("--max-allocated-storage {max}"))
}

fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
