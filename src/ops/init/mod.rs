//! `init`: generates a flake for a uv workspace and the overlay that it imports,
//! or the attributes to paste into an existing flake.

mod configuration;
mod members;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::configured::Configured;
use super::lock::{LockReport, LockRequest, lock};
use super::locked::{self, Asked};
use super::overlay::Writing;
use super::submodules::require_member;
use crate::error::{Error, Exit};
use crate::io::paths::{exists, is_folder, is_link, join_below, path_from};
use crate::io::search_up::{find_file_above, is_in_repository};
use crate::io::write::{NewFile, create_files, read_text};
use crate::io::{IoError, Session};
use crate::nix::flake::{
    Dependencies, ExistingFlake, Flake, FlakeInput, ImportedOverlay, InitError, PYTHON_VERSION_FILE,
};
use crate::nix::{Form, empty_overlay, normalized};
use crate::options::{Chosen, Layers, Options, Setting};
use crate::overlay::unified_diff;
use crate::project::{Pyproject, PythonName, SourceFiles, require_name};
use crate::python_lock::{
    ConflictItem, Preference, PythonLock, parse_python_version, python_version_override,
};
use crate::target::{Platform, Python, Toolchains, allows_python};
use crate::warning::{Warning, WarningReport, as_reports};
use configuration::{Configuration, ConfiguredFile};
use members::Members;

/// The arguments of `init`.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The workspace's folder.
    pub folder: Utf8PathBuf,
    /// The minor version of Python 3.
    pub python_minor: Option<u8>,
    /// Whether wheels or sdists are preferred where the lock has both.
    pub preference: Option<Preference>,
    /// Whether to write the stanzas of the lock's packages to the overlay.
    pub lock: bool,
    /// Whether to add the configuration to `pyproject.toml`.
    pub configure: bool,
    /// Whether to write and fetch nothing.
    pub dry_run: bool,
}

/// What `cargo pyhack init --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InitReport {
    /// The flake's Python.
    pub python: String,
    /// The platforms of the flake.
    pub platforms: Vec<String>,
    /// The overlay file.
    pub overlay: String,
    /// The files that were written, or would be with `--dry-run`.
    pub written: Vec<String>,
    /// The existing files, which are never changed.
    pub kept: Vec<String>,
    /// The workspace members that contain Rust.
    pub rust: Vec<String>,
    /// The extras and groups that were chosen from sets of conflicting ones
    /// (`tool.uv.conflicts`).
    pub conflicts: Vec<ChosenMember>,
    /// The build systems of workspace members that neither the lockfile nor
    /// pyproject-build-systems has.
    pub missing_build_systems: Vec<String>,
    /// The names of the required inputs in an existing flake; null for an input
    /// that it lacks. Empty if there was no flake.
    pub inputs: BTreeMap<String, Option<String>>,
    /// The attributes to paste into an existing flake; empty if it needs none.
    pub wiring: String,
    /// The lines to add to `pyproject.toml`, by which other commands find the
    /// files; empty if it has them or `--configure` added them.
    pub configuration: String,
    /// The changes as a unified diff.
    pub diff: String,
    /// The report of `lock`; null if the overlay existed, or with `--no-lock`.
    pub lock: Option<LockReport>,
    /// Whether the folder is in a git repository. Nix then copies only the files
    /// that git tracks.
    pub is_in_git: bool,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// A chosen extra or group of a conflicting set.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChosenMember {
    /// The member of the workspace.
    pub package: String,
    /// The extra or group.
    pub name: String,
    /// Whether it is a dependency group.
    pub is_group: bool,
    /// The members of the set that the flake leaves out, as `PACKAGE[EXTRA]` or
    /// `PACKAGE:GROUP`.
    pub excludes: Vec<String>,
}

