//! Roles of PostgreSQL for the programs, each with the privileges that its program needs and no others. The server and
//! the Cognito trigger can then sign in without being able to change the schema.

pub mod cli;

use clap::ValueEnum;
use serde::Serialize;
use tokio_postgres::GenericClient;
use tokio_postgres::error::SqlState;

use crate::db::Connector;
use crate::error::{Error, Result};

/// The program that signs in with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// `cruddur serve`: reads and writes rows, but changes no schema.
    Server,
    /// The Cognito trigger: inserts users.
    Trigger,
}

/// How a role signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    /// As the server's `pg_hba.conf` says, for example with a password that an operator sets.
    Unchanged,
    /// With tokens of AWS IAM only.
    Iam,
}

/// What a role may do now.
#[derive(Debug, Serialize)]
pub struct RoleReport {
    /// The name of the role.
    pub role: String,
    /// The program that signs in with it.
    pub program: Program,
    /// How it signs in.
    pub sign_in: SignIn,
    /// Whether the call created it.
    pub created: bool,
    /// The statements that the call ran.
    pub statements: Vec<String>,
}

impl Program {
    fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Trigger => "trigger",
        }
    }
}

/// Creates the role where it does not exist, and grants it what the program needs on the tables that exist now. A
/// repeated call changes nothing; after a migration it grants what is new.
///
/// # Errors
/// A database without the schema; an account that may not create or grant; `SignIn::Iam` on a server that is not
/// Amazon RDS.
pub async fn grant(
    connector: &Connector,
    role: &str,
    program: Program,
    sign_in: SignIn,
) -> Result<RoleReport> {
    let mut client = connector.connect().await?;
    let transaction = client.transaction().await?;
    let found = find_role(&transaction, role).await?;
    if !found.has_schema {
        return Err(Error::operator(format!(
            "{} has no schema yet: run `cruddur db migrate` first",
            connector.database()
        )));
    }
    if sign_in == SignIn::Iam && !found.has_iam {
        return Err(Error::operator(
            "--iam needs a database on Amazon RDS: this server has no role rds_iam",
        ));
    }
    let created = !found.exists;
    let iam = sign_in == SignIn::Iam;
    let statements = list_role_statements(&transaction, role, program, created, iam).await?;
    for statement in &statements {
        transaction
            .batch_execute(statement)
            .await
            .map_err(|error| explain(role, error))?;
    }
    transaction.commit().await?;
    Ok(RoleReport {
        role: role.to_owned(),
        program,
        sign_in,
        created,
        statements,
    })
}

/// What the server has before a grant.
struct Found {
    exists: bool,
    has_iam: bool,
    has_schema: bool,
}

async fn find_role(client: &impl GenericClient, role: &str) -> Result<Found> {
    let row = client
        .query_one(include_str!("sql/find_role.sql"), &[&role])
        .await?;
    Ok(Found {
        exists: row.try_get("present")?,
        has_iam: row.try_get("has_iam")?,
        has_schema: row.try_get("has_schema")?,
    })
}

async fn list_role_statements(
    client: &impl GenericClient,
    role: &str,
    program: Program,
    create: bool,
    iam: bool,
) -> Result<Vec<String>> {
    let rows = client
        .query(
            include_str!("sql/list_role_statements.sql"),
            &[&role, &program.as_str(), &create, &iam],
        )
        .await?;
    let statements = rows.iter().map(|row| row.try_get("statement"));
    Ok(statements.collect::<Result<_, _>>()?)
}

fn explain(role: &str, error: tokio_postgres::Error) -> Error {
    let advice = match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => format!(
            "the account of the connection URL may not create {role} or grant privileges: use the owner of the tables, \
             with CREATEROLE"
        ),
        _ => format!("could not grant privileges to {role}"),
    };
    Error::Operator(advice, Some(error.into()))
}
