//! `cruddur reports …`.

use clap::{Args, Subcommand};
use deadpool_postgres::Transaction;
use uuid::Uuid;

use super::{by_command, parse_status};
use crate::config::Settings;
use crate::db::{Health, Pool};
use crate::domain::{PageQuery, timestamp};
use crate::error::{Code, Error, Result};
use crate::moderation::reports::{
    self, Closing, CopiedActivity, Report, ReportStatus, ReportSummary,
};
use crate::operations::command_context::{CommandContext, DatabaseArguments};

/// The subcommands of `cruddur reports`.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each variant is documented by its arguments")]
pub enum ReportsCommand {
    List(ListArguments),
    Show(ShowArguments),
    Close(CloseArguments),
}

/// List the reports of activities, newest first, without what people wrote.
#[derive(Args)]
pub struct ListArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Only reports in this state: open, closed.
    #[arg(long, value_parser = parse_status)]
    status: Option<ReportStatus>,
    /// The maximum number of reports, from 1 to 100.
    #[arg(long, default_value = "100", value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
}

/// Show a report with what people wrote. The audit records it.
#[derive(Args)]
pub struct ShowArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The id of the report.
    uuid: Uuid,
}

/// Close an open report.
#[derive(Args)]
pub struct CloseArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The id of the report.
    uuid: Uuid,
    /// What was decided. `unfounded` removes what people wrote.
    #[arg(long, value_parser = ["unfounded", "actioned", "no_action"])]
    reason: String,
    /// A note that stays with the report. It should not repeat what people wrote.
    #[arg(long)]
    note: Option<String>,
}

impl ReportsCommand {
    /// Runs the command and prints its report.
    ///
    /// # Errors
    /// Those of the command.
    pub async fn run(self, settings: Settings) -> Result<()> {
        match self {
            Self::List(arguments) => arguments.run(settings).await,
            Self::Show(arguments) => arguments.run(settings).await,
            Self::Close(arguments) => arguments.run(settings).await,
        }
    }
}

impl ListArguments {
    async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("reports-list");
        let states = self
            .status
            .map_or_else(|| ReportStatus::ALL.to_vec(), |status| vec![status]);
        let page = PageQuery::parse(&format!("limit={}", self.limit))?;
        let list = async |db: &Transaction<'_>| reports::list_reports(db, &states, &page).await;
        let mut found = by_command(&pool(&context)?, "GET", "/admin/reports", list).await?;
        page.cut(&mut found, ReportSummary::cursor);
        context
            .output
            .report(&found, |found| match found.is_empty() {
                true => vec!["no reports".to_owned()],
                false => found.iter().map(describe_summary).collect(),
            })
    }
}

impl ShowArguments {
    async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("reports-show");
        let path = format!("/admin/reports/{}", self.uuid);
        let find = async |db: &Transaction<'_>| {
            let report = reports::find_report(db, self.uuid).await?;
            report.ok_or(Code::ReportNotFound.into())
        };
        let report = by_command(&pool(&context)?, "GET", &path, find)
            .await
            .map_err(|error| explain(error, self.uuid))?;
        context.output.report(&report, describe)
    }
}

impl CloseArguments {
    async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("reports-close");
        let closing = Closing::parse(Some(&self.reason), self.note)?;
        let path = format!("/admin/reports/{}/close", self.uuid);
        let close =
            async |db: &Transaction<'_>| reports::close_report(db, self.uuid, &closing).await;
        let report = by_command(&pool(&context)?, "POST", &path, close)
            .await
            .map_err(|error| explain(error, self.uuid))?;
        context
            .output
            .report(&report, |report| vec![describe_summary(report)])
    }
}

fn pool(context: &CommandContext) -> Result<Pool> {
    Pool::new(&context.connector, 1, Health::unwatched())
}

/// The error for a person at the command line.
fn explain(error: Error, uuid: Uuid) -> Error {
    match error {
        Error::Refused(Code::ReportNotFound) => Error::Missing(format!(
            "there is no report {uuid}; `cruddur reports list` lists those that exist"
        )),
        Error::Refused(Code::ReportAlreadyClosed) => {
            Error::operator(format!("the report {uuid} is closed already"))
        }
        error => error,
    }
}

fn describe_summary(report: &ReportSummary) -> String {
    let state = match report.closing_reason {
        Some(reason) => format!("closed ({})", reason.as_str()),
        None => report.status.as_str().to_owned(),
    };
    format!(
        "{}  {}  {state}  {}  activity {}",
        timestamp::text(&report.created_at),
        report.uuid,
        report.reason.as_str(),
        report.activity_uuid
    )
}

fn describe(report: &Report) -> Vec<String> {
    let mut lines = vec![describe_summary(&report.summary)];
    lines.push(match &report.reporter {
        Some(user) => format!(
            "reporter: @{} ({})",
            user.handle,
            printable(&user.display_name)
        ),
        None => "reporter: deleted".to_owned(),
    });
    let notes = [
        ("note", &report.note),
        ("closing note", &report.closing_note),
    ];
    for (name, note) in notes {
        lines.extend(
            note.iter()
                .map(|note| format!("{name}: {}", printable(note))),
        );
    }
    lines.push(match report.is_live {
        true => "the activity is live".to_owned(),
        false => "the activity is not live".to_owned(),
    });
    match &report.copies {
        Some(copies) => {
            lines.extend(describe_copy("activity", &copies.activity));
            let parent = copies.parent.iter();
            lines.extend(parent.flat_map(|parent| describe_copy("parent", parent)));
        }
        None => lines.push("the copies were removed".to_owned()),
    }
    lines
}

fn describe_copy(role: &str, copy: &CopiedActivity) -> [String; 2] {
    [
        format!(
            "{role} {} by @{} ({}), {}",
            copy.uuid,
            copy.handle,
            printable(&copy.display_name),
            timestamp::text(&copy.created_at)
        ),
        format!("  {}", printable(&copy.message)),
    ]
}

/// The text of a person in one line, without characters that a terminal would obey.
fn printable(text: &str) -> String {
    let visible = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().map(visible).collect()
}
