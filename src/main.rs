//! The front door: read the command line, run it, tell the shell how it went.

use std::process::ExitCode;

// The system's allocator keeps what a burst of requests needed; this one gives it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    cruddur::cli::run().await
}
