//! `hash`: nixpkgs' `cargoHash`, and the hashes of git dependencies.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::load::{Loaded, Request, require_fitting, require_lock};
use crate::error::Error;
use crate::hash::Sha256;
use crate::io::cache::Stage;
use crate::io::tree::{nar_hash, write_node};
use crate::io::{
    CrateStore, GitTree, IoError, Progress, Session, in_order, on_deep_stack, read_ahead,
};
use crate::nix::output_hashes_set;
use crate::project::{CargoLock, GitRevision, LockedCrate};
use crate::vendor::fetch_cargo_vendor::{GitNode, TreeFile, cargo_hash, sort_key, tarball_path};
use crate::warning::{Warning, WarningReport, as_reports};

/// The cache of hashes, by the digest of the lock. The name changes if nixpkgs
/// changes what it hashes.
const CARGO_HASHES: Stage<Sha256> = Stage::digest("cargo-hashes-1", ".sha256");

/// Number of threads that fetch: enough to use a slow network fully.
const THREADS: usize = 16;
/// Number of threads that read. Hashing runs on one thread and takes longer, so
/// more readers would only slow it down.
const READING_THREADS: usize = 2;
/// Number of repositories that are fetched at once, each by a git process.
const GIT_THREADS: usize = 4;

/// What `cargo pyhack hash --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HashReport {
    /// nixpkgs' `cargoHash`, in the form that `--to` names, SRI by default.
    #[schemars(with = "String")]
    pub cargo_hash: HashText,
    /// nixpkgs' `outputHashes`: for each git revision one of its crates, as
    /// `name-version`, and the hash of the checkout, as SRI.
    pub output_hashes: BTreeMap<String, String>,
    /// The `Cargo.lock`, relative to the source root.
    pub lock_file: String,
    /// The number of crates that the hash covers.
    pub crates: usize,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// What `cargo pyhack hash --output-hashes --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OutputHashesReport {
    /// For each git revision one of its crates, as `name-version`, and the
    /// checkout's hash, as SRI.
    pub output_hashes: BTreeMap<String, String>,
    /// The same hashes as Nix text.
    pub nix: String,
    /// The `Cargo.lock`, relative to the source root.
    pub lock_file: String,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// A SHA-256 in all encodings that Nix has: what `cargo pyhack hash --nar` and
/// `--convert` print with `--format json`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HashTexts {
    /// SRI: `sha256-` and base64.
    pub sri: String,
    /// Nix's own base-32 encoding.
    pub nix32: String,
    /// Hexadecimal, in lower case.
    pub base16: String,
    /// Base64 without a prefix.
    pub base64: String,
}

impl HashTexts {
    /// Encodes a digest in all forms.
    #[must_use]
    pub fn new(hash: &Sha256) -> Self {
        Self {
            sri: hash.to_sri(),
            nix32: hash.to_nix32(),
            base16: hash.to_hex(),
            base64: hash.to_base64(),
        }
    }
}

/// A SHA-256, and the text that it is printed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashText {
    hash: Sha256,
    text: String,
}

impl HashText {
    /// Prints a digest as SRI.
    #[must_use]
    pub fn new(hash: Sha256) -> Self {
        Self {
            text: hash.to_sri(),
            hash,
        }
    }

