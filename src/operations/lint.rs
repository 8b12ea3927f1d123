//! Finds what is unsafe in the files of a migrations folder: locks that block requests for long, and changes that break
//! the release before. Squawk parses PostgreSQL's SQL and has most of the rules; `rules` has ours.

pub mod cli;
mod frozen;
mod locks;
mod rules;
mod statement;

use std::fs;
use std::path::Path;

use serde::Serialize;
use squawk_linter::{Linter, LinterSettings, Rule};
use squawk_syntax::SourceFile;

use super::migrations::head::Head;
use crate::error::{Error, Result};

/// Squawk's rules that do not hold here.
const NOT_APPLIED: [Rule; 5] = [
    // `db migrate` sets lock_timeout. A statement may take its time once it has its locks.
    Rule::RequireLockTimeout,
    Rule::RequireStatementTimeout,
    // A file that fails leaves nothing behind, and one outside a transaction has one statement.
    Rule::PreferRobustStmts,
    // Numbers of replies, likes and statuses fit.
    Rule::PreferBigintOverInt,
    // Our own rule `no-transaction` also knows the directive.
    Rule::BanConcurrentIndexCreationInTransaction,
];

/// What `db lint` found.
#[derive(Debug, Serialize)]
pub struct LintReport {
    /// The number of files.
    pub files: usize,
    /// What is unsafe and not justified.
    pub findings: Vec<Finding>,
    /// What breaks a rule and is justified.
    pub exceptions: Vec<Exception>,
}

/// Something unsafe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule that the line breaks.
    pub rule: String,
    /// What is unsafe.
    pub message: String,
    /// What to write instead.
    pub advice: String,
}

/// A finding that is justified.
#[derive(Debug, Serialize)]
pub struct Exception {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why the file may break the rule.
    pub reason: String,
}

/// Judges each migration of `folder`, in the order of their versions.
///
/// # Errors
/// A folder that cannot be read or has no migration.
pub fn lint(folder: &Path) -> Result<LintReport> {
    let mut report = LintReport {
        files: 0,
        findings: Vec::new(),
        exceptions: Vec::new(),
    };
    for (name, text) in read(folder)? {
        report.files += 1;
        lint_file(&name, &text, &mut report);
    }
    Ok(report)
}

/// The names and texts of the migrations of a folder, in the order of their versions.
pub(in crate::operations) fn read(folder: &Path) -> Result<Vec<(String, String)>> {
    let unreadable = |error: std::io::Error| {
        let advice = format!(
            "the migrations in {} cannot be read; run the command in a checkout, or name the folder",
            folder.display()
        );
        Error::Operator(advice, Some(error.into()))
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(version) = version_of(&name) {
            let text = fs::read_to_string(&path).map_err(unreadable)?;
            files.push((version, name.into_owned(), text));
        }
    }
    if files.is_empty() {
        let advice = format!("there is no migration in {}", folder.display());
        return Err(Error::operator(advice));
    }
    files.sort();
    Ok(files
        .into_iter()
        .map(|(_, name, text)| (name, text))
        .collect())
}

/// The version in the name of a migration's file: 7 in `V7__create_messages.sql`.
pub(in crate::operations) fn version_of(name: &str) -> Option<u32> {
    let (version, rest) = name.strip_prefix('V')?.split_once("__")?;
    rest.ends_with(".sql")
        .then(|| version.parse().ok())
        .flatten()
}

fn lint_file(name: &str, text: &str, report: &mut LintReport) {
    let head = Head::of(text);
    let mut used = vec![false; head.allowed.len()];
    for finding in find(name, text, &head) {
        let allowed = head.allowed.iter().position(|one| one.rule == finding.rule);
        let reason = match allowed {
            Some(index) => {
                used[index] = true;
                Some(head.allowed[index].reason.clone())
            }
            None => frozen::reason(name, &finding.rule).map(str::to_owned),
        };
        match reason {
            Some(reason) => report.exceptions.push(Exception { finding, reason }),
            None => report.findings.push(finding),
        }
    }
    for (allowance, used) in head.allowed.iter().zip(used) {
        if !used {
            report.findings.push(Finding {
                file: name.to_owned(),
                line: allowance.line,
                rule: "unused-exception".to_owned(),
                message: format!("no line of the file breaks the rule {}", allowance.rule),
                advice: "Remove the directive.".to_owned(),
            });
        }
    }
}

fn find(name: &str, text: &str, head: &Head) -> Vec<Finding> {
    let finding = |line: usize, rule: &str, message: &str, advice: &str| Finding {
        file: name.to_owned(),
        line,
        rule: rule.to_owned(),
        message: message.to_owned(),
        advice: advice.to_owned(),
    };
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
    let parsed = SourceFile::parse(text);
    let mut findings = Vec::new();
    for error in parsed.errors() {
        let line = line_of(error.range().start().into());
        findings.push(finding(
            line,
            "syntax",
            error.message(),
            "Correct the statement.",
        ));
    }
    let mut squawk = Linter::with_rules(&[Rule::BanDropTrigger], &NOT_APPLIED);
    squawk.settings = LinterSettings {
        pg_version: "14.0".parse().unwrap_or_default(),
        assume_in_transaction: !head.no_transaction,
    };
    for violation in squawk.lint(&parsed, text) {
        let line = line_of(violation.text_range.start().into());
        let rule = violation.code.to_string();
        let more = || format!("See https://squawkhq.com/docs/{rule}.");
        let advice = violation.help.unwrap_or_else(more);
        findings.push(finding(line, &rule, &violation.message, &advice));
    }
    for violation in rules::check(&parsed.tree(), text, head) {
        let line = line_of(violation.offset);
        findings.push(finding(
            line,
            violation.rule,
            &violation.message,
            violation.advice,
        ));
    }
    for line in &head.misplaced {
        findings.push(finding(
            *line,
            "directive",
            "the program does not know this directive, or it stands below the first statement",
            "Write `-- cruddur: no transaction` or `-- cruddur: allow RULE: reason` before the first statement.",
        ));
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}
