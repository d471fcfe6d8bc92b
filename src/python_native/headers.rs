//! Headers that an sdist should have and doesn't.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::Source;
use super::request::{Asked, Request};
use crate::project::{Include, PythonName, join_inside};
use crate::python::{Certainty, NativeCode, NativeExtension};
use crate::python_build::Place;

/// Folders of the headers that Python, the C library and the kernel have.
const SYSTEM_FOLDERS: [&str; 14] = [
    "cpython",
    "internal",
    "sys",
    "linux",
    "net",
    "netinet",
    "arpa",
    "asm",
    "asm-generic",
    "bits",
    "gnu",
    "mach",
    "machine",
    "os",
];

/// Returns a request for each extension whose source includes a header in a
/// folder, such as `"tree_sitter/parser.h"`, that the sdist has nowhere.
///
/// Extensions that take something from elsewhere are passed over, since the
/// header may be there: those that link libraries, and scripts that ask
/// pkg-config or run programs.
pub(super) fn missing_headers(
    source: &Source<'_>,
    script: &Utf8Path,
    code: &NativeCode,
) -> Vec<Request> {
    let is_alone = code.modules.is_empty()
        && code.unread_modules.is_empty()
        && code.commands.is_empty()
        && code.fetchers.is_empty();
    let extensions = code.extensions.iter().filter(|extension| {
        is_alone
            && extension.certainty == Certainty::Certain
            && extension.libraries.is_empty()
            && extension.unread.is_empty()
    });
    let requests = extensions.filter_map(|extension| {
        Some(Request {
            asked: missing_header(source, extension)?,
            is_required: true,
            extension: extension.name.clone(),
            place: Place::line(script, extension.line),
        })
    });
    requests.collect()
}

fn missing_header(source: &Source<'_>, extension: &NativeExtension) -> Option<Asked> {
    let sources = extension.sources.iter();
    let mut sources = sources.filter_map(|path| join_inside(source.python_root, path));
    sources.find_map(|path| {
        let mut includes = source.files.includes(&path).iter();
        let include = includes.find(|include| is_missing(source, include))?;
        Some(Asked::Header {
            path: include.header.clone(),
            place: Place::line(&path, include.line),
        })
    })
}

fn is_missing(source: &Source<'_>, include: &Include) -> bool {
    let header = Utf8Path::new(&include.header);
    let mut parts = header.components();
    let may_be_missing = match parts.next() {
        Some(Utf8Component::Normal(first)) => {
            let is_of_system = SYSTEM_FOLDERS.contains(&first);
            let is_of_requirement = source.system.contains_key(&PythonName::new(first));
            parts.next().is_some() && !is_of_system && !is_of_requirement
        }
        Some(Utf8Component::ParentDir | Utf8Component::CurDir) => true,
        _ => false,
    };
    // Whatever folders the compiler searches, they are in the sdist.
    let names = header.components();
    let names = names.filter(|part| matches!(part, Utf8Component::Normal(_)));
    let tail: Utf8PathBuf = names.collect();
    may_be_missing && !source.files.paths().any(|path| path.ends_with(&tail))
}
