//! The calls that the interpreter records for [`super::native_code`].

use ruff_text_size::TextSize;

use super::certainty::Certainty;
use super::value::{Arguments, Value};

/// Upper bound on the recorded calls.
pub(super) const MAX_CALLS: usize = 2000;

/// The functions that define an extension in C or C++.
const EXTENSIONS: [&str; 7] = [
    "Extension",
    "Pybind11Extension",
    "CppExtension",
    "CUDAExtension",
    "CMakeExtension",
    "add_extension",
    "set_source",
];

/// The functions that run or find a program.
const RUNNERS: [&str; 12] = [
    "check_output",
    "check_call",
    "call",
    "run",
    "Popen",
    "getoutput",
    "getstatusoutput",
    "popen",
    "system",
    "spawn",
    "which",
    "find_executable",
];

/// The functions of the package `pkgconfig` whose first argument is a module.
const PKGCONFIG: [&str; 8] = [
    "parse",
    "exists",
    "installed",
    "cflags",
    "libs",
    "variables",
    "modversion",
    "configure_extension",
];

/// The functions of Python's standard library that fetch a URL.
const FETCHERS: [&str; 2] = ["urlopen", "urlretrieve"];

/// Functions of other packages that fetch a URL.
const OTHER_FETCHERS: [&str; 5] = [
    "httpx.get",
    "httpx.stream",
    "requests.get",
    "requests.request",
    "wget.download",
];

/// The functions that copy, move or link a file or folder to their second
/// argument.
pub(super) const STAGING: [&str; 12] = [
    "shutil.copytree",
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.move",
    "os.symlink",
    "os.link",
    "os.rename",
    "os.renames",
    "os.replace",
    "distutils.dir_util.copy_tree",
    "setuptools._distutils.dir_util.copy_tree",
];

/// The methods of `pathlib.Path` that copy or move it to their argument.
const STAGING_METHODS: [&str; 6] = [
    "copy",
    "copy_into",
    "move",
    "move_into",
    "rename",
    "replace",
];

/// The methods of `pathlib.Path` that link it to their argument.
const LINKING_METHODS: [&str; 2] = ["symlink_to", "hardlink_to"];

/// The functions that change the working directory.
pub(super) const CHDIR: [&str; 2] = ["os.chdir", "contextlib.chdir"];

/// A recorded call.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) name: String,
    pub(super) arguments: Arguments,
    pub(super) start: TextSize,
    pub(super) line: usize,
    pub(super) certainty: Certainty,
}

/// Tells whether calls of the function are recorded.
pub(super) fn is_traced(name: &str) -> bool {
    is_extension(name)
        || is_runner(name)
        || is_pkgconfig(name)
        || is_fetcher(name)
        || is_staging(name)
}

/// Tells whether the function only looks for a program.
pub(super) fn is_finder(name: &str) -> bool {
    matches!(last_part(name), "which" | "find_executable")
}

/// Tells whether the function fetches a URL.
pub(super) fn is_fetcher(name: &str) -> bool {
    FETCHERS.contains(&last_part(name)) || OTHER_FETCHERS.contains(&name)
}

/// Tells whether the function defines an extension.
pub(super) fn is_extension(name: &str) -> bool {
    EXTENSIONS.contains(&last_part(name))
}

/// Tells whether the function runs or finds a program.
pub(super) fn is_runner(name: &str) -> bool {
    RUNNERS.contains(&last_part(name))
}

/// Tells whether the function is one of the package `pkgconfig`.
pub(super) fn is_pkgconfig(name: &str) -> bool {
    let function = name.strip_prefix("pkgconfig.");
    function.is_some_and(|function| PKGCONFIG.contains(&function))
}

/// Tells whether the function stages files or changes the folder.
fn is_staging(name: &str) -> bool {
    STAGING.contains(&name) || CHDIR.contains(&name)
}

/// Returns the arguments of a method of a path as those of a function, if it
/// stages it.
pub(super) fn staging_method(
    path: &str,
    method: &str,
    arguments: &Arguments,
) -> Option<(&'static str, Arguments)> {
    let [Value::Str(other)] = arguments.by_place.as_slice() else {
        return None;
    };
    let (from, to) = if STAGING_METHODS.contains(&method) {
        (path, other.as_str())
    } else if LINKING_METHODS.contains(&method) {
        (other.as_str(), path)
    } else {
        return None;
    };
    let arguments = Arguments {
        by_place: vec![Value::str(from), Value::str(to)],
        by_name: Vec::new(),
    };
    Some(("shutil.copytree", arguments))
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