/// Generates the files for a workspace.
///
/// # Errors
/// Fails if the folder isn't a workspace, a file can't be read or written, or
/// every Python is excluded. It then writes nothing. Errors of single packages
/// are in the report of the lock.
pub fn init(options: &InitOptions, session: &Session) -> Result<InitReport, Error> {
    let workspace = Workspace::read(options, session)?;
    let place = |name: &str| join_below(&options.folder, name);
    let overlay = join_below(&options.folder, &workspace.overlay);
    let flake_file = place("flake.nix");
    let overlay_text = existing(&overlay)?;
    let flake_text = existing(&flake_file)?;
    let pyproject = workspace.configured(options)?;

    let path = workspace.overlay.to_string();
    let imported = match &overlay_text {
        Some(text) => ImportedOverlay::existing(path, text),
        None => ImportedOverlay::generated(path),
    };
    let flake = workspace.flake(imported);
    let mut report = workspace.report(&flake, &overlay);
    let mut files = Vec::new();
    match overlay_text {
        Some(_) => report.kept.push(overlay.to_string()),
        None if options.lock => report.lock(workspace.lock(options, overlay, session)?),
        None => files.push((overlay, empty_overlay(Form::File).unwrap_or_default())),
    }
    match flake_text {
        Some(text) => report.keep(&flake_file, &flake, &text),
        None => files.push((flake_file, flake.print())),
    }
    for (path, text) in &files {
        report.written.push(path.to_string());
        report.diff.push_str(&unified_diff("", text, path.as_str()));
    }
    let files = files.into_iter().map(|(path, text)| NewFile {
        path,
        bytes: text.into_bytes(),
    });
    let files: Vec<_> = files.collect();
    if !options.dry_run {
        create_files(&files)?;
    }
    if let Some(pyproject) = pyproject {
        if !options.dry_run {
            pyproject.write()?;
        }
        report.configured(&pyproject);
    }
    Ok(report)
}

/// The workspace in a folder, and the choices that follow from it.
struct Workspace {
    name: String,
    python_lock: Arc<PythonLock>,
    members: Members,
    dependencies: Dependencies,
    has_tables_of_requirements: bool,
    python_minor: u8,
    preference: Preference,
    platforms: Vec<Platform>,
    /// The options for `lock`.
    layers: Layers,
    /// Relative to the folder.
    overlay: Utf8PathBuf,
    is_configured: bool,
    is_in_git: bool,
    warnings: Vec<Warning>,
}

impl Workspace {
    fn read(options: &InitOptions, session: &Session) -> Result<Self, Error> {
        let folder = &options.folder;
        require_folder(folder)?;
        let pyproject = pyproject(folder)?;
        let python_lock = python_lock(folder, session)?;
        let name = pyproject.name.as_deref().map(PythonName::new);
        if let Some(name) = &name {
            // It becomes part of derivation names, in which Nix allows few
            // characters.
            require_name(name, folder.as_str())?;
        }
        let file = read_text(&join_below(folder, Utf8Path::new(PYTHON_VERSION_FILE)))?;
        let file = file.filter(|_| options.python_minor.is_none());
        let requires = python_lock.requires_python.as_deref();
        require_allowed(options.python_minor, file.as_deref(), requires)?;

        let configured = Configured::find_for(folder)?;
        let overlay = configured.as_ref().and_then(Configured::overlay);
        let overlay = overlay.map(|overlay| path_from(folder, &overlay));
        let overlay = overlay.transpose()?;
        let layers = layers(options, &configured.unwrap_or_default());
        let common = layers.common();
        let locked = locked::Workspace::read(&join_below(folder, "uv.lock"), session)?;
        let asked = Asked::of(&common, &locked)?;
        let python_minor = asked.python_minor().unwrap_or_default();
        for (package, below) in python_lock.folders() {
            let label = package.to_string();
            let lock = join_below(folder, "uv.lock");
            require_member(&join_below(folder, below), lock.as_str(), &label)?;
        }
        let members = Members::read(folder, &python_lock, &asked, session);
        let mut warnings = asked.warnings.clone();
        // The flake has a workaround for both.
        warnings.retain(|warning| {
            !matches!(
                warning,
                Warning::PythonPatchNotAllowed { .. } | Warning::TablesOfRequirements { .. }
            )
        });
        if file.is_some_and(|text| parse_python_version(&text).is_none()) {
            warnings.push(Warning::PythonVersion { python_minor });
        }
        Ok(Self {
            name: name.map_or_else(|| "workspace".to_owned(), |name| name.to_string()),
            dependencies: Dependencies::choose(&python_lock, &members.default_groups),
            members,
            has_tables_of_requirements: !locked.settings.tables_of_requirements.is_empty(),
            python_minor,
            preference: asked.preference,
            platforms: asked.platforms(),
            layers,
            is_configured: overlay.is_some(),
            overlay: overlay.unwrap_or_else(|| "overlay.nix".into()),
            is_in_git: is_in_repository(folder),
            warnings,
            python_lock,
        })
    }

