//! The `cargo-pyhack` program; everything is in [`cargo_pyhack::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_pyhack::cli::main()
}
