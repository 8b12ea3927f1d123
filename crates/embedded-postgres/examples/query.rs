//! Starts a database in a temporary directory, runs one query, and stops the database:
//! `cargo run --example query`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example prints, and reads PATH as a program does"
)]

use std::error::Error;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use embedded_postgres::{Config, Embedded};
use tokio_postgres::NoTls;

fn main() -> Result<(), Box<dyn Error>> {
    // As root the server runs as another account, which has to be able to enter the directory.
    let dir = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o711))
        .tempdir()?;
    let database = Embedded::start(Config {
        search_path: std::env::var_os("PATH"),
        user: "shopkeeper".to_owned(),
        database: "shop".to_owned(),
        ..Config::new(dir.path().join("data"))
    })?;

    let mut address = tokio_postgres::Config::new();
    address
        .host_path(database.socket_dir())
        .user("shopkeeper")
        .dbname("shop");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let version: String = runtime.block_on(async {
        let (client, connection) = address.connect(NoTls).await?;
        let connection = tokio::spawn(connection);
        let row = client.query_one("select version()", &[]).await?;
        drop(client);
        connection.await??;
        row.try_get(0).map_err(Box::<dyn Error>::from)
    })?;
    println!("{version}");

    database.stop();
    Ok(())
}
