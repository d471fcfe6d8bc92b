//! `vendor`: writes the crates to a folder that cargo can build from offline.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::Serialize;

use super::load::{Loaded, Request, require_fitting, require_lock};
use crate::error::Error;
use crate::io::paths::utf8_path;
use crate::io::resolve::{ResolveRequest, needed_on, vendored_git_crates};
use crate::io::temporary;
use crate::io::vendor_dir::{Seen, VendorFolder, Written, write_tar};
use crate::io::{CrateStore, GitStore, IoError, Progress, Session, beside};
use crate::project::{CargoLock, CrateSource, LocalCrates, ProjectError};
use crate::target::Platform;
use crate::vendor::config::{source_replacement, unpacked_config};
use crate::vendor::{
    CrateForm, DuplicateCrate, Layout, LinkMode, Naming, PlanRequest, PlannedCrate, SourceNumbers,
    VendorPlan,
};
use crate::warning::{Warning, WarningReport, as_reports};

/// The folder in an archive that has all of its files. It doesn't depend on the
/// archive's name, so that the same crates give the same bytes.
const TAR_FOLDER: &str = "vendor";

/// What `cargo pyhack vendor --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VendorReport {
    /// The folder or archive, as the command line names it.
    pub vendor_dir: String,
    /// The number of crates in it.
    pub crates: usize,
    /// The number of them that are stubs, since the platforms don't need them.
    pub stubs: usize,
    /// Whether anything was written.
    pub changed: bool,
    /// The lines for `.cargo/config.toml`; empty if cargo can't build from the
    /// layout.
    pub config: String,
    /// Warnings about the build.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// How crates are written.
#[derive(Debug, Clone, Default)]
pub struct VendorOptions {
    /// The layout of the folder.
    pub layout: Layout,
    /// How folders are named.
    pub naming: Naming,
    /// Whether files are copied or linked.
    pub link_mode: LinkMode,
    /// The platforms to build for. Crates that they don't need become stubs. If
    /// it is empty, no crate does.
    pub platforms: BTreeSet<Platform>,
}

/// Where crates are written to.
pub enum Destination<'a> {
    /// The folder at a path.
    Folder(&'a Utf8Path),
    /// A tar archive, and its path for the report.
    Tar(&'a mut dyn Write, &'a Utf8Path),
}

/// Vendors the crates of a project.
///
/// # Errors
/// Fails without Rust or a lock, or if a crate can't be fetched or the folder
/// can't be written. The folder then stays as it was.
pub fn vendor(
    request: &Request,
    options: &VendorOptions,
    to: Destination,
    session: &Session,
) -> Result<VendorReport, Error> {
    let folder = match &to {
        Destination::Folder(folder) => Some(*folder),
        Destination::Tar(..) => None,
    };
    let look = |folder| Seen::look(folder, session.cache());
    let (seen, loaded) = beside(
        || folder.map(look).unwrap_or_default(),
        || Loaded::read(request, session),
    );
    plan_and_write(
        request,
        options,
        to,
        Known {
            seen,
            loaded: loaded?,
        },
        session,
    )
}

/// What is known before the plan is made.
struct Known {
    /// The folder as it is.
    seen: Seen,
    loaded: Loaded,
}

fn plan_and_write(
    request: &Request,
    options: &VendorOptions,
    to: Destination,
    known: Known,
    session: &Session,
) -> Result<VendorReport, Error> {
    let progress = session.progress();
    let Known { seen, loaded } = known;
    let rust = loaded.rust(request)?;
    let lock = require_lock(&loaded, rust, request, session)?;
    lock.registry_crates()?;
    let state = require_fitting(&loaded, rust, request, session)?;
    let (store, git) = (request.crates(session), session.git());
    let local = LocalCrates::find(&loaded.files, rust).map_err(Error::from)?;
    let all = (0..lock.crates.len()).collect();
    let resolve = ResolveRequest {
        files: &loaded.files,
        project: rust,
        local: &local,
        lock,
        git,
        reached: &all,
    };
    let wanted = wanted(resolve, options, &store, progress)?;
    let plan = VendorPlan::new(PlanRequest {
        cargo_lock: lock,
        layout: options.layout,
        naming: options.naming,
        wanted: wanted.as_ref(),
        unneeded: &state.unneeded,
    })
    .map_err(|same| same_crate(same, options.layout))?;
    let from_cargo = from_cargo(resolve, &plan, &store, progress)?;
    let planned = Planned {
        lock,
        plan: &plan,
        options,
        store: &store,
        git,
        from_cargo: &from_cargo,
    };
    let mut report = match to {
        Destination::Folder(folder) => planned.folder(folder, seen, progress),
        Destination::Tar(out, path) => planned.tar(out, path, progress),
    }?;
    let unreadable = super::facts::source_warnings(&loaded);
    report.warnings.splice(0..0, unreadable);
    Ok(report)
}