    fn flake(&self, overlay: ImportedOverlay) -> Flake {
        let requires = self.python_lock.requires_python.as_deref();
        Flake {
            name: self.name.clone(),
            python_minor: self.python_minor,
            python_version: python_version_override(requires, self.python_minor),
            platforms: self.platforms.clone(),
            preference: self.preference,
            overlay,
            dependencies: self.dependencies.clone(),
            has_tables_of_requirements: self.has_tables_of_requirements,
            missing_build_systems: self.members.missing_build_systems.clone(),
            shell: self.members.shell.clone(),
        }
    }

    /// Writes a new overlay with the stanzas of the lock, like `lock --write`.
    fn lock(
        &self,
        options: &InitOptions,
        overlay: Utf8PathBuf,
        session: &Session,
    ) -> Result<LockReport, Error> {
        let request = LockRequest {
            layers: self.layers.clone(),
            writing: Some(Writing {
                file: overlay,
                form: Form::File,
                force: false,
                dry_run: options.dry_run,
                formatter: None,
            }),
            is_plan: options.dry_run,
            ..LockRequest::default()
        };
        lock(&request, session)
    }

    /// Returns the missing configuration; empty if the project has one.
    fn configuration(&self) -> Configuration {
        let mut configuration = Configuration::default();
        if self.is_configured {
            return configuration;
        }
        configuration.add("overlay", self.overlay.as_str());
        configuration.add("uv-lock", "uv.lock");
        let typed = &self.layers.command_line;
        if let Some(python) = typed.target.python.chosen() {
            configuration.add("python", &python.to_string());
        }
        if let Some(preference) = typed.environment.source_preference.chosen() {
            configuration.add("source-preference", preference.word());
        }
        configuration
    }

    /// Returns `pyproject.toml` with the configuration added; `None` if that isn't
    /// requested or the project has a configuration.
    fn configured(&self, options: &InitOptions) -> Result<Option<ConfiguredFile>, Error> {
        if self.is_configured || !options.configure {
            return Ok(None);
        }
        let path = join_below(&options.folder, "pyproject.toml");
        self.configuration().put_into(&path).map(Some)
    }

    fn report(&self, flake: &Flake, overlay: &Utf8Path) -> InitReport {
        let platforms = self.platforms.iter().map(|each| each.system().to_owned());
        let missing = self.members.missing_build_systems.iter();
        InitReport {
            python: format!("3.{}", flake.python_minor),
            platforms: platforms.collect(),
            overlay: overlay.to_string(),
            written: Vec::new(),
            kept: Vec::new(),
            rust: self.members.with_rust.clone(),
            conflicts: chosen_members(&self.python_lock, &self.dependencies),
            missing_build_systems: missing.map(ToString::to_string).collect(),
            inputs: BTreeMap::new(),
            wiring: String::new(),
            configuration: self.configuration().to_string(),
            diff: String::new(),
            lock: None,
            is_in_git: self.is_in_git,
            warnings: self.warnings.clone(),
        }
    }
}

/// Returns the options for `lock`: those of the command line, which override the
/// configuration.
fn layers(options: &InitOptions, configured: &Configured) -> Layers {
    let mut typed = Options::default();
    typed.input.uv_lock = Some(join_below(&options.folder, "uv.lock"));
    typed.target.python = options
        .python_minor
        .map(|minor| Setting::new(Python::regular(minor)));
    typed.environment.source_preference = options.preference.map(Setting::new);
    configured.layers(typed)
}

/// Refuses a requested Python that `requires-python` doesn't allow, instead of
/// generating a flake with another one.
fn require_allowed(
    typed: Option<u8>,
    file: Option<&str>,
    requires: Option<&str>,
) -> Result<(), InitError> {
    let by_flag = typed.map(|minor| ("--python", minor));
    let by_file = || Some((PYTHON_VERSION_FILE, parse_python_version(file?)?));
    let asked = by_flag.or_else(by_file);
    let refused = asked.filter(|(_, minor)| !allows_python(requires, *minor));
    let requires_text = requires.unwrap_or_default().to_owned();
    if let Some((asked, minor)) = refused {
        return Err(InitError::Python {
            asked,
            minor,
            requires: requires_text,
        });
    }
    if asked.is_none() && Toolchains::built_in().pythons(requires).is_empty() {
        return Err(InitError::NoPython {
            requires: requires_text,
        });
    }
    Ok(())
}

