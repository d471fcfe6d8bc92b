//! Errors about overlay files and what stanzas are made from.

use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// An overlay file, or a request for one, is wrong.
#[derive(Debug, Error, Diagnostic)]
pub enum OverlayError {
    /// The file isn't Nix.
    #[error("`{place}` can't be parsed: {message}")]
    #[diagnostic(
        code(pyhack::overlay::syntax),
        help("mend the file first; `nix-instantiate --parse {place}` says more")
    )]
    Syntax {
        place: String,
        message: String,
        #[source_code]
        text: NamedSource<Arc<str>>,
        #[label]
        at: Option<SourceSpan>,
    },

    /// A mark is misplaced, doubled or malformed.
    #[error("`{place}`, line {line}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::marker),
        help(
            "a stanza stands between `# pyhack: begin NAME` and `# pyhack: end NAME`, each on a line of its own, in one attribute set; where they can't be mended, delete both and all between, and write the stanza anew"
        )
    )]
    Marker {
        place: String,
        /// Counted from 1.
        line: usize,
        message: String,
        #[source_code]
        text: NamedSource<Arc<str>>,
        #[label]
        at: Option<SourceSpan>,
    },

    /// The user sets the attribute outside of the marks.
    #[error("`{place}`, line {line}: `{name}` is set here already, outside of our marks")]
    #[diagnostic(
        code(pyhack::overlay::taken),
        help(
            "delete it, or what it sets, and write the stanza anew; `# pyhack: keep` at the end of a line of the stanza keeps what you add to it"
        )
    )]
    Taken {
        place: String,
        /// Counted from 1.
        line: usize,
        name: String,
        #[source_code]
        text: NamedSource<Arc<str>>,
        #[label]
        at: Option<SourceSpan>,
    },

    /// A stanza uses a name that is bound nowhere around it.
    #[error("`{place}`, line {line}: the stanza of `{name}` needs {unbound}, not in scope here")]
    #[diagnostic(code(pyhack::overlay::unbound), help("{help}"))]
    Unbound {
        place: String,
        /// Counted from 1.
        line: usize,
        /// The package.
        name: String,
        /// The names, quoted.
        unbound: String,
        help: String,
    },

    /// Nix refuses the file, though its syntax is right.
    #[error("`{place}`, line {line}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::unsound),
        help("Nix refuses the file as well: `nix-instantiate --parse {place}`")
    )]
    Unsound {
        place: String,
        /// Counted from 1.
        line: usize,
        message: String,
        #[source_code]
        text: NamedSource<Arc<str>>,
        #[label]
        at: Option<SourceSpan>,
    },

    /// The file has no place for a new stanza, or several.
    #[error("`{place}` has {found} for a new stanza")]
    #[diagnostic(code(pyhack::overlay::no_place), help("{help}"))]
    NoPlace {
        place: String,
        /// What there is instead of one place.
        found: String,
        help: String,
    },

    /// A stanza was edited by hand.
    #[error("`{place}`, line {line}: the stanza of `{name}` was edited by hand")]
    #[diagnostic(
        code(pyhack::overlay::edited),
        help(
            "put `# pyhack: keep` at the end of each line of yours to keep it, or replace the stanza with `--force`; it would change so:"
        )
    )]
    Edited {
        place: String,
        /// The line of the first mark, counted from 1.
        line: usize,
        name: String,
        /// From the edited stanza to the new one, in the format of `diff -u`.
        diff: String,
    },

    /// A line to keep has no place in the new stanza.
    #[error("`{place}`: `{kept}` fits nowhere in the new stanza of `{name}`")]
    #[diagnostic(
        code(pyhack::overlay::keep),
        help("take the line out, write the stanza anew, and put it in again")
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
        help("write a stanza into it: `cargo pyhack nix-snippet --write {place} PATH`")
    )]
    NotFound { place: String },

    /// Neither the command line nor the configuration names an overlay.
    #[error("no overlay is named, and no configuration names one")]
    #[diagnostic(
        code(pyhack::overlay::nothing),
        help(
            "name one: `cargo pyhack check overlay.nix`, or put `overlay = \"overlay.nix\"` into `[tool.cargo-pyhack]` of `pyproject.toml`"
        )
    )]
    Nothing,

    /// A stanza without a set around it isn't Nix.
    #[error("`{place}` would hold a stanza alone, which is no Nix")]
    #[diagnostic(
        code(pyhack::overlay::not_a_file),
        help("leave `--as stanza` away: where the file is there already, the stanza goes into it")
    )]
    NotAFile { place: String },

    /// A source is another package than the configuration says.
    #[error("`{path}` is the package `{name}`, not `{wanted}`")]
    #[diagnostic(
        code(pyhack::overlay::other_package),
        help("call it so in the configuration: `packages.{name}`")
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
    #[error("{place}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::recipe),
        help(
            "mend it there, or write the stanza anew: `cargo pyhack nix-snippet --write FILE PATH`"
        )
    )]
    Recipe {
        /// The file and line, or the command line.
        place: String,
        message: String,
    },

    /// The formatter failed, or its output isn't the stanza.
    #[error("the formatter `{command}` can't be used: {message}")]
    #[diagnostic(
        code(pyhack::overlay::formatter),
        help("it has to read Nix from standard input and write it to standard output")
    )]
    Formatter { command: String, message: String },
}