/// Returns the indices in the lock of the crates that the platforms need.
fn wanted(
    resolve: ResolveRequest,
    options: &VendorOptions,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<Option<BTreeSet<usize>>, Error> {
    if options.platforms.is_empty() {
        return Ok(None);
    }
    let needed = needed_on(&options.platforms, resolve, store, progress)?;
    Ok(Some(needed))
}

/// Returns the crates from git as cargo vendors them, by `name version`.
fn from_cargo(
    resolve: ResolveRequest,
    plan: &VendorPlan,
    store: &CrateStore,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let is_asked = |planned: &&PlannedCrate| {
        planned.form == CrateForm::Cargo && matches!(planned.krate.source, CrateSource::Git(_))
    };
    if !plan.crates.iter().any(|planned| is_asked(&planned)) {
        return Ok(BTreeMap::new());
    }
    let folders = vendored_git_crates(resolve, store, progress)?;
    let label = |place: usize| {
        let krate = &resolve.lock.crates[place];
        format!("{} {}", krate.name, krate.version)
    };
    let folders = folders.into_iter();
    Ok(folders
        .map(|(place, folder)| (label(place), folder))
        .collect())
}

fn same_crate(same: DuplicateCrate, layout: Layout) -> ProjectError {
    ProjectError::SameCrate {
        krate: format!("{} {}", same.name, same.version),
        sources: same.sources,
        layout: layout.word(),
    }
}

/// A plan, and what is needed to carry it out.
struct Planned<'a> {
    lock: &'a CargoLock,
    plan: &'a VendorPlan,
    options: &'a VendorOptions,
    store: &'a CrateStore,
    git: &'a GitStore,
    from_cargo: &'a BTreeMap<String, PathBuf>,
}

impl Planned<'_> {
    fn folder(
        &self,
        to: &Utf8Path,
        seen: Seen,
        progress: &dyn Progress,
    ) -> Result<VendorReport, Error> {
        let folder = VendorFolder {
            folder: to,
            plan: self.plan,
            link_mode: self.options.link_mode,
            store: self.store,
            git: self.git,
            from_cargo: self.from_cargo,
        };
        if let Some(written) = folder.current(seen)? {
            return Ok(self.report(to, &written, false));
        }
        let written = folder.write(progress)?;
        Ok(self.report(to, &written, true))
    }

    fn tar(
        &self,
        out: &mut dyn Write,
        path: &Utf8Path,
        progress: &dyn Progress,
    ) -> Result<VendorReport, Error> {
        let scratch = temporary::folder().map_err(IoError::from)?;
        let folder = utf8_path(scratch.path().join("vendor"))?;
        let written = VendorFolder {
            folder: &folder,
            plan: self.plan,
            link_mode: LinkMode::Copy,
            store: self.store,
            git: self.git,
            from_cargo: self.from_cargo,
        }
        .write(progress)?;
        write_tar(folder.as_std_path(), TAR_FOLDER, out)?;
        let report = self.report(path, &written, true);
        Ok(VendorReport {
            config: self.config(Utf8Path::new(TAR_FOLDER)),
            ..report
        })
    }

    fn report(&self, to: &Utf8Path, written: &Written, changed: bool) -> VendorReport {
        let mut warnings = super::facts::lock_warnings(self.lock);
        if !written.gone.is_empty() {
            let crates = written.gone.clone();
            warnings.push(Warning::GoneCrates { crates });
        }
        warnings.extend(super::facts::yanked_warning(self.lock, self.store));
        VendorReport {
            vendor_dir: to.to_string(),
            crates: written.crates,
            stubs: self.plan.stubs(),
            changed,
            config: self.config(to),
            warnings,
        }
    }

    fn config(&self, to: &Utf8Path) -> String {
        match self.options.layout {
            Layout::Cargo | Layout::ImportCargoLock => source_replacement(to, self.lock),
            Layout::FetchCargoVendor => String::new(),
            Layout::FetchCargoVendorUnpacked => {
                unpacked_config(self.lock, &SourceNumbers::of(self.lock), to.as_str())
            }
        }
    }
}
