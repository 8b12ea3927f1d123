//! The key that signs the tokens of the development identity. The servers of one database share it, so that each accepts
//! the tokens of the others.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::db::{self, Connection, Pool};
use crate::error::{Error, Result};

/// The shortest time between two reads because of a token that the known key has not signed.
const READ_INTERVAL: Duration = Duration::from_secs(1);

type Key = [u8; 32];

/// The key as this server has last read it.
#[derive(Default)]
pub(super) struct DevelopmentKey {
    /// The key, and when reading it began.
    latest: Mutex<Option<(Key, Instant)>>,
    /// Held by the request that reads the key. Those that wait for it share the next read.
    turn: tokio::sync::Mutex<()>,
}

impl DevelopmentKey {
    /// The key as the database has it since the call. Inserts one where there is none.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(super) async fn read(&self, pool: &Pool) -> Result<Key> {
        let called = Instant::now();
        let _turn = self.turn.lock().await;
        if let Some((key, read)) = self.last()
            && read >= called
        {
            return Ok(key);
        }
        let began = Instant::now();
        let key = pool.run(find_or_insert).await?;
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, began));
        Ok(key)
    }

    /// The key that was read last.
    ///
    /// # Errors
    /// It was not read yet, and the database cannot be reached.
    pub(super) async fn known(&self, pool: &Pool) -> Result<Key> {
        match self.last() {
            Some((key, _)) => Ok(key),
            None => self.read(pool).await,
        }
    }

    /// The key that has replaced the known one, as a new database brings; `None` if there is none, and where the key was
    /// read within the last second.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub(super) async fn replacement(&self, pool: &Pool) -> Result<Option<Key>> {
        let known = self.last();
        if known.is_some_and(|(_, read)| read.elapsed() < READ_INTERVAL) {
            return Ok(None);
        }
        let key = self.read(pool).await?;
        Ok(known.is_none_or(|(known, _)| known != key).then_some(key))
    }

    fn last(&self) -> Option<(Key, Instant)> {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two statements, since a statement does not see what another transaction has inserted since it began.
async fn find_or_insert(db: &Connection) -> Result<Key> {
    if let Some(key) = find(db).await? {
        return Ok(key);
    }
    let new: Key = rand::random();
    let sql = include_str!("sql/insert_development_key.sql");
    db::execute(db, sql, &[&new.as_slice()]).await?;
    find(db).await?.ok_or_else(|| {
        Error::internal(
            "the key of the development identity cannot be read",
            "the table has no row",
        )
    })
}

async fn find(db: &Connection) -> Result<Option<Key>> {
    let sql = include_str!("sql/find_development_key.sql");
    let Some(row) = db::row(db, sql, &[]).await? else {
        return Ok(None);
    };
    let key: &[u8] = row.try_get("key")?;
    let key = key
        .try_into()
        .map_err(|error| Error::internal("the key of the development identity is short", error))?;
    Ok(Some(key))
}
