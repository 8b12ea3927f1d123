//! What the commands about AWS say.

use std::time::Duration;

use indicatif::ProgressBar;

use crate::aws::{DbInstance, Rule};
use crate::db::connectivity::Connectivity;
use crate::ops::security_group::{Change, Outcome, Status};

pub fn security_group(status: &Status) {
    let unknown = || "unknown".to_owned();
    println!("security group  {}", status.group);
    println!("rule            {}", status.rule_id);
    println!("database port   {}", status.port);
    let rule = status.rule.as_ref();
    println!(
        "lets in         {}",
        rule.map_or_else(unknown, |rule| rule
            .cidr
            .clone()
            .unwrap_or_else(|| "no IPv4 range".to_owned()))
    );
    println!(
        "public address  {}",
        status
            .address
            .map_or_else(unknown, |address| address.to_string())
    );
    println!(
        "in step         {}",
        if status.in_step { "yes" } else { "no" }
    );
    for problem in &status.problems {
        println!("problem         {problem}");
    }
}

pub fn security_group_change(change: &Change) {
    let rule = &change.rule_id;
    let before = change.before.as_deref().unwrap_or("nobody");
    let after = change.after.as_deref().unwrap_or("nobody");
    match &change.outcome {
        Outcome::InStep => println!("{rule} lets in {after} already"),
        Outcome::AdmittedByOther { rule } => {
            println!("another rule, {rule}, lets in {after} already")
        }
        Outcome::WouldChange => println!("{rule} would let in {after} instead of {before}"),
        Outcome::Changed => println!("{rule} lets in {after} instead of {before}"),
        Outcome::NotNeeded => {
            println!("not needed: the database's name resolves to private addresses");
        }
    }
    match &change.proof {
        None => {}
        Some(Connectivity::NotApplicable) => {
            println!("proof: not applicable, there is no outside database")
        }
        Some(Connectivity::Reached { address, tls: true }) => {
            println!("proof: the database answers at {address}, over TLS");
        }
        Some(Connectivity::Reached {
            address,
            tls: false,
        }) => {
            println!("proof: the database answers at {address}");
        }
        Some(Connectivity::Failed { step, reason }) => {
            println!("no proof: the database is out of reach ({step}): {reason}");
        }
    }
}

pub fn revoked_rule(rule: &Rule) {
    println!(
        "{} is deleted; it let in {}. DB_SG_RULE_ID needs a new rule",
        rule.id,
        rule.cidr.as_deref().unwrap_or("no IPv4 range")
    );
}

pub fn db_instance(instance: &DbInstance) {
    let yes = |value: bool| if value { "yes" } else { "no" };
    println!("instance        {}", instance.identifier);
    println!("status          {}", instance.status);
    println!("class           {}", instance.class);
    println!(
        "engine          {} {}",
        instance.engine, instance.engine_version
    );
    println!("public          {}", yes(instance.publicly_accessible));
    println!("encrypted       {}", yes(instance.storage_encrypted));
    println!("multi AZ        {}", yes(instance.multi_az));
    println!("backups         {} days", instance.backup_retention_days);
    println!("protected       {}", yes(instance.deletion_protection));
    println!("IAM sign-in     {}", yes(instance.iam_authentication));
    if let Some(secret) = &instance.secret {
        println!("password        in the secret {secret}");
    }
    if let Some(url) = &instance.connection_url {
        println!("CONNECTION_URL  {url} (without the password)");
    }
}

/// Progress on standard error: a spinner on a terminal, else a line for every new status.
pub struct Waiting {
    bar: ProgressBar,
    last: String,
}

impl Waiting {
    pub fn new() -> Self {
        Self {
            bar: ProgressBar::new_spinner(),
            last: String::new(),
        }
    }

    pub fn tell(&mut self, name: &str, status: &str) {
        if self.last == status {
            return;
        }
        status.clone_into(&mut self.last);
        if self.bar.is_hidden() {
            eprintln!("{name}: {status}");
        } else {
            self.bar.enable_steady_tick(Duration::from_millis(120));
            self.bar.set_message(format!("{name}: {status}"));
        }
    }

    pub fn end(self) {
        self.bar.finish_and_clear();
    }
}
