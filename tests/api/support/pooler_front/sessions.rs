//! Sessions that connections use for one transaction at a time.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::wire::{Message, Stream, text_at};
use crate::support::socket_dir;

/// The last message of the server's greeting.
const READY: [u8; 6] = [b'Z', 0, 0, 0, 5, b'I'];
/// How many sessions wait for the next transaction; those that have waited longest are closed, because each test has a
/// database of its own and PostgreSQL has 400 sessions for all.
const MAX_IDLE: usize = 40;

pub struct Sessions {
    permits: Arc<Semaphore>,
    keeps_statements: bool,
    /// The sessions that no transaction uses, with their start-up message; the one that was used last is at the end.
    idle: Mutex<VecDeque<(Vec<u8>, Session)>>,
    opened: Arc<AtomicUsize>,
}

/// A response that the server owes.
#[derive(PartialEq, Eq)]
enum Owed {
    /// To a `Parse` of the client.
    Parse,
    /// To a `Parse` that the pooler has sent for it.
    OwnParse,
    /// The end of a query.
    Ready,
}

struct Session {
    stream: Stream<UnixStream>,
    greeting: Vec<u8>,
    statements: HashSet<String>,
    owed: VecDeque<Owed>,
}

pub struct Client {
    stream: Stream<TcpStream>,
    startup: Vec<u8>,
    number: usize,
    /// The query and the types of each statement.
    statements: HashMap<String, Vec<u8>>,
}

impl Client {
    pub fn new(stream: Stream<TcpStream>, startup: Vec<u8>) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        Self {
            stream,
            startup,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            statements: HashMap::new(),
        }
    }

    fn server_name(&self, name: &str) -> String {
        format!("c{}_{name}", self.number)
    }
}

impl Sessions {
    pub fn new(size: usize, keeps_statements: bool, opened: Arc<AtomicUsize>) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(size)),
            keeps_statements,
            idle: Mutex::default(),
            opened,
        })
    }

    pub fn count(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub async fn serve(&self, mut client: Client) -> Result<()> {
        let (session, permit) = self.lend(&client.startup).await?;
        client.stream.send(&session.greeting).await?;
        client.stream.send(&READY).await?;
        self.give_back(&client.startup, session);
        drop(permit);
        loop {
            let message = client.stream.next().await?;
            if message.kind == b'X' {
                return Ok(());
            }
            let (mut session, permit) = self.lend(&client.startup).await?;
            self.to_server(&mut client, &mut session, message).await?;
            self.run_transaction(&mut client, &mut session).await?;
            self.give_back(&client.startup, session);
            drop(permit);
        }
    }

    /// Forwards messages until the transaction has ended.
    async fn run_transaction(&self, client: &mut Client, session: &mut Session) -> Result<()> {
        loop {
            tokio::select! {
                message = client.stream.next() => {
                    let message = message?;
                    if message.kind == b'X' {
                        return Err(Error::from(ErrorKind::UnexpectedEof));
                    }
                    self.to_server(client, session, message).await?;
                }
                message = session.stream.next() => {
                    let message = message?;
                    if self.to_client(client, session, &message).await? {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn to_server(
        &self,
        client: &mut Client,
        session: &mut Session,
        mut message: Message,
    ) -> Result<()> {
        if self.keeps_statements {
            rename(client, session, &mut message).await?;
        }
        match message.kind {
            b'P' => session.owed.push_back(Owed::Parse),
            b'Q' | b'S' => session.owed.push_back(Owed::Ready),
            _ => {}
        }
        session.stream.send(&message.encode()).await
    }

    /// Whether the transaction has ended.
    async fn to_client(
        &self,
        client: &mut Client,
        session: &mut Session,
        message: &Message,
    ) -> Result<bool> {
        match message.kind {
            b'1' if session.owed.pop_front() == Some(Owed::OwnParse) => return Ok(false),
            // After an error the server answers nothing before the end of the query.
            b'Z' => {
                while session
                    .owed
                    .pop_front()
                    .is_some_and(|owed| owed != Owed::Ready)
                {}
            }
            _ => {}
        }
        client.stream.send(&message.encode()).await?;
        Ok(message.kind == b'Z' && message.payload == b"I" && session.owed.is_empty())
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
        let latest = idle.iter().rposition(|(of, _)| of == startup)?;
        idle.remove(latest).map(|(_, session)| session)
    }

    fn give_back(&self, startup: &[u8], session: Session) {
        let mut idle = self.idle.lock().unwrap();
        idle.push_back((startup.to_vec(), session));
        if idle.len() > MAX_IDLE {
            idle.pop_front();
        }
    }
}

impl Session {
    async fn open(startup: &[u8]) -> Result<Self> {
        let socket = UnixStream::connect(socket_dir().join(".s.PGSQL.5432")).await?;
        let mut stream = Stream::new(socket);
        stream.send(startup).await?;
        let mut greeting = Vec::new();
        loop {
            let message = stream.next().await?;
            match message.kind {
                b'Z' => break,
                b'E' => return Err(Error::other("PostgreSQL refuses the session")),
                _ => greeting.extend(message.encode()),
            }
        }
        Ok(Self {
            stream,
            greeting,
            statements: HashSet::new(),
            owed: VecDeque::new(),
        })
    }
}

/// Gives the statement of a message a name that no other client uses, and prepares it where the session lacks it.
async fn rename(client: &mut Client, session: &mut Session, message: &mut Message) -> Result<()> {
    let payload = &message.payload;
    let start = match message.kind {
        b'P' => 0,
        b'B' => text_at(payload, 0).1,
        b'D' | b'C' if payload[0] == b'S' => 1,
        _ => return Ok(()),
    };
    let (name, end) = text_at(payload, start);
    if name.is_empty() {
        return Ok(());
    }
    let server_name = client.server_name(&name);
    let renamed = |rest: &[u8]| [server_name.as_bytes(), &[0], rest].concat();
    match message.kind {
        b'P' => {
            client.statements.insert(name, payload[end..].to_vec());
            session.statements.insert(server_name.clone());
        }
        b'C' => _ = session.statements.remove(&server_name),
        _ if session.statements.contains(&server_name) => {}
        _ => {
            let query = client.statements.get(&name).expect("a prepared statement");
            let parse = Message {
                kind: b'P',
                payload: renamed(query),
            };
            session.stream.send(&parse.encode()).await?;
            session.owed.push_back(Owed::OwnParse);
            session.statements.insert(server_name.clone());
        }
    }
    message.payload = [&payload[..start], &renamed(&payload[end..])].concat();
    Ok(())
}