    /// Prints the digest in another form.
    pub fn print_as(&mut self, form: impl FnOnce(&HashTexts) -> String) {
        self.text = form(&HashTexts::new(&self.hash));
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Serialize for HashText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Computes the `cargoHash` of a project.
///
/// # Errors
/// Fails without Rust or a lock, or if a crate can't be fetched.
pub fn hash(request: &Request, session: &Session) -> Result<HashReport, Error> {
    let loaded = Loaded::read(request, session)?;
    let rust = loaded.rust(request)?;
    let lock = require_lock(&loaded, rust, request, session)?;
    let crates = lock.registry_crates()?;
    require_fitting(&loaded, rust, request, session)?;
    let revisions = lock.git_revisions();
    let store = request.crates(session);
    let hash = lock_cargo_hash(lock, &store, session)?;
    let from_git = revisions.iter().map(|revision| revision.crates.len());
    let mut warnings = super::facts::source_warnings(&loaded);
    warnings.extend(super::facts::lock_warnings(lock));
    warnings.extend(super::facts::vendor_warnings(lock));
    warnings.extend(super::facts::yanked_warning(lock, &store));
    Ok(HashReport {
        cargo_hash: HashText::new(hash),
        output_hashes: hashes_of(&revisions, session)?,
        lock_file: rust
            .cargo_lock_path
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        crates: crates.len() + from_git.sum::<usize>(),
        warnings,
    })
}

/// Computes the hashes of a project's git dependencies alone.
///
/// # Errors
/// Fails without Rust or a lock, or if `importCargoLock` can't distinguish two
/// crates or a repository can't be fetched.
pub fn output_hashes(request: &Request, session: &Session) -> Result<OutputHashesReport, Error> {
    let loaded = Loaded::read(request, session)?;
    let rust = loaded.rust(request)?;
    let lock = require_lock(&loaded, rust, request, session)?;
    let output_hashes = lock_output_hashes(lock, &request.known_hashes, session)?;
    let mut warnings = super::facts::source_warnings(&loaded);
    warnings.extend(super::facts::lock_warnings(lock));
    Ok(OutputHashesReport {
        nix: output_hashes_set(&output_hashes),
        output_hashes,
        lock_file: rust
            .cargo_lock_path
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        warnings,
    })
}

/// Hashes a file or folder as a Nix archive.
///
/// # Errors
/// Fails if it can't be read.
pub fn hash_nar(path: &Utf8Path) -> Result<HashTexts, Error> {
    Ok(HashTexts::new(&nar_hash(path.as_std_path())?))
}

/// Computes nixpkgs' `cargoHash` of a lock.
pub(super) fn lock_cargo_hash(
    lock: &CargoLock,
    store: &CrateStore,
    session: &Session,
) -> Result<Sha256, Error> {
    let mut crates = lock.registry_crates()?;
    crates.sort_by_cached_key(|(krate, _)| sort_key(&tarball_path(krate, lock)));
    // The lock decides the hash, since it has the checksum of each crate.
    let key = Sha256::of(&lock.bytes);
    session.cache().get_or(&CARGO_HASHES, &key, || {
        let trees = git_trees(&lock.git_revisions(), session)?;
        let contents = Contents {
            lock,
            crates: &crates,
            trees: &trees,
        };
        Ok(contents.hash(store, session.progress())?)
    })
}

/// Computes nixpkgs' `outputHashes` of a lock.
pub(super) fn lock_output_hashes(
    lock: &CargoLock,
    known: &BTreeMap<String, String>,
    session: &Session,
) -> Result<BTreeMap<String, String>, Error> {
    lock.require_distinct()?;
    let revisions = lock.git_revisions();
    let hash_of = |revision: &GitRevision| {
        let hash = known.get(&revision.source.full_revision()?)?;
        Sha256::parse(hash).map(|hash| hash.to_sri())
    };
    let (known, unknown): (Vec<_>, Vec<_>) = revisions
        .into_iter()
        .partition(|revision| hash_of(revision).is_some());
    let mut hashes = hashes_of(&unknown, session)?;
    let known = known.iter();
    hashes.extend(known.filter_map(|revision| Some((revision.key(), hash_of(revision)?))));
    Ok(hashes)
}

fn hashes_of(
    revisions: &[GitRevision],
    session: &Session,
) -> Result<BTreeMap<String, String>, IoError> {
    let git = session.git();
    let hash = |revision: &GitRevision| {
        let hash = git.hash(&revision.source)?;
        Ok((revision.key(), hash.to_sri()))
    };
    Ok(of_revisions(revisions, session.progress(), hash)?
        .into_iter()
        .collect())
}

fn git_trees(
    revisions: &[GitRevision],
    session: &Session,
) -> Result<BTreeMap<String, GitTree>, IoError> {
    let git = session.git();
    let tree = |revision: &GitRevision| {
        let tree = git.tree(&revision.source)?;
        let revision = revision.source.full_revision();
        Ok((revision.unwrap_or_default(), tree))
    };
    Ok(of_revisions(revisions, session.progress(), tree)?
        .into_iter()
        .collect())
}

fn of_revisions<T: Send>(
    revisions: &[GitRevision],
    progress: &dyn Progress,
    job: impl Fn(&GitRevision) -> Result<T, IoError> + Sync,
) -> Result<Vec<T>, IoError> {
    if revisions.is_empty() {
        return Ok(Vec::new());
    }
    progress.start("Checking out", revisions.len() as u64);
    let job = |revision: &GitRevision| {
        progress.begin(revision.source.repository());
        let result = job(revision);
        progress.step(revision.source.repository());
        result
    };
    let found = in_order(revisions, GIT_THREADS, job, |results| results.collect());
    progress.finish();
    found
}

/// The crates and git trees that are hashed besides the lock.
#[derive(Clone, Copy)]
struct Contents<'a> {
    lock: &'a CargoLock,
    /// The crates, in the order in which the vendored tree has them.
    crates: &'a [(LockedCrate, Sha256)],
    /// The trees of git repositories, by revision.
    trees: &'a BTreeMap<String, GitTree>,
}

impl Contents<'_> {
    fn hash(self, store: &CrateStore, progress: &dyn Progress) -> Result<Sha256, IoError> {
        progress.start("Hashing", self.crates.len() as u64);
        let hash = self.hash_verified(store, progress);
        let hash = hash.map_or_else(|| self.hash_read(store, progress), Ok);
        progress.finish();
        hash
    }

