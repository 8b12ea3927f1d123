//! Sessions as a table, and what came of ending one.
#![expect(clippy::print_stdout, reason = "this is the command line's voice")]

use crate::ops::sessions::{Ending, Outcome, Session, SignalReport};

/// Statements are cut here; `--json` has them whole.
const STATEMENT: usize = 60;

/// The six columns of the old script under their names, then what makes them useful.
pub fn sessions(sessions: &[Session]) {
    let header = [
        "process_id",
        "user",
        "db",
        "client_addr",
        "app",
        "state",
        "age",
        "in state",
        "waits for",
        "statement",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(sessions.iter().map(row));
    let widths: Vec<usize> = (0..header.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        println!("{}", cells.join("  ").trim_end());
    }
}

fn row(session: &Session) -> [String; 10] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let statement: String = text(&session.statement)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(STATEMENT)
        .collect();
    [
        session.process_id.to_string(),
        text(&session.user),
        text(&session.db),
        text(&session.client_addr),
        session.app.clone(),
        session
            .state
            .clone()
            .unwrap_or_else(|| session.backend_type.clone()),
        age(session.session_seconds),
        age(session.state_seconds),
        waits_for(session),
        statement,
    ]
}

/// `4242 for a transaction on users, 12s`
fn waits_for(session: &Session) -> String {
    let Some(waiting) = &session.waiting else {
        return String::new();
    };
    let blockers: Vec<String> = session.blocked_by.iter().map(ToString::to_string).collect();
    let table = waiting
        .table
        .as_ref()
        .map_or_else(String::new, |table| format!(" on {table}"));
    format!(
        "{}: {} {}{table}, {}",
        blockers.join(" "),
        waiting.lock,
        waiting.mode,
        age(waiting.seconds)
    )
}

fn age(seconds: Option<f64>) -> String {
    match seconds {
        None => String::new(),
        Some(seconds) if seconds < 120.0 => format!("{seconds:.0}s"),
        Some(seconds) if seconds < 7_200.0 => format!("{:.0}m", seconds / 60.0),
        Some(seconds) if seconds < 172_800.0 => format!("{:.0}h", seconds / 3_600.0),
        Some(seconds) => format!("{:.0}d", seconds / 86_400.0),
    }
}

pub fn signalled(report: &SignalReport) {
    let what = match report.asked {
        Ending::Cancel => "statement",
        Ending::Terminate => "session",
    };
    let outcome = match report.outcome {
        Outcome::Gone => "gone",
        Outcome::StillRunning => "still running",
        Outcome::Forbidden => "forbidden",
    };
    println!("{what} of process {}: {outcome}", report.process_id);
}
