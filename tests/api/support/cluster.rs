//! One PostgreSQL server for the whole test binary, which the kernel kills when the tests end, and a database for each
//! test, which is a copy of a template that `cruddur db migrate` migrated.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use cruddur::db::embedded::{self, Embedded};
use tokio_postgres::{Client, NoTls};

use super::{cruddur, eventually, suite_pooler};

pub const PREFIX: &str = "cruddur-api-test-";
const TEMPLATE: &str = "migrated";

struct Cluster {
    embedded: Embedded,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        remove_old_directories();
        let data_dir = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        let no_durability = ["fsync", "synchronous_commit", "full_page_writes"]
            .map(|name| (name.into(), "off".into()));
        let embedded = Embedded::start(embedded::Config {
            search_path: std::env::var_os("PATH"),
            server_settings: no_durability
                .into_iter()
                .chain([("max_connections".into(), "400".into())])
                .collect(),
            ..embedded::config(data_dir)
        })
        .expect("PostgreSQL starts");
        Cluster { embedded }
    })
}

/// Removes the directories of earlier runs that were killed.
fn remove_old_directories() {
    for entry in std::fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let pid = pid.split('-').next().unwrap_or(pid);
        if !Path::new("/proc").join(pid).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// The database of one test.
pub struct Database {
    pub name: String,
}

impl Database {
    /// A migrated database without rows.
    pub async fn migrated() -> Self {
        static TEMPLATE_IS_READY: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
        TEMPLATE_IS_READY
            .get_or_init(|| async {
                let template = Self::create(TEMPLATE.to_owned(), "template1").await;
                let output = cruddur(&["db", "migrate"])
                    // A pooler would keep a session, and PostgreSQL copies no template that is in use.
                    .env("CONNECTION_URL", template.direct_url())
                    .output()
                    .expect("cruddur runs");
                assert!(
                    output.status.success(),
                    "{}",
                    String::from_utf8_lossy(&output.stderr)
                );
            })
            .await;
        Self::create(Self::fresh_name(), TEMPLATE).await
    }

    /// A placeholder for a server whose settings name a database of another PostgreSQL server.
    pub fn placeholder() -> Self {
        Self {
            name: "elsewhere".to_owned(),
        }
    }

    /// A database without a schema.
    pub async fn empty() -> Self {
        Self::create(Self::fresh_name(), "template1").await
    }

    fn fresh_name() -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
    }

    async fn create(name: String, template: &str) -> Self {
        // One copy at a time, since PostgreSQL refuses to copy a template that is in use.
        static COPYING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let _copying = COPYING.lock().await;
        let client = connect("postgres").await;
        client
            .batch_execute(&format!("create database {name} template {template}"))
            .await
            .expect("the database is created");
        Self { name }
    }

    /// The value of `CONNECTION_URL`: through the pooler of `TEST_POOLER`, or the socket.
    pub fn url(&self) -> String {
        if let Some(pooler) = suite_pooler::find() {
            return pooler.url(self);
        }
        self.direct_url()
    }

    /// The URL that leads past any pooler.
    pub fn direct_url(&self) -> String {
        let socket = socket_dir().display().to_string().replace('/', "%2F");
        format!("postgresql://{}@{socket}/{}", embedded::USER, self.name)
    }

    pub async fn connect(&self) -> Client {
        connect(&self.name).await
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        self.connect().await.batch_execute(sql).await.expect(sql);
    }

    /// Waits until the query returns `expected`.
    pub async fn wait_for_count(&self, sql: &str, expected: i64) {
        eventually(async || self.count(sql).await == expected).await;
    }

    /// The number in the only row that a query returns.
    pub async fn count(&self, sql: &str) -> i64 {
        self.connect()
            .await
            .query_one(sql, &[])
            .await
            .expect(sql)
            .get(0)
    }
}

/// The directory of the Unix socket of the tests' PostgreSQL server.
pub fn socket_dir() -> PathBuf {
    cluster().embedded.socket_dir().to_owned()
}

async fn connect(database: &str) -> Client {
    let directory = tokio::task::spawn_blocking(socket_dir)
        .await
        .expect("PostgreSQL runs");
    let (client, connection) = tokio_postgres::Config::new()
        .host_path(directory)
        .user(embedded::USER)
        .dbname(database)
        .connect(NoTls)
        .await
        .expect("the test connects");
    tokio::spawn(connection);
    client
}
