//! Sessions that connections use for one transaction at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::cancellation::{Cancellations, Key, client_key};
use super::connect;
use super::wire::{Message, Stream, parameter, text_at, without};

/// The parameter of which each client has its own in a session that it shares.
const NAME: &str = "application_name";
/// The last message of the server's greeting.
const READY: [u8; 6] = [b'Z', 0, 0, 0, 5, b'I'];
/// How many sessions wait for the next transaction, and for how long, where many databases share the pooler; those that
/// have waited longest are closed, because PostgreSQL has 400 sessions for all.
const MAX_IDLE: usize = 40;
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);

pub struct Sessions {
    permits: Arc<Semaphore>,
    keeps_statements: bool,
    closes_idle: bool,
    /// The sessions that no transaction uses; the one that was used last is at the end.
    idle: Mutex<VecDeque<Idle>>,
    cancellations: Cancellations,
    names: Names,
    opened: Arc<AtomicUsize>,
}

/// A response that the server owes.
#[derive(PartialEq, Eq)]
enum Owed {
    /// To a `Parse` of the client, with the statement that the session lacked.
    Parse(Option<String>),
    /// To a `Parse` that the pooler has sent for it.
    OwnParse(String),
    /// The end of a query.
    Ready,
    /// The end of a query of the pooler.
    OwnReady,
}

struct Idle {
    startup: Vec<u8>,
    since: Instant,
    session: Session,
}

struct Session {
    stream: Stream<UnixStream>,
    greeting: Vec<Message>,
    key: Arc<Key>,
    /// The name of the client that has used it last.
    name: String,
    statements: HashSet<String>,
    owed: VecDeque<Owed>,
}

pub struct Client {
    stream: Stream<TcpStream>,
    startup: Vec<u8>,
    name: String,
    number: u32,
    /// The name in all sessions, and the query with its types, of each statement.
    statements: HashMap<String, (String, Vec<u8>)>,
}

impl Client {
    pub fn new(stream: Stream<TcpStream>, startup: &[u8]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        Self {
            stream,
            startup: without(NAME, startup),
            name: parameter(NAME, startup).unwrap_or_default(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            statements: HashMap::new(),
        }
    }
}

/// The names of prepared statements in all sessions, by query and types.
#[derive(Default)]
struct Names(Mutex<HashMap<Vec<u8>, String>>);

impl Names {
    fn find(&self, query: &[u8]) -> String {
        let mut names = self.0.lock().expect("the names");
        let next = format!("s{}", names.len());
        names.entry(query.to_vec()).or_insert(next).clone()
    }
}

impl Sessions {
    pub fn new(size: usize, keeps_statements: bool, opened: Arc<AtomicUsize>) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(size)),
            keeps_statements,
            closes_idle: size > MAX_IDLE,
            idle: Mutex::default(),
            cancellations: Cancellations::default(),
            names: Names::default(),
            opened,
        })
    }

    pub fn count(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub async fn serve(&self, mut client: Client) -> Result<()> {
        let (session, permit) = self.lend(&client.startup).await?;
        for message in &session.greeting {
            let mut message = message.clone();
            if message.kind == b'K' {
                message.payload = client_key(client.number);
            }
            client.stream.send(&message.encode());
        }
        client.stream.send(&READY);
        self.give_back(&client.startup, session);
        drop(permit);
        client.stream.flush().await?;
        loop {
            let message = client.stream.next().await?;
            if message.kind == b'X' {
                return Ok(());
            }
            let (mut session, permit) = self.lend(&client.startup).await?;
            let cancellable = self.cancellations.insert(client.number, &session.key);
            session.rename(&client.name);
            self.to_server(&mut client, &mut session, message);
            self.run_transaction(&mut client, &mut session).await?;
            cancellable.end().await;
            self.give_back(&client.startup, session);
            drop(permit);
            client.stream.flush().await?;
        }
    }

    /// Cancels the statement of the client that a cancel request names.
    pub async fn cancel(&self, request: &[u8]) -> Result<()> {
        self.cancellations.cancel(request).await
    }

    /// Forwards messages until the transaction has ended.
    async fn run_transaction(&self, client: &mut Client, session: &mut Session) -> Result<()> {
        loop {
            while let Some(message) = client.stream.next_received() {
                if message.kind == b'X' {
                    return Err(Error::from(ErrorKind::UnexpectedEof));
                }
                self.to_server(client, session, message);
            }
            session.stream.flush().await?;
            client.stream.flush().await?;
            tokio::select! {
                received = client.stream.receive() => received?,
                received = session.stream.receive() => received?,
            }
            while let Some(message) = session.stream.next_received() {
                if to_client(client, session, &message) {
                    return Ok(());
                }
            }
        }
    }

    fn to_server(&self, client: &mut Client, session: &mut Session, mut message: Message) {
        let prepared = match self.keeps_statements {
            true => name_by_text(&self.names, client, session, &mut message),
            false => None,
        };
        match message.kind {
            b'P' => session.owed.push_back(Owed::Parse(prepared)),
            b'Q' | b'S' => session.owed.push_back(Owed::Ready),
            _ => {}
        }
        session.stream.send(&message.encode());
    }

    pub async fn permit(&self) -> OwnedSemaphorePermit {
        let permit = self.permits.clone().acquire_owned().await;
        permit.expect("the semaphore stays open")
    }

    async fn lend(&self, startup: &[u8]) -> Result<(Session, OwnedSemaphorePermit)> {
        let permit = self.permit().await;
        let session = match self.take_idle(startup) {
            Some(session) => session,
            None => {
                self.count();
                Session::open(startup).await?
            }
        };
        Ok((session, permit))
    }

    fn take_idle(&self, startup: &[u8]) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap();
        // PostgreSQL closes the sessions of a database that is dropped.
        let is_over = |one: &Idle| self.closes_idle && one.since.elapsed() >= IDLE_TIMEOUT;
        idle.retain(|one| !is_over(one) && one.session.stream.is_quiet());
        let latest = idle.iter().rposition(|one| one.startup == startup)?;
        idle.remove(latest).map(|one| one.session)
    }

    fn give_back(&self, startup: &[u8], session: Session) {
        let mut idle = self.idle.lock().unwrap();
        idle.push_back(Idle {
            startup: startup.to_vec(),
            since: Instant::now(),
            session,
        });
        if self.closes_idle && idle.len() > MAX_IDLE {
            idle.pop_front();
        }
    }
}

