//! What `benches/load` compares the server with: one body, made before, at `/api/constant`.
//!
//!     constant server FILE     behind everything that a request of the API passes
//!     constant bare FILE       from actix-web alone
//!
//! Reads the settings that the server reads. How fast either is stands in `benches/load`.

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

/// Set once, before anybody listens: the routes of a server are a plain function.
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

#[expect(clippy::print_stderr, reason = "a program of its own, without a log")]
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
