//! The exceptions of the migrations that had landed before `db lint` judged them. Their files are frozen, so that the
//! reasons cannot stand in them. There will be no more.

/// Migration, rule and reason.
const EXCEPTIONS: [(&str, &str, &str); 13] = [
    (
        "V1__set_the_prototype_aside",
        "do-block",
        "It renames the tables of a prototype, if there is one; no server of this program reads them.",
    ),
    (
        "V5__carry_the_prototype_over",
        "do-block",
        "It carries the rows of a prototype over, if there is one; no server of this program runs then.",
    ),
    (
        "V6__create_notifications_and_search",
        "data-under-lock",
        "Writes waited while the search documents of present activities were made, before release 1.",
    ),
    (
        "V11__count_top_level_activities",
        "require-concurrent-index-creation",
        "Writes waited a second for a million activities, before release 1.",
    ),
    (
        "V11__count_top_level_activities",
        "data-under-lock",
        "The counts have to begin with what was there when their triggers were created.",
    ),
    (
        "V15__create_notices",
        "data-under-lock",
        "The notices of present activities were made before their triggers, while users were locked.",
    ),
    (
        "V15__create_notices",
        "table-lock",
        "Between the carried notices and their triggers no notification may be missed.",
    ),
    (
        "V15__create_notices",
        "adding-serial-primary-key-field",
        "The table is new: its key is built after it has been filled.",
    ),
    (
        "V16__create_blocks",
        "require-concurrent-index-creation",
        "The table hidden_users has a row for each suspended user: it is small.",
    ),
    (
        "V17__create_reports",
        "data-under-lock",
        "It copies the activities that were marked as deleted, which the purge keeps few.",
    ),
    (
        "V18__delete_accounts",
        "require-concurrent-index-creation",
        "Writes waited while two indexes were built, before release 1.",
    ),
    (
        "V18__delete_accounts",
        "require-concurrent-index-deletion",
        "An index is dropped within milliseconds once the lock is there.",
    ),
    (
        "V18__delete_accounts",
        "ban-drop-not-null",
        "The release before does not write null, and reads such rows as hidden ones.",
    ),
];

/// Why the landed file of that name may break the rule; `None` if it may not.
pub(super) fn reason(file: &str, rule: &str) -> Option<&'static str> {
    EXCEPTIONS
        .iter()
        .find(|(of, broken, _)| file.strip_suffix(".sql") == Some(of) && *broken == rule)
        .map(|(.., reason)| *reason)
}
