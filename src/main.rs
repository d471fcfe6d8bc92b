//! The `cargo-pyhack` program, which runs [`cargo_pyhack::cli::main`].

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_pyhack::cli::main()
}
