//! Errors about overlay files and what stanzas are made from.

use miette::Diagnostic;
use thiserror::Error;

use crate::text_place::TextPlace;

/// An overlay file, or a request for one, is wrong.
#[derive(Debug, Error, Diagnostic)]
pub enum OverlayError {
    /// The file isn't Nix.
    #[error("{at}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::syntax),
        help("fix the file first; `nix-instantiate --parse {}` shows Nix's error", at.file_name())
    )]
    Syntax { at: TextPlace, message: String },

    /// A mark is misplaced, doubled or malformed.
    #[error("{at}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::marker),
        help(
            "restore the marks: `# pyhack: begin NAME` and `# pyhack: end NAME` are on lines of their own, in the same attribute set; or delete both with everything in between, and generate the override again"
        )
    )]
    Marker { at: TextPlace, message: String },

    /// The user sets the attribute outside of the marks.
    #[error("{at}: `{name}` is already set here, outside the marks of cargo-pyhack")]
    #[diagnostic(
        code(pyhack::overlay::taken),
        help(
            "delete it, and run the command again; to change the generated override, end the lines that you add with `# pyhack: keep`"
        )
    )]
    Taken { at: TextPlace, name: String },

    /// A stanza uses a name that is bound nowhere around it.
    #[error("{at}: the override of `{name}` needs {unbound} in scope here")]
    #[diagnostic(code(pyhack::overlay::unbound), help("{help}"))]
    Unbound {
        at: TextPlace,
        /// The package.
        name: String,
        /// The names, quoted.
        unbound: String,
        help: String,
    },

    /// Nix refuses the file, though its syntax is right.
    #[error("{at}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::unsound),
        help("fix the file; `nix-instantiate --parse {}` shows Nix's error", at.file_name())
    )]
    Unsound { at: TextPlace, message: String },

    /// The file has no place for a new stanza, or several.
    #[error("no place for a new override in `{place}`: {found}")]
    #[diagnostic(code(pyhack::overlay::no_place), help("{help}"))]
    NoPlace {
        place: String,
        /// What there is instead of one place.
        found: String,
        help: String,
    },

    /// A stanza was edited by hand.
    #[error("{at}: the override of `{name}` was edited by hand")]
    #[diagnostic(
        code(pyhack::overlay::edited),
        help(
            "end each line that you want to keep with `# pyhack: keep`, or replace the override with `--force`, which makes these changes:"
        )
    )]
    Edited {
        /// The first mark.
        at: TextPlace,
        name: String,
        /// From the edited stanza to the new one, in the format of `diff -u`.
        diff: String,
    },

    /// A line to keep has no place in the new stanza.
    #[error("`{place}`: the kept line `{kept}` doesn't fit into the new override of `{name}`")]
    #[diagnostic(
        code(pyhack::overlay::keep),
        help("remove the line, run the command again, and add it back")
    )]
    Keep {
        place: String,
        name: String,
        kept: String,
    },

    /// The file to check doesn't exist.
    #[error("the overlay `{place}` doesn't exist")]
    #[diagnostic(
        code(pyhack::overlay::not_found),
        help("create it: `cargo pyhack nix-snippet --write {place} PATH`")
    )]
    NotFound { place: String },

    /// Neither the command line nor the configuration names an overlay.
    #[error("no overlay was specified, and none is configured")]
    #[diagnostic(
        code(pyhack::overlay::nothing),
        help(
            "pass one: `cargo pyhack check overlay.nix`, or set `overlay = \"overlay.nix\"` in `[tool.cargo-pyhack]` of `pyproject.toml`"
        )
    )]
    Nothing,

    /// A stanza without a set around it isn't Nix.
    #[error("`--as stanza` would make `{place}` an invalid Nix file")]
    #[diagnostic(
        code(pyhack::overlay::not_a_file),
        help("omit `--as stanza`; if the file exists, the override is added to it")
    )]
    NotAFile { place: String },

    /// A source is another package than the configuration says.
    #[error("`{path}` is the package `{name}`, not `{wanted}`")]
    #[diagnostic(
        code(pyhack::overlay::other_package),
        help("rename it in the configuration: `packages.{name}`")
    )]
    OtherPackage {
        /// The project or sdist.
        path: String,
        /// The name in the source.
        name: String,
        /// The name in the configuration.
        wanted: String,
    },

    /// A recipe is invalid.
    #[error("{at}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::recipe),
        help(
            "correct it there, or generate the override again: `cargo pyhack nix-snippet --write FILE PATH`"
        )
    )]
    Recipe {
        /// Where it is; `the configuration` if that isn't one file.
        at: TextPlace,
        message: String,
    },

    /// The formatter failed, or its output isn't the stanza.
    #[error("the formatter `{command}` failed: {message}")]
    #[diagnostic(
        code(pyhack::overlay::formatter),
        help("use a formatter that reads Nix from stdin and writes it to stdout")
    )]
    Formatter { command: String, message: String },
}

impl OverlayError {
    /// The place in a file that the error is about.
    #[must_use]
    pub const fn place(&self) -> Option<&TextPlace> {
        match self {
            Self::Syntax { at, .. }
            | Self::Marker { at, .. }
            | Self::Taken { at, .. }
            | Self::Unbound { at, .. }
            | Self::Unsound { at, .. }
            | Self::Edited { at, .. }
            | Self::Recipe { at, .. } => Some(at),
            Self::NoPlace { .. }
            | Self::Keep { .. }
            | Self::NotFound { .. }
            | Self::Nothing
            | Self::NotAFile { .. }
            | Self::OtherPackage { .. }
            | Self::Formatter { .. } => None,
        }
    }
}
