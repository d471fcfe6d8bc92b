//! The layouts of a vendor directory, and how files get into it.

/// The tool whose vendor directory is reproduced: `--layout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// `cargo vendor`
    #[default]
    Cargo,
    /// nixpkgs' `importCargoLock`
    ImportCargoLock,
    /// The download of nixpkgs' `fetchCargoVendor`, which `cargoHash` is the
    /// hash of: crates as they are downloaded.
    FetchCargoVendor,
    /// What `fetchCargoVendor` makes of its download for cargo.
    FetchCargoVendorUnpacked,
}

/// The names of crates' folders in [`Layout::Cargo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// The folder of a crate's newest version is called by the crate's name
    /// alone, as with `cargo vendor`.
    #[default]
    NewestBare,
    /// All folders are called `NAME-VERSION`, as with `cargo vendor
    /// --versioned-dirs`.
    Versioned,
}

/// How files get into the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkMode {
    #[default]
    Copy,
    /// Each file is a hard link into our cache.
    Hardlink,
    /// Each crate's folder is a symbolic link into our cache.
    Symlink,
    /// Each file is a copy that shares its blocks with one in our cache.
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
