//! The program `cruddur`: runs its command line and returns the exit code.

use std::process::ExitCode;

// The system's allocator keeps the memory of a burst of requests; mimalloc returns it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[actix_web::main]
async fn main() -> ExitCode {
    cruddur::cli::run().await
}
