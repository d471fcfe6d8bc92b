//! `init`: a flake for a uv workspace and the overlay that it imports, or what
//! goes into the flake that is there.

mod members;
mod python;

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use super::configured::Configured;
use crate::error::Error;
use crate::io::paths::{exists, is_folder, is_link, join_below, path_from};
use crate::io::search_up::find_file_above;
use crate::io::write::{NewFile, create_files, read_text};
use crate::io::{IoError, Session};
use crate::nix::flake::{
    ExistingFlake, Flake, FlakeInput, ImportedOverlay, InitError, PYTHON_VERSION_FILE,
};
use crate::nix::{Form, empty_overlay, normalized};
use crate::overlay::unified_diff;
use crate::project::{Pyproject, PythonName, SourceFiles, require_name};
use crate::python_lock::{Preference, PythonLock, choose_python, parse_python_version};
use crate::warning::{Warning, WarningReport, as_reports};
use members::Members;
use python::Wanted;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The workspace's folder.
    pub folder: Utf8PathBuf,
    /// The minor version of Python 3.
    pub python_minor: Option<u8>,
    /// What is taken where the lock has both wheels and an sdist.
    pub preference: Preference,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// What `cargo pyhack init --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InitReport {
    /// The flake's Python.
    pub python: String,
    /// The overlay file.
    pub overlay: String,
    /// The files that were written, or would be with `--dry-run`.
    pub written: Vec<String>,
    /// The files that were there, and stay as they are.
    pub kept: Vec<String>,
    /// The members of the workspace that have Rust in them.
    pub rust: Vec<String>,
    /// What the inputs that are needed are called in the flake that was there;
    /// null for one that it lacks. Nothing without such a flake.
    pub inputs: BTreeMap<String, Option<String>>,
    /// What to paste into the flake that was there: attributes. Empty where
    /// nothing is to be done.
    pub wiring: String,
    /// What to put into `pyproject.toml`, so that other commands know the
    /// files; empty where an overlay is configured.
    pub configuration: String,
    /// What is written, as a unified diff.
    pub diff: String,
    /// What will or may fail, and what to do.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
}

/// Makes the files for a workspace.
///
/// # Errors
/// Where there is no workspace, something can't be read or written, or no
/// Python fits; nothing is written then.
pub fn init(options: &InitOptions, session: &Session) -> Result<InitReport, Error> {
    let workspace = Workspace::read(options, session)?;
    let place = |name: &str| join_below(&options.folder, name);
    let overlay = join_below(&options.folder, &workspace.overlay);
    let flake_file = place("flake.nix");
    let overlay_text = existing(&overlay)?;
    let flake_text = existing(&flake_file)?;

    let path = workspace.overlay.to_string();
    let imported = match &overlay_text {
        Some(text) => ImportedOverlay::existing(path, text),
        None => ImportedOverlay::generated(path),
    };
    let flake = workspace.flake(imported, options.preference);
    let mut report = workspace.report(&flake, &overlay);
    let mut files = Vec::new();
    match overlay_text {
        Some(_) => report.kept.push(overlay.to_string()),
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
    Ok(report)
}

/// What the folder says.
struct Workspace {
    name: String,
    lock: Arc<PythonLock>,
    members: Members,
    python_minor: u8,
    /// Whether `lock` takes that Python by itself.
    is_usual_python: bool,
    /// From the folder.
    overlay: Utf8PathBuf,
    is_configured: bool,
    warnings: Vec<Warning>,
}

impl Workspace {
    fn read(options: &InitOptions, session: &Session) -> Result<Self, Error> {
        let folder = &options.folder;
        require_folder(folder)?;
        let pyproject = pyproject(folder)?;
        let lock = lock(folder, session)?;
        let name = pyproject.name.as_deref().map(PythonName::new);
        if let Some(name) = &name {
            // It goes into those of derivations, which Nix is strict about.
            require_name(name, folder.as_str())?;
        }
        let file = read_text(&join_below(folder, Utf8Path::new(PYTHON_VERSION_FILE)))?;
        let members = Members::read(folder, &lock, options.python_minor, session);
        let requires = lock
            .requires_python
            .as_deref()
            .or(pyproject.requires_python.as_deref());
        let wanted = Wanted {
            asked: options.python_minor,
            file: file.as_deref(),
            requires,
            newest: members.newest_python,
            wheels: (options.preference == Preference::Wheel).then_some(&*lock),
        };
        let python_minor = wanted.choose()?;
        let usual = choose_python(file.as_deref(), lock.requires_python.as_deref());
        let is_unread = options.python_minor.is_none()
            && file.is_some_and(|text| parse_python_version(&text).is_none());
        let warnings = is_unread.then_some(Warning::PythonVersion { python_minor });
        let configured = overlay(folder)?;
        Ok(Self {
            name: name.map_or_else(|| "workspace".to_owned(), |name| name.to_string()),
            members,
            python_minor,
            is_usual_python: python_minor == usual,
            is_configured: configured.is_some(),
            overlay: configured.unwrap_or_else(|| "overlay.nix".into()),
            warnings: warnings.into_iter().collect(),
            lock,
        })
    }

    fn flake(&self, overlay: ImportedOverlay, preference: Preference) -> Flake {
        Flake {
            name: self.name.clone(),
            python_minor: self.python_minor,
            preference,
            overlay,
            has_conflicts: !self.lock.conflicts.is_empty(),
            shell: self.members.shell.clone(),
        }
    }

    fn report(&self, flake: &Flake, overlay: &Utf8Path) -> InitReport {
        let configuration = if self.is_configured {
            String::new()
        } else {
            let python = if self.is_usual_python {
                String::new()
            } else {
                format!("python = \"3.{}\"\n", flake.python_minor)
            };
            let preference = match flake.preference {
                Preference::Wheel => "",
                Preference::Sdist => "source-preference = \"sdist\"\n",
            };
            format!(
                "[tool.cargo-pyhack]\noverlay = \"{}\"\nuv-lock = \"uv.lock\"\n{python}{preference}",
                self.overlay
            )
        };
        InitReport {
            python: format!("3.{}", flake.python_minor),
            overlay: overlay.to_string(),
            written: Vec::new(),
            kept: Vec::new(),
            rust: self.members.with_rust.clone(),
            inputs: BTreeMap::new(),
            wiring: String::new(),
            configuration,
            diff: String::new(),
            warnings: self.warnings.clone(),
        }
    }
}

impl InitReport {
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

fn lock(folder: &Utf8Path, session: &Session) -> Result<Arc<PythonLock>, Error> {
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

/// The overlay that is configured, from the folder.
fn overlay(folder: &Utf8Path) -> Result<Option<Utf8PathBuf>, Error> {
    let configured = Configured::find_from(folder)?;
    Ok(configured.and_then(|configured| configured.overlay()))
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
