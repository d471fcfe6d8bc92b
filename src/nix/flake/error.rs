//! Errors of `init`.

use miette::Diagnostic;
use thiserror::Error;

/// The file with the Python version of a project, which uv reads, too.
pub const PYTHON_VERSION_FILE: &str = ".python-version";

/// The input of a flake is missing or contradictory.
#[derive(Debug, Error, Diagnostic)]
pub enum InitError {
    /// FOLDER is a file.
    #[error("`{folder}` is not a folder")]
    #[diagnostic(
        code(pyhack::init::not_a_folder),
        help("pass the folder of `pyproject.toml` and `uv.lock`")
    )]
    NotAFolder {
        /// FOLDER.
        folder: String,
    },

    /// The workspace has no `uv.lock`.
    #[error("no `uv.lock` found in `{folder}`")]
    #[diagnostic(code(pyhack::init::no_lock), help("{}", no_lock_help(above.as_deref())))]
    NoLock {
        /// FOLDER.
        folder: String,
        /// The nearest folder above that has one.
        above: Option<String>,
    },

    /// `requires-python` excludes the requested Python.
    #[error("`{asked}` requests Python 3.{minor}, but `requires-python` is `{requires}`")]
    #[diagnostic(code(pyhack::init::python), help("{}", python_help(asked)))]
    Python {
        /// The flag or file that requests it.
        asked: &'static str,
        /// The minor version.
        minor: u8,
        /// The value of `requires-python`.
        requires: String,
    },

    /// `--configure` can't add the configuration.
    #[error("can't add `[tool.cargo-pyhack]` to `{file}`: `tool` is not a standard table")]
    #[diagnostic(
        code(pyhack::init::configuration),
        help(
            "write `tool` as tables, as in `[tool.uv]`, or omit `--configure` and add the lines by hand"
        )
    )]
    Configuration {
        /// The `pyproject.toml`.
        file: String,
    },

    /// `requires-python` excludes every known Python.
    #[error("`requires-python` is `{requires}`, which excludes all known versions of CPython")]
    #[diagnostic(
        code(pyhack::init::no_python),
        help(
            "correct it in `pyproject.toml` and run `uv lock`, or choose a newer version: `--python 3.N`"
        )
    )]
    NoPython {
        /// The value of `requires-python`.
        requires: String,
    },
}

fn python_help(asked: &str) -> &'static str {
    if asked == PYTHON_VERSION_FILE {
        "correct that file, or choose a supported version, for example `--python 3.13`"
    } else {
        "choose a supported version, or change `requires-python` and run `uv lock`"
    }
}

fn no_lock_help(above: Option<&str>) -> String {
    match above {
        Some(above) => format!(
            "create the flake of the workspace `{above}`, which has one: `cargo pyhack init {above}`; or run `uv lock` here"
        ),
        None => "run `uv lock` there, then try again".to_owned(),
    }
}
