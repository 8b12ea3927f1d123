//! The objects of a schema and their definitions, as PostgreSQL's catalogue has them, and the differences of two such
//! lists.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tokio_postgres::{Client, Row};

use crate::error::{Error, Result};

/// A kind of object and the name of one, such as `column` and `users.handle`.
type Key = (String, String);

/// The objects of a schema.
pub(super) struct Snapshot(BTreeMap<Key, Object>);

struct Object {
    /// The table that it is part of.
    parent: Option<String>,
    definition: String,
}

/// An object that is not as the migrations make it.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// The kind of the object: `table`, `column`, `index`, …
    pub kind: String,
    /// Its name; that of a part of a table begins with the table's.
    pub name: String,
    /// How it differs.
    pub difference: Direction,
    /// The definition that the migrations make; null if they make no such object.
    pub expected: Option<String>,
    /// The definition in the database; null if it has no such object.
    pub found: Option<String>,
}

/// How an object differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The migrations make it, and the database does not have it.
    Missing,
    /// The database has it, and no migration makes it.
    Unexpected,
    /// Both have it with different definitions.
    Changed,
}

/// The schema in which the search path creates objects.
pub(super) struct Schema {
    pub(super) name: String,
    /// What begins the qualified names of its objects.
    prefix: String,
}

impl Schema {
    pub(super) async fn find(client: &Client) -> Result<Self> {
        let row = client
            .query_one(include_str!("../sql/find_current_schema.sql"), &[])
            .await?;
        let (name, prefix) = (row.try_get("schema")?, row.try_get("prefix")?);
        let (Some(name), Some(prefix)) = (name, prefix) else {
            let advice = "the search path of the account names no schema that exists";
            return Err(Error::operator(advice));
        };
        Ok(Self { name, prefix })
    }
}

impl Snapshot {
    /// Reads the catalogue. The definitions do not name the schema, which may differ.
    pub(super) async fn take(client: &Client) -> Result<Self> {
        let schema = Schema::find(client).await?;
        let mut objects = BTreeMap::new();
        for statement in [
            include_str!("../sql/list_schema_relations.sql"),
            include_str!("../sql/list_schema_routines.sql"),
            include_str!("../sql/list_schema_types.sql"),
        ] {
            for row in client.query(statement, &[]).await? {
                let (key, object) = read(&row, &schema.prefix)?;
                objects.insert(key, object);
            }
        }
        Ok(Self(objects))
    }

    /// How `found` differs from this one. A table that only one of them has stands for its parts.
    pub(super) fn differences(&self, found: &Self) -> Vec<Difference> {
        let keys: BTreeSet<&Key> = self.0.keys().chain(found.0.keys()).collect();
        keys.into_iter()
            .filter_map(|key| {
                let (expected, found_object) = (self.0.get(key), found.0.get(key));
                let difference = match (expected, found_object) {
                    (Some(one), Some(other)) if one.definition == other.definition => return None,
                    (Some(_), Some(_)) => Direction::Changed,
                    (Some(one), None) if found.has_parent_of(one) => Direction::Missing,
                    (None, Some(other)) if self.has_parent_of(other) => Direction::Unexpected,
                    _ => return None,
                };
                let definition = |object: Option<&Object>| object.map(|it| it.definition.clone());
                Some(Difference {
                    kind: key.0.clone(),
                    name: key.1.clone(),
                    difference,
                    expected: definition(expected),
                    found: definition(found_object),
                })
            })
            .collect()
    }

    fn has_parent_of(&self, object: &Object) -> bool {
        object.parent.as_ref().is_none_or(|parent| {
            ["table", "view"]
                .iter()
                .any(|kind| self.0.contains_key(&((*kind).to_owned(), parent.clone())))
        })
    }
}

fn read(row: &Row, prefix: &str) -> Result<(Key, Object)> {
    let definition: Option<String> = row.try_get("definition")?;
    let object = Object {
        parent: row.try_get("parent")?,
        definition: definition.unwrap_or_default().replace(prefix, ""),
    };
    Ok(((row.try_get("kind")?, row.try_get("name")?), object))
}
