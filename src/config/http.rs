//! The listener and the origins that may use it: `BIND`, `PORT`, `FRONTEND_URL`, `BACKEND_URL`,
//! `METRICS_PUBLIC`, `SHUTDOWN_DELAY`. `server` listens and checks the origins. `CLIENT_GENERATION` names the React
//! client that the answers are for, `CACHE_SIZE` the memory in which `changes` keeps answers, `LIVE_MAX_STREAMS` how many
//! streams `live` keeps open.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Settings, Workspace};

const DEFAULT_PORT: u16 = 4567;
/// The port of the React client while it is developed.
const FRONTEND_PORT: u16 = 3000;
const DEFAULT_SHUTDOWN_DELAY: u8 = 2;
const DEFAULT_CACHE_MEBIBYTES: u16 = 64;
const DEFAULT_MAX_STREAMS: u32 = 20_000;
const MEBIBYTE: usize = 1024 * 1024;
const DEFAULT_FRONTEND: &str = "http://localhost:3000";

/// A generation of the React client. They expect different answers from one route, a user's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum ClientGeneration {
    /// The client of week 4: an array of activities.
    #[serde(rename = "week-4")]
    Week4,
    /// The last client: an object with the user's profile and the activities.
    #[serde(rename = "final")]
    Final,
}

/// The listener and the origins that may use it.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// The address and port to listen on.
    pub address: SocketAddr,
    /// The allowed origins in the form of an `Origin` header: `http://localhost:3000`.
    pub origins: Vec<String>,
    /// The cloud workspace that this program runs in, whose forwarded ports are allowed origins, too.
    pub workspace: Option<Workspace>,
    /// The first origin in `BACKEND_URL`.
    own_origin: Option<String>,
    /// Whether clients of other machines may read `/metrics`.
    pub metrics_public: bool,
    /// How long the server goes on accepting requests after SIGTERM, while `/readyz` responds 503.
    pub shutdown_delay: Duration,
    /// The React client that the answers are for.
    pub client_generation: ClientGeneration,
    /// The memory in bytes in which the server keeps answers; 0 for none.
    pub cache_bytes: usize,
    /// The most streams of events that are open at the same time.
    pub max_streams: usize,
}

impl HttpConfig {
    pub fn read(settings: &mut Settings) -> Self {
        let bind: IpAddr = settings
            .parse("BIND", "an IP address, `127.0.0.1` or `0.0.0.0`")
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let port: u16 = settings
            .parse("PORT", "a port from 0 to 65535")
            .unwrap_or(DEFAULT_PORT);
        let mut origins = origins(settings, "FRONTEND_URL", &[DEFAULT_FRONTEND.to_owned()]);
        let own = [local_origin(port), format!("http://127.0.0.1:{port}")];
        let backend = self::origins(settings, "BACKEND_URL", &[]);
        let own_origin = backend.first().cloned();
        origins.extend(if backend.is_empty() {
            own.to_vec()
        } else {
            backend
        });
        Self {
            address: SocketAddr::new(bind, port),
            origins,
            workspace: Workspace::read(settings),
            own_origin,
            metrics_public: settings.switch("METRICS_PUBLIC"),
            shutdown_delay: shutdown_delay(settings),
            client_generation: client_generation(settings),
            cache_bytes: cache_bytes(settings),
            max_streams: max_streams(settings),
        }
    }

    /// Whether pages of this origin may use the server: those of the settings, and those of the workspace's own ports.
    pub fn allows(&self, origin: &str) -> bool {
        let ports = [FRONTEND_PORT, DEFAULT_PORT, self.address.port()];
        let workspace = self.workspace.as_ref();
        self.origins.iter().any(|allowed| allowed == origin)
            || workspace.is_some_and(|workspace| workspace.forwards(origin, &ports))
    }

    /// The origin in the links that pages show to other programs: the first one in `BACKEND_URL` or, without it, this
    /// machine's with the `port` that the server listens on. No request can change it.
    pub fn public_origin(&self, port: u16) -> String {
        self.own_origin
            .clone()
            .unwrap_or_else(|| local_origin(port))
    }
}

fn local_origin(port: u16) -> String {
    format!("http://localhost:{port}")
}

fn cache_bytes(settings: &mut Settings) -> usize {
    let mebibytes: u16 = settings
        .parse("CACHE_SIZE", "a number of MiB from 0 to 65535")
        .unwrap_or(DEFAULT_CACHE_MEBIBYTES);
    usize::from(mebibytes) * MEBIBYTE
}

fn max_streams(settings: &mut Settings) -> usize {
    let streams: u32 = settings
        .parse("LIVE_MAX_STREAMS", "a number from 0 to 4294967295")
        .unwrap_or(DEFAULT_MAX_STREAMS);
    usize::try_from(streams).unwrap_or(usize::MAX)
}

fn shutdown_delay(settings: &mut Settings) -> Duration {
    let name = "SHUTDOWN_DELAY";
    let seconds: u8 = settings
        .parse(name, "a number of seconds from 0 to 60")
        .unwrap_or(DEFAULT_SHUTDOWN_DELAY);
    if seconds > 60 {
        settings.problem(
            name,
            &format!("must be at most 60 seconds, but is `{seconds}`"),
        );
    }
    Duration::from_secs(seconds.into())
}

fn client_generation(settings: &mut Settings) -> ClientGeneration {
    let name = "CLIENT_GENERATION";
    match settings.text(name).as_deref() {
        None | Some("week-4") => {}
        Some("final") => return ClientGeneration::Final,
        Some(_) => settings.problem(name, "must be `week-4` or `final`"),
    }
    ClientGeneration::Week4
}

fn origins(settings: &mut Settings, name: &str, default: &[String]) -> Vec<String> {
    let Some(list) = settings.text(name) else {
        return default.to_vec();
    };
    let mut origins = Vec::new();
    for entry in list
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
    {
        match origin_of(entry) {
            Some(origin) => origins.push(origin),
            None => settings.problem(
                name,
                &format!("must hold origins such as https://cruddur.com, but has `{entry}`"),
            ),
        }
    }
    origins
}

/// Scheme, host and port as a browser writes them: lower case, no default port, no path.
fn origin_of(url: &str) -> Option<String> {
    let url = url.strip_suffix('/').unwrap_or(url).to_ascii_lowercase();
    let (scheme, authority) = url.split_once("://")?;
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let authority = authority.strip_suffix(default_port).unwrap_or(authority);
    let is_plain = !authority.is_empty()
        && authority
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.:[]".contains(c));
    is_plain.then(|| format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn an_origin_is_written_as_a_browser_writes_it() {
        assert_eq!(
            origin_of("HTTPS://Cruddur.com:443/").as_deref(),
            Some("https://cruddur.com")
        );
        assert_eq!(
            origin_of("http://localhost:3000").as_deref(),
            Some("http://localhost:3000")
        );
    }

    #[test]
    fn a_text_that_is_not_an_origin_is_refused() {
        for text in [
            "*",
            "cruddur.com",
            "ftp://x",
            "https://",
            "https://a/b",
            "https://*.x.com",
        ] {
            assert_eq!(origin_of(text), None, "{text}");
        }
    }
}
