//! `init`: a flake for a uv workspace and the overlay that it imports, or what
//! goes into the flake that is there.

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

/// What is asked for.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The workspace's folder.
    pub folder: Utf8PathBuf,
    /// The minor version of Python 3.
    pub python_minor: Option<u8>,
    /// What is taken where the lock has both wheels and an sdist.
    pub preference: Option<Preference>,
    /// Whether the overlay gets the stanzas of the lock.
    pub lock: bool,
    /// Whether the configuration is put into `pyproject.toml`.
    pub configure: bool,
    /// Whether nothing is written and nothing fetched.
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
    /// The files that were there, and stay as they are.
    pub kept: Vec<String>,
    /// The members of the workspace that have Rust in them.
    pub rust: Vec<String>,
    /// The extras and groups that conflict (`tool.uv.conflicts`), and which of
    /// them the flake has.
    pub conflicts: Vec<ChosenMember>,
    /// The build systems of the workspace's members that neither the lock nor
    /// the package set has.
    pub missing_build_systems: Vec<String>,
    /// What the inputs that are needed are called in the flake that was there;
    /// null for one that it lacks. Nothing without such a flake.
    pub inputs: BTreeMap<String, Option<String>>,
    /// What to paste into the flake that was there: attributes. Empty where
    /// nothing is to be done.
    pub wiring: String,
    /// What to put into `pyproject.toml`, so that other commands know the
    /// files; empty where an overlay is configured, or `--configure` did it.
    pub configuration: String,
    /// What is written, as a unified diff.
    pub diff: String,
    /// What `lock` says; null where the overlay was there, or with `--no-lock`.
    pub lock: Option<LockReport>,
    /// Whether the folder is in a git repository, of which a flake has only the
    /// files that git knows.
    pub is_in_git: bool,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// An extra or group that conflicts with others.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChosenMember {
    /// The member of the workspace.
    pub package: String,
    /// The extra or group.
    pub name: String,
    /// Whether it is a dependency group.
    pub is_group: bool,
    /// The others that the flake is without, as `PACKAGE[EXTRA]` or
    /// `PACKAGE:GROUP`.
    pub excludes: Vec<String>,
}

/// Makes the files for a workspace.
///
/// # Errors
/// Where there is no workspace, something can't be read or written, or no
/// Python fits; nothing is written then. What is wrong with single packages of
/// the lock is in its report.
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

/// What the folder says.
struct Workspace {
    name: String,
    python_lock: Arc<PythonLock>,
    members: Members,
    dependencies: Dependencies,
    has_tables_of_requirements: bool,
    python_minor: u8,
    preference: Preference,
    platforms: Vec<Platform>,
    /// How `lock` is asked for the same.
    layers: Layers,
    /// From the folder.
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
            // It goes into those of derivations, which Nix is strict about.
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
        let members = Members::read(folder, &python_lock, &asked, session);
        let mut warnings = asked.warnings.clone();
        // The flake sees to that.
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

    /// Puts the stanzas of the lock into a new overlay, as `lock --write` does.
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

    /// The lines of the configuration that are missing; empty where there is
    /// one.
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

    /// The `pyproject.toml` with the configuration; nothing where that isn't
    /// asked for, or it is there.
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

/// What `lock` is asked for: what was typed, over the configuration.
fn layers(options: &InitOptions, configured: &Configured) -> Layers {
    let mut typed = Options::default();
    typed.input.uv_lock = Some(join_below(&options.folder, "uv.lock"));
    typed.target.python = options
        .python_minor
        .map(|minor| Setting::new(Python::regular(minor)));
    typed.environment.source_preference = options.preference.map(Setting::new);
    configured.layers(typed)
}

/// Refuses a Python that `requires-python` doesn't allow: the flake would have
/// another one than who asked for it expects.
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

/// The members of conflicting sets that the flake has, each with the others.
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
    /// The exit code: that of the lock's packages.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.lock.as_ref().map_or(Exit::Done, LockReport::exit)
    }

    /// Takes over what `lock` did.
    fn lock(&mut self, mut lock: LockReport) {
        // They are told once, with the flake's.
        lock.warnings.clear();
        lock.forget_saved();
        if lock.files.is_empty() {
            // A plan names no files.
            self.written.push(self.overlay.clone());
        }
        self.written.extend(lock.files.iter().cloned());
        self.diff.push_str(&lock.diff);
        self.lock = Some(lock);
    }

    /// Takes over what `--configure` did.
    fn configured(&mut self, file: &ConfiguredFile) {
        self.written.push(file.path.to_string());
        self.diff.push_str(&file.diff());
        self.configuration.clear();
    }

    /// Says what a flake that is there lacks.
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

/// The text of a file that is there. A link is there too, wherever it leads.
fn existing(path: &Utf8Path) -> Result<Option<String>, Error> {
    match read_text(path)? {
        None if is_link(path) => Err(IoError::NoFile {
            path: path.to_owned(),
        }
        .into()),
        text => Ok(text),
    }
}
