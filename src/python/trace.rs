//! The calls that the interpreter records for [`super::native_code`].

use ruff_text_size::TextSize;

use super::certainty::Certainty;
use super::value::Arguments;

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
    is_extension(name) || is_runner(name) || is_pkgconfig(name) || is_fetcher(name)
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

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
