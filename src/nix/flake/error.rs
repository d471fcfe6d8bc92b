//! Errors of `init`.

use miette::Diagnostic;
use thiserror::Error;

/// The file with the Python version of a project, which uv reads, too.
pub const PYTHON_VERSION_FILE: &str = ".python-version";

/// The input of a flake is missing or contradictory.
#[derive(Debug, Error, Diagnostic)]
pub enum InitError {
    /// FOLDER is a file.
    #[error("`{folder}` is no folder")]
    #[diagnostic(
        code(pyhack::init::not_a_folder),
        help("name the folder of `pyproject.toml` and `uv.lock`")
    )]
    NotAFolder {
        /// FOLDER.
        folder: String,
    },

    /// The workspace has no `uv.lock`.
    #[error("no `uv.lock` in `{folder}`, which uv2nix makes the package set from")]
    #[diagnostic(code(pyhack::init::no_lock), help("{}", no_lock_help(above.as_deref())))]
    NoLock {
        /// FOLDER.
        folder: String,
        /// The nearest folder above that has one.
        above: Option<String>,
    },

    /// `requires-python` excludes the requested Python.
    #[error("`{asked}` asks for Python 3.{minor}, and `requires-python` is `{requires}`")]
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
    #[error(
        "`{file}` has no place for `[tool.cargo-pyhack]`: `tool` isn't a table that can be added to"
    )]
    #[diagnostic(
        code(pyhack::init::configuration),
        help(
            "write `tool` as tables, as in `[tool.uv]`, or leave `--configure` out and add the lines by hand"
        )
    )]
    Configuration {
        /// The `pyproject.toml`.
        file: String,
    },

    /// `requires-python` excludes every known Python.
    #[error("`requires-python` is `{requires}`, which allows no CPython that we know")]
    #[diagnostic(
        code(pyhack::init::no_python),
        help("mend it in `pyproject.toml` and run `uv lock`, or name a newer one: `--python 3.N`")
    )]
    NoPython {
        /// The value of `requires-python`.
        requires: String,
    },
}

fn python_help(asked: &str) -> &'static str {
    if asked == PYTHON_VERSION_FILE {
        "correct that file, or name a Python that is allowed: `--python 3.13`, say"
    } else {
        "name one that is allowed, or change `requires-python` and run `uv lock`"
    }
}

fn no_lock_help(above: Option<&str>) -> String {
    match above {
        Some(above) => format!(
            "`{above}` has one: make the flake for that workspace with `cargo pyhack init {above}`, or \
             run `uv lock` here"
        ),
        None => "run `uv lock` there, then this again".to_owned(),
    }
}