impl Session {
    async fn open(startup: &[u8]) -> Result<Self> {
        let mut stream = Stream::new(connect().await?);
        stream.send(startup);
        stream.flush().await?;
        let mut greeting = Vec::new();
        let mut key = Vec::new();
        loop {
            let message = stream.next().await?;
            match message.kind {
                b'Z' => break,
                b'E' => return Err(Error::other("PostgreSQL refuses the session")),
                b'K' => key.clone_from(&message.payload),
                _ => {}
            }
            greeting.push(message);
        }
        Ok(Self {
            stream,
            greeting,
            key: Arc::new(Key::new(key)),
            name: String::new(),
            statements: HashSet::new(),
            owed: VecDeque::new(),
        })
    }

    /// Makes PostgreSQL show the name of the client.
    fn rename(&mut self, name: &str) {
        if self.name != name {
            let query = format!("set {NAME} to '{name}'\0");
            let message = Message {
                kind: b'Q',
                payload: query.into_bytes(),
            };
            self.stream.send(&message.encode());
            self.owed.push_back(Owed::OwnReady);
            name.clone_into(&mut self.name);
        }
    }
}

/// Whether the transaction has ended.
fn to_client(client: &mut Client, session: &mut Session, message: &Message) -> bool {
    if session.owed.front() == Some(&Owed::OwnReady) {
        if message.kind == b'Z' {
            session.owed.pop_front();
        }
        return false;
    }
    match message.kind {
        b'1' => {
            if let Some(Owed::OwnParse(_)) = session.owed.pop_front() {
                return false;
            }
        }
        // After an error the server answers nothing before the end of the query, and prepares nothing.
        b'Z' => {
            while let Some(owed) = session.owed.pop_front() {
                match owed {
                    Owed::Parse(Some(statement)) | Owed::OwnParse(statement) => {
                        session.statements.remove(&statement);
                    }
                    Owed::Parse(None) => {}
                    Owed::Ready | Owed::OwnReady => break,
                }
            }
        }
        _ => {}
    }
    client.stream.send(&message.encode());
    message.kind == b'Z' && message.payload == b"I" && session.owed.is_empty()
}

/// Gives the statement of a message the name that its text has in all sessions, and prepares it where the session lacks
/// it. Returns the statement that the message itself prepares.
fn name_by_text(
    names: &Names,
    client: &mut Client,
    session: &mut Session,
    message: &mut Message,
) -> Option<String> {
    let start = statement_position(message)?;
    let (name, end) = text_at(&message.payload, start);
    if name.is_empty() {
        return None;
    }
    let payload = std::mem::take(&mut message.payload);
    let (head, rest) = (&payload[..start], &payload[end..]);
    let renamed = |statement: &str, rest| [head, statement.as_bytes(), &[0], rest].concat();
    if message.kind == b'P' {
        let statement = names.find(rest);
        client
            .statements
            .insert(name, (statement.clone(), rest.to_vec()));
        if session.statements.insert(statement.clone()) {
            message.payload = renamed(&statement, rest);
            return Some(statement);
        }
        // Preparing an empty statement gives the response that the client waits for.
        message.payload = vec![0; 4];
        return None;
    }
    // Other clients need the statement that this one closes, and no error results from closing an unknown one.
    if message.kind == b'C' {
        message.payload = renamed("closed", rest);
        return None;
    }
    let (statement, query) = client.statements.get(&name).expect("a prepared statement");
    if session.statements.insert(statement.clone()) {
        let parse = Message {
            kind: b'P',
            payload: [statement.as_bytes(), &[0], query.as_slice()].concat(),
        };
        session.stream.send(&parse.encode());
        session.owed.push_back(Owed::OwnParse(statement.clone()));
    }
    message.payload = renamed(statement, rest);
    None
}

/// Where a message names a statement.
fn statement_position(message: &Message) -> Option<usize> {
    match message.kind {
        b'P' => Some(0),
        b'B' => Some(text_at(&message.payload, 0).1),
        b'D' | b'C' if message.payload[0] == b'S' => Some(1),
        _ => None,
    }
}
