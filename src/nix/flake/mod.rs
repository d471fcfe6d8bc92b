//! A whole `flake.nix` for a uv workspace, and the part of it that goes into
//! a flake that is there already.
//!
//! Unlike stanzas these are texts with gaps: what goes into a gap is printed
//! from the model, which escapes it, and nixfmt lays the whole out.

mod error;
mod existing;

use std::fmt::Write as _;

pub use error::{InitError, PYTHON_VERSION_FILE};
pub use existing::{ExistingFlake, Input};

use super::expr::Expr;
use super::print::print;
use crate::python_lock::Preference;
use crate::target::Platform;

const FLAKE: &str = include_str!("flake.nix");
const WIRING: &str = include_str!("wiring.nix");
const EDITABLES: &str = include_str!("editables.nix");

/// The shell goes up from where it is started to the workspace's folder,
/// which needn't be that of the repository.
const FIND_ROOT: &str = "
# Where editable packages are imported from.
export REPO_ROOT=$PWD
while [ ! -e \"$REPO_ROOT/uv.lock\" ] && [ \"$REPO_ROOT\" != / ]; do
  REPO_ROOT=$(dirname \"$REPO_ROOT\")
done";

/// What a flake is made from.
#[derive(Debug, Clone)]
pub struct Flake {
    /// What environments are called after.
    pub name: String,
    /// The minor version of Python 3.
    pub python_minor: u8,
    /// What is taken where the lock has both wheels and an sdist.
    pub preference: Preference,
    /// The overlay.
    pub overlay: ImportedOverlay,
    /// Whether extras or groups exclude each other, so that no environment
    /// can have all.
    pub has_conflicts: bool,
    /// What the development shell has.
    pub shell: Shell,
}

/// An overlay file, and what it is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedOverlay {
    /// Its path, relative to the flake.
    pub path: String,
    /// Those of [`SCOPE`] that it takes; without any the file is the overlay.
    pub takes: Vec<&'static str>,
}

/// What overlays of ours may take.
pub const SCOPE: [&str; 3] = ["pkgs", "lib", "hacks"];

/// What the development shell has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shell {
    /// The packages that are imported from the working copy.
    pub editable: Vec<String>,
    /// Whether uv2nix would make others editable by itself.
    pub has_others: bool,
    /// Those of the editable ones that need `editables` to be built so.
    pub with_editables: Vec<String>,
    /// Whether somebody edits Rust in it.
    pub has_rust: bool,
}

impl Flake {
    /// Prints the flake as nixfmt lays it out.
    ///
    /// # Panics
    /// Never: what is filled in is Nix.
    #[must_use]
    pub fn print(&self) -> String {
        let name = |kind| nix(&Expr::string(&format!("{}-{kind}", self.name)));
        let inputs: String = Input::ALL
            .iter()
            .map(|input| input.text(|_| None))
            .collect();
        let mut systems = Platform::DEFAULT.map(Platform::system);
        systems.reverse();
        let shell_set = self.shell_set();
        let set = if shell_set.is_empty() {
            "pythonSet"
        } else {
            "shellSet"
        };
        let programs = if self.shell.has_rust {
            "pkgs.uv pkgs.cargo pkgs.rustc"
        } else {
            "pkgs.uv"
        };
        let root = if shell_set.is_empty() { "" } else { FIND_ROOT };
        let text = fill(FLAKE, |gap| match gap {
            "description" => nix(&Expr::string(&format!(
                "The Python environment of {}",
                self.name
            ))),
            "inputs" => inputs.trim_end().to_owned(),
            "systems" => nix(&strings(systems)),
            "python" => format!("python3{}", self.python_minor),
            "hacks" => self.hacks("pyproject-nix"),
            "overlay" => self.overlay.text("overlay"),
            "arguments" => self.arguments(),
            "shell_set" => shell_set.clone(),
            "environment_name" => name("env"),
            "set" => set.to_owned(),
            "shell_name" => name("dev-env"),
            "deps" => self.shell_deps().to_owned(),
            "programs" => programs.to_owned(),
            "root" => root.to_owned(),
            _ => String::new(),
        });
        nixfmt_rs::format(&text).expect("what is filled in is Nix")
    }