/// Returns the members of conflicting sets that the flake has.
fn chosen_members(lock: &PythonLock, dependencies: &Dependencies) -> Vec<ChosenMember> {
    let chosen = dependencies.members.chosen.iter();
    let chosen = chosen.filter_map(|member| {
        let sets = lock.conflicts.iter().filter(|set| set.contains(member));
        let others = sets.flatten().filter(|other| *other != member);
        let others: BTreeSet<_> = others.map(ToString::to_string).collect();
        Some(ChosenMember {
            package: member.package.to_string(),
            name: member.item.name()?.to_owned(),
            is_group: matches!(member.item, ConflictItem::Group(_)),
            excludes: others.into_iter().collect(),
        })
    });
    chosen.collect()
}

impl InitReport {
    /// Returns the exit code, which the lock's packages decide.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.lock.as_ref().map_or(Exit::Done, LockReport::exit)
    }

    /// Adds the report of `lock`.
    fn lock(&mut self, mut lock: LockReport) {
        // They are among the flake's warnings, too.
        lock.warnings.clear();
        lock.forget_saved();
        if lock.written.files.is_empty() {
            // The report of a plan has no files.
            self.written.push(self.overlay.clone());
        }
        self.written.extend(lock.written.files.iter().cloned());
        self.diff.push_str(&lock.written.diff);
        self.lock = Some(lock);
    }

    /// Adds the file that `--configure` changed.
    fn configured(&mut self, file: &ConfiguredFile) {
        self.written.push(file.path.to_string());
        self.diff.push_str(&file.diff());
        self.configuration.clear();
    }

    /// Adds what an existing flake lacks.
    fn keep(&mut self, file: &Utf8Path, flake: &Flake, text: &str) {
        self.kept.push(file.to_string());
        let existing = ExistingFlake::read(text).unwrap_or_else(|| {
            let file = file.to_string();
            self.warnings.push(Warning::UnreadFlake { file });
            ExistingFlake::default()
        });
        let name = |input: FlakeInput| existing.input_name(input).map(str::to_owned);
        let inputs = FlakeInput::ALL.into_iter();
        self.inputs = inputs
            .map(|input| (input.name().to_owned(), name(input)))
            .collect();
        if !existing.mentions_path(&flake.overlay.path) {
            self.wiring = flake.wiring(&existing);
        }
    }
}

fn require_folder(folder: &Utf8Path) -> Result<(), Error> {
    if is_folder(folder) {
        return Ok(());
    }
    if exists(folder) {
        let folder = folder.to_string();
        return Err(InitError::NotAFolder { folder }.into());
    }
    let path = folder.to_owned();
    Err(IoError::NotFound { path }.into())
}

fn pyproject(folder: &Utf8Path) -> Result<Pyproject, Error> {
    let name = Utf8Path::new("pyproject.toml");
    let mut files = SourceFiles::new(folder.as_str());
    if let Some(text) = read_text(&join_below(folder, name))? {
        files.insert(name, Some(text.into_bytes()));
    }
    Ok(Pyproject::read(&files, Utf8Path::new("."))?)
}

fn python_lock(folder: &Utf8Path, session: &Session) -> Result<Arc<PythonLock>, Error> {
    let path = join_below(folder, "uv.lock");
    if let Some(lock) = session.python_lock(&path)? {
        return Ok(lock);
    }
    let found = find_file_above(folder, "uv.lock");
    let above = found.and_then(|lock| path_from(folder, lock.parent()?).ok());
    Err(InitError::NoLock {
        folder: folder.to_string(),
        above: above.map(|way| normalized(&join_below(folder, &way)).to_string()),
    }
    .into())
}

/// Returns the text of a file, or `None` if it doesn't exist. Fails on a broken
/// link.
fn existing(path: &Utf8Path) -> Result<Option<String>, Error> {
    match read_text(path)? {
        None if is_link(path) => Err(IoError::NoFile {
            path: path.to_owned(),
        }
        .into()),
        text => Ok(text),
    }
}
