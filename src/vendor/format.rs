//! The layouts of a vendor directory, and how files get into it.

use clap::ValueEnum;

/// The tool whose vendor directory is reproduced. The variants' comments are
/// help texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Layout {
    /// The same as `cargo vendor`.
    #[default]
    Cargo,
    /// The same as nixpkgs' `importCargoLock`.
    ImportCargoLock,
    /// What nixpkgs' `cargoHash` covers: crates as downloaded.
    FetchCargoVendor,
    /// What nixpkgs' `fetchCargoVendor` unpacks for cargo.
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
    /// Copies.
    #[default]
    Copy,
    /// Hard links to the cache: don't edit the files; copies if the cache is on
    /// another file system.
    Hardlink,
    /// Symbolic links to the cache: the folder can't be used without it, for
    /// example in a container.
    Symlink,
    /// Copies that share blocks with the cache; plain copies if the file system
    /// doesn't support it.
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
