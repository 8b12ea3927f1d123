//! Just enough of PostgreSQL's protocol to ask whether a server is there, and to create our
//! database. Everything else goes through the pool, which needs a runtime and comes later.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{DATABASE, USER};

/// The name that PostgreSQL gives its socket, and the lock file beside it.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";
pub(super) const SOCKET_LOCK: &str = ".s.PGSQL.5432.lock";

const VERSION: i32 = 3 << 16;
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);
const CREATE_PATIENCE: Duration = Duration::from_secs(60);

/// More than any message that is expected here.
const LONGEST_MESSAGE: i32 = 1 << 20;

/// The database that `initdb` makes to connect to when there is no other.
const MAINTENANCE_DATABASE: &str = "postgres";

const CANNOT_CONNECT_NOW: &str = "57P03";
const INVALID_CATALOG_NAME: &str = "3D000";
const DUPLICATE_DATABASE: &str = "42P04";

/// What a server said no with.
#[derive(Default)]
struct Refusal {
    code: String,
    message: String,
}

/// Whether the server accepts connections. One that says no has accepted one, unless it says that
/// it is starting or ending.
pub(super) fn answers(socket_dir: &Path) -> bool {
    match connect(socket_dir, DATABASE) {
        Ok((_, None)) => true,
        Ok((_, Some(refusal))) => refusal.code != CANNOT_CONNECT_NOW,
        Err(_) => false,
    }
}

/// Creates our database where there is none: at the first start, or after it was dropped.
pub(super) fn ensure_database(socket_dir: &Path) -> io::Result<()> {
    match connect(socket_dir, DATABASE)? {
        (_, None) => return Ok(()),
        (_, Some(refusal)) if refusal.code == INVALID_CATALOG_NAME => {}
        (_, Some(refusal)) => return Err(refusal.into()),
    }
    let (mut stream, refused) = connect(socket_dir, MAINTENANCE_DATABASE)?;
    if let Some(refusal) = refused {
        return Err(refusal.into());
    }
    stream.set_read_timeout(Some(CREATE_PATIENCE))?;
    send(
        &mut stream,
        b"Q",
        format!("create database \"{DATABASE}\"\0").as_bytes(),
    )?;
    match read_answer(&mut stream)? {
        Some(refusal) if refusal.code != DUPLICATE_DATABASE => Err(refusal.into()),
        _ => send(&mut stream, b"X", b""),
    }
}

fn connect(socket_dir: &Path, database: &str) -> io::Result<(UnixStream, Option<Refusal>)> {
    let mut stream = UnixStream::connect(socket_dir.join(SOCKET))?;
    stream.set_read_timeout(Some(ANSWER_PATIENCE))?;
    stream.set_write_timeout(Some(ANSWER_PATIENCE))?;
    let mut startup = VERSION.to_be_bytes().to_vec();
    startup.extend_from_slice(format!("user\0{USER}\0database\0{database}\0\0").as_bytes());
    send(&mut stream, b"", &startup)?;
    let refused = read_answer(&mut stream)?;
    Ok((stream, refused))
}

/// A message: its kind, which only the first of a connection lacks, its length, its body.
fn send(stream: &mut UnixStream, kind: &[u8], body: &[u8]) -> io::Result<()> {
    let length = i32::try_from(body.len() + 4).map_err(io::Error::other)?;
    stream.write_all(&[kind, &length.to_be_bytes(), body].concat())
}

/// Reads until the server is ready for the next command, or has said no and closed.
fn read_answer(stream: &mut UnixStream) -> io::Result<Option<Refusal>> {
    let mut refused = None;
    loop {
        let mut head = [0; 5];
        match stream.read_exact(&mut head) {
            Err(_) if refused.is_some() => return Ok(refused),
            done => done?,
        }
        let [kind, length @ ..] = head;
        let length = i32::from_be_bytes(length);
        if !(4..=LONGEST_MESSAGE).contains(&length) {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        let mut body = Vec::new();
        stream
            .take(u64::from(length.unsigned_abs()) - 4)
            .read_to_end(&mut body)?;
        match kind {
            b'E' => refused = Some(Refusal::parse(&body)),
            b'Z' => return Ok(refused),
            // The server wants a password: not the one that we made.
            b'R' if body != [0; 4] => return Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            _ => {}
        }
    }
}

impl Refusal {
    /// Fields that each begin with a letter and end with NUL: C is the SQLSTATE, M the message.
    fn parse(body: &[u8]) -> Self {
        let mut refusal = Refusal::default();
        for field in body.split(|byte| *byte == 0) {
            match field.split_first() {
                Some((b'C', code)) => refusal.code = String::from_utf8_lossy(code).into_owned(),
                Some((b'M', text)) => refusal.message = String::from_utf8_lossy(text).into_owned(),
                _ => {}
            }
        }
        refusal
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        io::Error::other(format!("{} ({})", refusal.message, refusal.code))
    }
}
