//! A server whose route `/api/constant` returns the content of a file from memory. `benches/load` runs it in both modes
//! and compares Cruddur's routes with it.
//!
//!     constant server FILE     Cruddur with the additional route, behind all of its middleware
//!     constant bare FILE       actix-web with this route only
//!
//! It reads the same settings as Cruddur.

use std::path::Path;
use std::process::ExitCode;
use std::sync::OnceLock;

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer};
use cruddur::config::{Config, Flags, Settings};
use cruddur::error::chain;
use cruddur::server::{Application, Startup};

// The allocator of the server, see main.rs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The body of every response, set before the server listens. It is a static, because `routes` is a function pointer.
static BODY: OnceLock<Bytes> = OnceLock::new();

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[actix_web::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [mode, file] if mode == "server" => serve_behind_middleware(Path::new(file)).await,
        [mode, file] if mode == "bare" => serve_bare(Path::new(file)).await,
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

async fn serve_behind_middleware(file: &Path) -> Outcome {
    let config = prepare(file)?;
    Application::start_with(&config, Startup::default(), routes)?
        .run_until_stopped()
        .await?;
    Ok(())
}

async fn serve_bare(file: &Path) -> Outcome {
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
