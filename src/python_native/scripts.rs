//! Reads the requests of a build's Python files.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::Source;
use super::headers::missing_headers;
use super::request::{Asked, Request};
use crate::native::ProgramTable;
use crate::project::{Pyproject, join, join_inside};
use crate::python::{
    Certainty, NativeCode, NativeExtension, Platform, ProgramCall, Situation, read_native,
};
use crate::python_build::Place;

/// Scripts without any of these words need not be parsed.
const WORDS: [&str; 17] = [
    "cffi_modules",
    "Extension",
    "extension",
    "set_source",
    "pkg-config",
    "pkgconfig",
    "cmake",
    "urlopen",
    "urlretrieve",
    "requests.",
    "httpx.",
    "wget",
    "subprocess",
    "os.system",
    "popen",
    "spawn",
    "check_call",
];

/// Upper bound on the number of scripts.
const MAX_SCRIPTS: usize = 100;

/// The requests of all scripts.
#[derive(Debug, Default)]
pub(super) struct ScriptRequests {
    pub requests: Vec<Request>,
    /// The libraries that the source builds.
    pub own_libraries: BTreeSet<String>,
}

/// Reads the scripts of a source, and the extensions in `pyproject.toml`.
pub(super) fn read(source: &Source<'_>, python_minor: u8, platform: Platform) -> ScriptRequests {
    let mut found = ScriptRequests::default();
    let mut open: BTreeSet<_> = source.facts.scripts.iter().cloned().collect();
    let mut done = BTreeSet::new();
    while let Some(file) = open.pop_first() {
        let Ok(Some(text)) = source.files.text(&file) else {
            continue;
        };
        let concerns_it = text.contains("-config") || WORDS.iter().any(|word| text.contains(word));
        if !concerns_it || !done.insert(file.clone()) || done.len() > MAX_SCRIPTS {
            continue;
        }
        if let Ok(code) = read_script(source, &file, text, python_minor, platform) {
            let scripts = code.cffi_scripts.iter();
            let scripts = scripts.filter_map(|path| join_inside(source.python_root, path));
            open.extend(scripts.filter(|path| !done.contains(path)));
            let asked_before = found.requests.len();
            found.requests.extend(missing_headers(source, &file, &code));
            found.add(&file, code);
            if !is_build_script(source, &file) {
                let own = found.requests.split_off(asked_before);
                let own = own.into_iter();
                let own = own.filter(|own| !matches!(own.asked, Asked::Download(_)));
                found.requests.extend(own);
            }
        }
    }
    found.add_tables(source);
    found
}

fn read_script(
    source: &Source<'_>,
    file: &Utf8Path,
    text: &str,
    python_minor: u8,
    platform: Platform,
) -> Result<NativeCode, crate::python::Note> {
    let exists = |path: &str| {
        let path = join_inside(source.python_root, path)?;
        Some(path == "." || source.files.has(&path) || source.files.has_folder(&path))
    };
    let below = file.strip_prefix(source.python_root).unwrap_or(file);
    let module_name = match below.as_str() {
        "setup.py" => "__main__",
        _ => below.file_stem().unwrap_or_default(),
    };
    let situation = Situation {
        exists: &exists,
        file: below.as_str(),
        module_name,
        command: "bdist_wheel",
        python_minor: &|| python_minor,
        platform,
    };
    read_native(text, &situation)
}

impl ScriptRequests {
    fn add(&mut self, file: &Utf8Path, code: NativeCode) {
        self.own_libraries.extend(code.own_libraries);
        for extension in code.extensions {
            self.add_extension(&Place::line(file, extension.line), extension);
        }
        for module in code.modules {
            self.requests.push(Request {
                asked: Asked::Module(module.text),
                is_required: true,
                extension: None,
                place: Place::line(file, module.line),
            });
        }
        for call in code.unread_modules {
            self.requests.push(Request {
                asked: Asked::Unread(format!("the arguments of `{}`", call.text)),
                is_required: true,
                extension: None,
                place: Place::line(file, call.line),
            });
        }
        for fetcher in code.fetchers {
            self.requests.push(Request {
                asked: Asked::Download(fetcher.text),
                is_required: true,
                extension: None,
                place: Place::line(file, fetcher.line),
            });
        }
        for command in code.commands {
            self.add_command(&Place::line(file, command.line), &command);
        }
    }

