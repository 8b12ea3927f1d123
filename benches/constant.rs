//! The server that `benches/load` compares ours with: `/api/constant` returns one body from memory.
//!
//!     constant server FILE     behind all middleware of the API
//!     constant bare FILE       from actix-web alone
//!
//! Reads the same settings as the server. `benches/load` runs both modes.

use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use cruddur::config::{Config, Flags, Settings};
use cruddur::error::chain;
use cruddur::server::{Application, Startup};

// As in main.rs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A static, because the routes of a server are a plain function. Set once, before the listener starts.
static BODY: OnceLock<Bytes> = OnceLock::new();

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[actix_web::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [mode, file] if mode == "server" => serve_in_full(Path::new(file)).await,
        [mode, file] if mode == "bare" => serve_barely(Path::new(file)).await,
        _ => Err("usage: constant server|bare FILE".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "a separate program without a log")]
fn report(error: &(dyn std::error::Error + 'static)) {
    eprintln!("{}", chain(error));
}

async fn serve_in_full(file: &Path) -> Outcome {
    let config = prepare(file)?;
    Application::start_with(&config, Startup::default(), routes)?
        .run_until_stopped()
        .await?;
    Ok(())
}

async fn serve_barely(file: &Path) -> Outcome {
    let config = prepare(file)?;
    HttpServer::new(|| App::new().service(web::scope("/api").configure(routes)))
        .bind(config.http.address)?
        .run()
        .await?;
    Ok(())
}

fn prepare(file: &Path) -> Result<Config, Box<dyn std::error::Error>> {
    let body = std::fs::read(file)?;
    BODY.get_or_init(|| body.into());
    Ok(Config::load(Settings::new(Flags::default()))?)
}

fn routes(api: &mut ServiceConfig) {
    api.route("/constant", web::get().to(show_constant));
}

async fn show_constant() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(BODY.get().cloned().unwrap_or_default())
}
