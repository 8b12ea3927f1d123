//! Opens streams of events and prints when they received each activity. `benches/load` runs it for rows 14 and 15.
//!
//!     streams PORT COUNT
//!
//! It prints `open` when every stream has begun, and one line for each activity that every stream was told of: the event,
//! the activity's id, and when the first, the median and the last stream received it, in microseconds since 1970. It ends
//! with its standard input.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{LocalSet, spawn_local};

const HEAD: &[u8] =
    b"GET /api/live?topics=home HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
/// The streams that open at the same time.
const OPENING: usize = 100;
/// Each source address has fewer ports than there may be streams.
const STREAMS_OF_ADDRESS: usize = 10_000;

/// When each activity was received, by the event and the id.
type Received = Rc<RefCell<HashMap<(String, String), Vec<u128>>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let outcome = match *arguments {
        [port, count] => LocalSet::new().run_until(run(port, count)).await,
        _ => Err(io::Error::other("usage: streams PORT COUNT")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a separate program without a log")]
fn report(error: &io::Error) {
    eprintln!("{error}");
}

#[expect(clippy::print_stdout, reason = "the lines are the program's result")]
fn tell(line: &str) {
    println!("{line}");
}

async fn run(port: usize, count: usize) -> io::Result<()> {
    let port = u16::try_from(port).map_err(io::Error::other)?;
    let received = Received::default();
    let numbers: Vec<usize> = (0..count).collect();
    for some in numbers.chunks(OPENING) {
        let opening: Vec<_> = some
            .iter()
            .map(|number| spawn_local(open(port, *number)))
            .collect();
        for stream in opening {
            let stream = stream.await??;
            let received = received.clone();
            spawn_local(async move {
                if let Err(error) = receive(stream, count, &received).await {
                    report(&error);
                }
            });
        }
    }
    tell("open");
    // Until the other end closes it.
    tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

/// A stream whose response has begun.
async fn open(port: u16, number: usize) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let address = u8::try_from(1 + number / STREAMS_OF_ADDRESS).map_err(io::Error::other)?;
    let source = IpAddr::V4(Ipv4Addr::new(127, 0, 0, address));
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(source, 0))?;
    let server = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let mut stream = socket.connect(server).await?;
    stream.write_all(HEAD).await?;
    let mut head = [0; 1024];
    let length = stream.read(&mut head).await?;
    match head[..length].starts_with(b"HTTP/1.1 200") {
        true => Ok(stream),
        false => Err(io::Error::other(format!(
            "stream {number} did not begin: {}",
            String::from_utf8_lossy(&head[..length])
        ))),
    }
}

async fn receive(mut stream: TcpStream, count: usize, received: &Received) -> io::Result<()> {
    let mut text = String::new();
    let mut chunk = [0; 2048];
    loop {
        let length = stream.read(&mut chunk).await?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_err(io::Error::other)?.as_micros();
        text.push_str(&String::from_utf8_lossy(&chunk[..length]));
        while let Some((event, rest)) = text.split_once("\n\n") {
            if let Some(key) = parse(event) {
                record(key, now, count, received);
            }
            text = rest.to_owned();
        }
    }
}

/// The name of an event and the first id in its data.
fn parse(event: &str) -> Option<(String, String)> {
    let name = event.split_once("event: ")?.1.lines().next()?;
    let uuid = event.split_once("\"uuid\":\"")?.1.get(..36)?;
    Some((name.to_owned(), uuid.to_owned()))
}

fn record(key: (String, String), now: u128, count: usize, received: &Received) {
    let mut received = received.borrow_mut();
    let times = received.entry(key.clone()).or_default();
    times.push(now);
    if times.len() == count {
        let (first, median, last) = (times[0], times[(count - 1) / 2], times[count - 1]);
        tell(&format!("{} {} {first} {median} {last}", key.0, key.1));
        received.remove(&key);
    }
}