    /// What goes into a flake that is there, as attributes to paste.
    ///
    /// # Panics
    /// Never: what is filled in is Nix.
    #[must_use]
    pub fn wiring(&self, existing: &ExistingFlake) -> String {
        let variable = |input: Input| existing.variable(input);
        let known = |input: Input| existing.input(input).map(str::to_owned);
        let missing: Vec<_> = Input::ALL
            .into_iter()
            .filter(|input| known(*input).is_none())
            .collect();
        let mut inputs = String::new();
        if !missing.is_empty() {
            inputs
                .push_str("# Into `inputs`, and by their names into the arguments of `outputs`:\n");
            inputs.extend(missing.iter().map(|input| input.text(known)));
        }
        let (set, environment) = if existing.has_set {
            Default::default()
        } else {
            let name = nix(&Expr::string(&format!("{}-env", self.name)));
            let environment =
                format!("environment = pythonSet.mkVirtualEnv {name} workspace.deps.default;");
            (self.beginning(&variable(Input::Uv2nix)), environment)
        };
        let text = fill(WIRING, |gap| match gap {
            "inputs" => inputs.clone(),
            "set" => set.clone(),
            "hacks" => self.hacks(&variable(Input::PyprojectNix)),
            // Flakes made from uv2nix' template have an `overlay`.
            "overlay" => self.overlay.text("rustOverlay"),
            "environment" => environment.clone(),
            "arguments" => self.arguments(),
            "pyproject_nix" => variable(Input::PyprojectNix),
            "build_systems" => variable(Input::BuildSystems),
            _ => String::new(),
        });
        let set = nixfmt_rs::format(&format!("{{\n{text}\n}}")).expect("what is filled in is Nix");
        inside(&set)
    }

    /// What the package set is made from.
    fn beginning(&self, uv2nix: &str) -> String {
        format!(
            "workspace = {uv2nix}.lib.workspace.loadWorkspace {{ workspaceRoot = ./.; }};\n\
             python = pkgs.python3{};\n",
            self.python_minor
        )
    }

    fn hacks(&self, pyproject_nix: &str) -> String {
        if self.overlay.takes.contains(&"hacks") {
            format!("hacks = pkgs.callPackage {pyproject_nix}.build.hacks {{ }};\n")
        } else {
            String::new()
        }
    }

    /// What `mkPyprojectOverlay` gets.
    fn arguments(&self) -> String {
        let mut text = format!("sourcePreference = \"{}\";", self.preference.word());
        if self.has_conflicts {
            text.push_str("\n# What excludes each other can't be had at once.\n");
            text.push_str("dependencies = workspace.deps.default;\n");
        }
        text
    }

    const fn shell_deps(&self) -> &'static str {
        if self.has_conflicts { "default" } else { "all" }
    }

    /// The set that the shell's packages are from, where it isn't the usual.
    fn shell_set(&self) -> String {
        let Shell {
            editable,
            has_others,
            with_editables,
            ..
        } = &self.shell;
        if editable.is_empty() {
            return String::new();
        }
        let members = match has_others {
            true => format!("members = {};", nix(&strings(editable))),
            false => String::new(),
        };
        let overlay = format!(
            "(workspace.mkEditablePyprojectOverlay {{ root = \"$REPO_ROOT\"; {members} }})"
        );
        let overlay = if with_editables.is_empty() {
            overlay
        } else {
            fill(EDITABLES, |gap| match gap {
                "overlay" => overlay.clone(),
                _ => nix(&strings(with_editables)),
            })
        };
        format!(
            "\n# Packages that the shell imports from the working copy, where an edit counts at \
             once.\nshellSet = pythonSet.overrideScope {overlay};"
        )
    }
}

impl ImportedOverlay {
    /// `name = import PATH { ... };`
    fn text(&self, name: &str) -> String {
        let path = nix(&Expr::Path(self.path.as_str().into()));
        let path = if path.contains(' ') {
            format!("({path})")
        } else {
            path
        };
        let mut text = format!("{name} = import {path}");
        if !self.takes.is_empty() {
            let _ = write!(text, " {{ inherit {}; }}", self.takes.join(" "));
        }
        text + ";"
    }
}

impl Input {
    /// The input, with what it follows: inputs that have another name are
    /// called by that.
    fn text(self, known: impl Fn(Self) -> Option<String>) -> String {
        let name = self.name();
        let url = nix(&Expr::string(self.url()));
        if self.follows().is_empty() {
            return format!("{name}.url = {url};\n");
        }
        let follows = self.follows().iter().map(|input| {
            let followed = known(*input).unwrap_or_else(|| input.name().to_owned());
            let followed = nix(&Expr::string(&followed));
            format!("inputs.{}.follows = {followed};\n", input.name())
        });
        let follows: Vec<_> = follows.collect();
        format!("{name} = {{\nurl = {url};\n{}}};\n", follows.concat())
    }
}

fn strings<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> Expr {
    let items = items.into_iter();
    Expr::List(items.map(|item| Expr::string(item.as_ref())).collect())
}

/// The text of an expression in a gap.
fn nix(expr: &Expr) -> String {
    print(expr).trim_end().to_owned()
}

/// Fills the gaps of a text, `@name@`. What is filled in has none.
fn fill(text: &str, filling: impl Fn(&str) -> String) -> String {
    let pieces = text.split('@').enumerate();
    let pieces = pieces.map(|(place, piece)| match place % 2 {
        0 => piece.to_owned(),
        _ => filling(piece),
    });
    pieces.collect()
}

/// What is in the braces of a set, without its indentation.
fn inside(set: &str) -> String {
    let lines = set.trim().lines();
    let lines = lines.filter(|line| !matches!(*line, "{" | "}"));
    lines
        .flat_map(|line| [line.strip_prefix("  ").unwrap_or(line), "\n"])
        .collect()
}

#[cfg(test)]
mod tests;
