//! Why an overlay file can't be changed.

use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// An overlay file, or what is asked of it, is wrong.
#[derive(Debug, Error, Diagnostic)]
pub enum OverlayError {
    /// It is no Nix.
    #[error("`{place}` can't be parsed: {message}")]
    #[diagnostic(
        code(pyhack::overlay::syntax),
        help("mend the file first; `nix-instantiate --parse {place}` says more")
    )]
    Syntax {
        /// The file.
        place: String,
        /// What is wrong.
        message: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// Where.
        #[label]
        at: Option<SourceSpan>,
    },

    /// A marker is where none can be.
    #[error("`{place}`, line {line}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::marker),
        help(
            "a stanza stands between `# pyhack: begin NAME` and `# pyhack: end NAME`, each on a line of its own, in one attribute set; where they can't be mended, delete both and all between, and write the stanza anew"
        )
    )]
    Marker {
        /// The file.
        place: String,
        /// The line, from 1 on.
        line: usize,
        /// What is wrong.
        message: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// Where.
        #[label]
        at: Option<SourceSpan>,
    },

    /// The user has a stanza of that name.
    #[error("`{place}`, line {line}: `{name}` is set here already, outside of our marks")]
    #[diagnostic(
        code(pyhack::overlay::taken),
        help(
            "delete it, or what it sets, and write the stanza anew; `# pyhack: keep` at the end of a line of the stanza keeps what you add to it"
        )
    )]
    Taken {
        /// The file.
        place: String,
        /// The line, from 1 on.
        line: usize,
        /// The package.
        name: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// Where.
        #[label]
        at: Option<SourceSpan>,
    },

    /// There is no place for a new stanza, or more than one.
    #[error("`{place}` has {found} for a new stanza")]
    #[diagnostic(
        code(pyhack::overlay::no_place),
        help(
            "put these two lines where it shall stand: `# pyhack: begin {name}` and `# pyhack: end {name}`"
        )
    )]
    NoPlace {
        /// The file.
        place: String,
        /// `no place` or `several places`.
        found: String,
        /// The package.
        name: String,
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
        /// The file.
        place: String,
        /// The line of its first mark, from 1 on.
        line: usize,
        /// The package.
        name: String,
        /// From what is there to what would be.
        diff: String,
    },

    /// A kept line fits into no place of the new stanza.
    #[error("`{place}`: `{kept}` fits nowhere in the new stanza of `{name}`")]
    #[diagnostic(
        code(pyhack::overlay::keep),
        help("take the line out, write the stanza anew, and put it in again")
    )]
    Keep {
        /// The file.
        place: String,
        /// The package.
        name: String,
        /// The line.
        kept: String,
    },

    /// There is nothing to check.
    #[error("the overlay `{place}` doesn't exist")]
    #[diagnostic(
        code(pyhack::overlay::not_found),
        help("write a stanza into it: `cargo pyhack nix-snippet --write {place} PATH`")
    )]
    NotFound {
        /// The file.
        place: String,
    },

    /// No file is named.
    #[error("no overlay is named, and no configuration names one")]
    #[diagnostic(
        code(pyhack::overlay::nothing),
        help(
            "name one: `cargo pyhack check overlay.nix`, or put `overlay = \"overlay.nix\"` into `[tool.cargo-pyhack]` of `pyproject.toml`"
        )
    )]
    Nothing,

    /// A stanza alone is no file.
    #[error("`{place}` would hold a stanza alone, which is no Nix")]
    #[diagnostic(
        code(pyhack::overlay::not_a_file),
        help("leave `--as stanza` away: where the file is there already, the stanza goes into it")
    )]
    NotAFile {
        /// The file.
        place: String,
    },

    /// The configuration calls a package something else.
    #[error("`{path}` is the package `{name}`, not `{wanted}`")]
    #[diagnostic(
        code(pyhack::overlay::other_package),
        help("call it so in the configuration: `packages.{name}`")
    )]
    OtherPackage {
        /// The project or sdist.
        path: String,
        /// What it is.
        name: String,
        /// What it is called.
        wanted: String,
    },

    /// What a stanza is to be made from makes no sense.
    #[error("{place}: {message}")]
    #[diagnostic(
        code(pyhack::overlay::recipe),
        help(
            "mend it there, or write the stanza anew: `cargo pyhack nix-snippet --write FILE PATH`"
        )
    )]
    Recipe {
        /// Where it stands.
        place: String,
        /// What is wrong.
        message: String,
    },

    /// The formatter failed, or gave something else than Nix.
    #[error("the formatter `{command}` can't be used: {message}")]
    #[diagnostic(
        code(pyhack::overlay::formatter),
        help("it has to read Nix from standard input and write it to standard output")
    )]
    Formatter {
        /// The command.
        command: String,
        /// What is wrong.
        message: String,
    },
}
