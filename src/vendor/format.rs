//! The layouts of a vendor directory, and how files get into it.

use clap::ValueEnum;

/// The tool whose vendor directory is reproduced. The variants' comments are
/// help texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Layout {
    /// What `cargo vendor` writes.
    #[default]
    Cargo,
    /// What nixpkgs' `importCargoLock` makes.
    ImportCargoLock,
    /// What nixpkgs' `cargoHash` covers: crates as they were downloaded.
    FetchCargoVendor,
    /// What nixpkgs' `fetchCargoVendor` makes of that for cargo.
    FetchCargoVendorUnpacked,
}

/// The names of crates' folders in [`Layout::Cargo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// The newest version of a crate has the bare name, as with cargo.
    #[default]
    NewestBare,
    /// All are `<name>-<version>`, as with `cargo vendor --versioned-dirs`.
    Versioned,
}

/// How files get into the directory. The variants' comments are help texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LinkMode {
    /// They are written: the folder stands alone.
    #[default]
    Copy,
    /// Hard links to our cache: who edits a file edits it for all folders;
    /// copies where the cache is on another file system.
    Hardlink,
    /// Links to our cache: the folder breaks where the cache is cleared or
    /// isn't there, as in a container or a commit.
    Symlink,
    /// Copies that share blocks with our cache; plain copies where the file
    /// system can't.
    Reflink,
}

impl Layout {
    /// Whether cargo can build from the directory.
    pub const fn is_for_cargo(self) -> bool {
        !matches!(self, Self::FetchCargoVendor)
    }

    /// The name on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::ImportCargoLock => "import-cargo-lock",
            Self::FetchCargoVendor => "fetch-cargo-vendor",
            Self::FetchCargoVendorUnpacked => "fetch-cargo-vendor-unpacked",
        }
    }
}
