//! How the program gets to its users: the crate, the wheel, the flake, and
//! what is installed beside the program.

mod crate_file;
mod flake;
mod installed_files;
mod wheel;

pub use wheel::{Wheel, build_variables};