    /// Hashes crates that were all verified before. Returns `None` if one
    /// wasn't, or changed meanwhile.
    fn hash_verified(self, store: &CrateStore, progress: &dyn Progress) -> Option<Sha256> {
        let size = |(krate, checksum): &(LockedCrate, Sha256)| store.verified_size(krate, checksum);
        let sizes: Vec<u64> = self.crates.iter().map(size).collect::<Option<_>>()?;
        let files = self.crates.iter().map(|(krate, checksum)| {
            let file = store.open_verified(krate, checksum);
            file.ok_or_else(|| std::io::ErrorKind::NotFound.into())
        });
        let hash = read_ahead(files, |ahead| {
            let files = self.crates.iter().zip(&sizes).map(|((krate, _), size)| {
                progress.step(krate.name.as_str());
                Ok(TreeFile {
                    path: tarball_path(krate, self.lock),
                    size: *size,
                    contents: ahead.file(),
                })
            });
            self.hash_tree(files)
        });
        hash.ok()?.ok()
    }

    fn hash_read(self, store: &CrateStore, progress: &dyn Progress) -> Result<Sha256, IoError> {
        let is_cached = self.crates.iter().all(|(krate, _)| store.has(krate));
        let threads = if is_cached { READING_THREADS } else { THREADS };
        in_order(
            self.crates,
            threads,
            |(krate, checksum)| {
                progress.begin(krate.name.as_str());
                let file = store.open_crate(krate, checksum);
                progress.step(krate.name.as_str());
                file.map(|file| TreeFile {
                    path: tarball_path(krate, self.lock),
                    size: file.size,
                    contents: BufReader::new(file.contents),
                })
            },
            |files| self.hash_tree(files),
        )
    }

    fn hash_tree<R: BufRead>(
        self,
        files: impl Iterator<Item = Result<TreeFile<R>, IoError>>,
    ) -> Result<Sha256, IoError> {
        let mut write_git = |node: &mut _| write_trees(node, self.trees);
        let git: Option<GitNode<IoError>> = if self.trees.is_empty() {
            None
        } else {
            Some(&mut write_git)
        };
        cargo_hash(&self.lock.bytes, git, files)
    }
}

/// Writes the tree of each revision below `git/<revision>/`.
fn write_trees<W: std::io::Write + Send>(
    node: &mut crate::hash::NarWriter<W>,
    trees: &BTreeMap<String, GitTree>,
) -> Result<(), IoError> {
    on_deep_stack(|| {
        node.directory(|folder| {
            trees.iter().try_for_each(|(revision, tree)| {
                folder.entry(revision.as_bytes(), |node| write_node(node, &tree.folder))
            })
        })
    })?;
    Ok(())
}