    fn add_extension(&mut self, place: &Place, extension: NativeExtension) {
        let mut asked: Vec<_> = extension
            .libraries
            .into_iter()
            .map(Asked::Library)
            .collect();
        let mut programs = extension.sources.iter().filter_map(|path| compiler(path));
        asked.extend(programs.next().map(|name| Asked::Program(name.to_owned())));
        let is_certain = extension.certainty == Certainty::Certain;
        let unread = extension.unread.into_iter().filter(|_| is_certain);
        asked.extend(unread.map(|note| Asked::Unread(note.what)));
        for asked in asked {
            self.requests.push(Request {
                asked,
                is_required: true,
                extension: extension.name.clone(),
                place: place.clone(),
            });
        }
    }

    fn add_command(&mut self, place: &Place, command: &ProgramCall) {
        let program = command.program.rsplit('/').next().unwrap_or_default();
        if !is_plain(program) {
            return;
        }
        let mut ask = |asked, is_required| {
            self.requests.push(Request {
                asked,
                is_required,
                extension: None,
                place: place.clone(),
            });
        };
        let arguments = command.arguments.iter().map(String::as_str);
        let programs = ProgramTable::built_in();
        if !command.is_lookup
            && let Some(download) = programs.download(&command.program, arguments)
        {
            ask(Asked::Download(download), true);
            return;
        }
        ask(Asked::Program(program.to_owned()), true);
        if program != "pkg-config" {
            return;
        }
        let is_question = command
            .arguments
            .iter()
            .any(|argument| argument == "--exists");
        let words = command.arguments.iter().map(String::as_str);
        let modules = words.flat_map(crate::python::module_names);
        for module in modules.filter(|module| is_plain(module)) {
            ask(Asked::Module(module), !is_question);
        }
    }

    /// Adds the extensions in `[[tool.setuptools.ext-modules]]`.
    fn add_tables(&mut self, source: &Source<'_>) {
        let Ok(pyproject) = Pyproject::read(source.files, source.python_root) else {
            return;
        };
        let place = Place::file(&join(source.python_root, "pyproject.toml"));
        let tables = pyproject.tool(&["setuptools", "ext-modules"]);
        let tables = tables.and_then(toml::Value::as_array).into_iter().flatten();
        for table in tables {
            let texts = |key: &str| -> Vec<String> {
                let list = table.get(key).and_then(toml::Value::as_array);
                let texts = list.into_iter().flatten().filter_map(toml::Value::as_str);
                texts.map(str::to_owned).collect()
            };
            let extension = NativeExtension {
                line: 1,
                name: table
                    .get("name")
                    .and_then(toml::Value::as_str)
                    .map(str::to_owned),
                sources: texts("sources"),
                libraries: texts("libraries"),
                unread: Vec::new(),
                certainty: Certainty::Certain,
            };
            self.add_extension(&place, extension);
        }
    }
}

/// Returns the program that compiles a source file, if it isn't the C compiler.
fn compiler(path: &str) -> Option<&'static str> {
    let extension = Utf8Path::new(path).extension()?;
    match extension.to_ascii_lowercase().as_str() {
        "i" => Some("swig"),
        "f" | "for" | "f90" | "f95" | "pyf" => Some("gfortran"),
        _ => None,
    }
}

/// Tells whether a name has no placeholder.
fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    !name.is_empty()
        && characters.all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+'))
}
/// Tells whether a file belongs to the build: `setup.py`, a hook, or a module of
/// an in-tree backend. Other modules may be parts of the package, which
/// `setup.py` imports for its version.
fn is_build_script(source: &Source<'_>, file: &Utf8Path) -> bool {
    let below = file.strip_prefix(source.python_root).unwrap_or(file);
    let is_hook = matches!(
        below.as_str(),
        "setup.py" | "build.py" | "hatch_build.py" | "pdm_build.py"
    );
    let mut folders = source.facts.backend_path.iter();
    is_hook
        || folders.any(|folder| {
            join_inside(source.python_root, folder)
                .is_some_and(|folder| folder == "." || file.starts_with(folder))
        })
}
