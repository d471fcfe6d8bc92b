//! Generates a `flake.nix` for a uv workspace, or the attributes to paste into
//! an existing flake.
//!
//! Unlike stanzas, flakes are templates. Their values are printed from the model,
//! which escapes them, and nixfmt lays out the result.

mod dependencies;
mod error;
mod existing;
mod input;
mod overlay;

pub use dependencies::Dependencies;
pub use error::{InitError, PYTHON_VERSION_FILE};
pub use existing::ExistingFlake;
pub use input::FlakeInput;
pub use overlay::ImportedOverlay;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::expr::Expr;
use super::print::print_inline;
use crate::project::PythonName;
use crate::python_lock::Preference;
use crate::target::Platform;

const FLAKE: &str = include_str!("flake.nix");
const WIRING: &str = include_str!("wiring.nix");
const EDITABLES: &str = include_str!("editables.nix");
const MISSING: &str = include_str!("missing.nix");
const TABLES: &str = include_str!("tables.nix");

/// Finds the workspace's folder, from whichever folder the shell is started. It
/// may differ from the repository's.
const FIND_ROOT: &str = "
# Where editable packages are imported from.
export REPO_ROOT=$PWD
while [ ! -e \"$REPO_ROOT/uv.lock\" ] && [ \"$REPO_ROOT\" != / ]; do
  REPO_ROOT=$(dirname \"$REPO_ROOT\")
done";

/// The values that a flake is printed from.
#[derive(Debug, Clone)]
pub struct Flake {
    /// The prefix of the environments' names.
    pub name: String,
    /// The minor version of Python 3.
    pub python_minor: u8,
    /// The version to compare `requires-python` with, if it differs from the
    /// interpreter's.
    pub python_version: Option<String>,
    /// The platforms that the lockfile is for, sorted.
    pub platforms: Vec<Platform>,
    /// Whether uv2nix prefers wheels or sdists where the lock has both.
    pub preference: Preference,
    pub overlay: ImportedOverlay,
    pub dependencies: Dependencies,
    /// Whether `extra-build-dependencies` has tables, which uv2nix can't read.
    pub has_tables_of_requirements: bool,
    /// The build systems that the package set lacks.
    pub missing_build_systems: BTreeSet<PythonName>,
    pub shell: Shell,
}

/// The contents of the development shell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shell {
    /// The packages that are imported from the working copy.
    pub editable: Vec<String>,
    /// Whether uv2nix would make other packages editable by default.
    pub has_others: bool,
    /// The editable packages that need `editables` to be built.
    pub with_editables: Vec<String>,
    /// Whether the shell has a Rust toolchain.
    pub has_rust: bool,
}

impl Flake {
    /// Prints the flake in nixfmt's layout.
    pub fn print(&self) -> String {
        let inputs: String = FlakeInput::ALL
            .iter()
            .map(|input| input.attribute(|_| None))
            .collect();
        let systems = self
            .platforms
            .iter()
            .rev()
            .map(|platform| platform.system());
        let shell_set = self.shell_set();
        let has_shell_set = !shell_set.is_empty();
        let gap = |gap: &str| match gap {
            "description" => print_string(&format!("The Python environment of {}", self.name)),
            "inputs" => inputs.trim_end().to_owned(),
            "systems" => print_inline(&Expr::strings(systems.clone())),
            "workspace" => self.workspace("uv2nix", "pyproject-nix"),
            "dependencies" => self.dependencies.definitions(),
            "missing" => self.missing(),
            "python" => format!("python3{}", self.python_minor),
            "hacks" => self.hacks("pyproject-nix"),
            "overlay" => self.overlay.import("overlay"),
            "arguments" => self.overlay_arguments(),
            "shell_set" => shell_set.clone(),
            "environment_name" => print_string(&format!("{}-env", self.name)),
            "set" if has_shell_set => "shellSet".to_owned(),
            "set" => "pythonSet".to_owned(),
            "shell_name" => print_string(&format!("{}-dev-env", self.name)),
            "default" => self.dependencies.default_variable().to_owned(),
            "all" => self.dependencies.all_variable().to_owned(),
            "programs" if self.shell.has_rust => "pkgs.uv pkgs.cargo pkgs.rustc".to_owned(),
            "programs" => "pkgs.uv".to_owned(),
            "root" if has_shell_set => FIND_ROOT.to_owned(),
            _ => String::new(),
        };
        nixfmt_rs::format(&fill(FLAKE, gap)).expect("the filled template is Nix")
    }

    /// The attributes to paste into an existing flake.
    pub fn wiring(&self, existing: &ExistingFlake) -> String {
        let variable = |input: FlakeInput| existing.variable(input);
        let known_name = |input: FlakeInput| existing.input_name(input).map(str::to_owned);
        let missing: String = FlakeInput::ALL
            .into_iter()
            .filter(|input| known_name(*input).is_none())
            .map(|input| input.attribute(known_name))
            .collect();
        let inputs = if missing.is_empty() {
            String::new()
        } else {
            format!(
                "# Into `inputs`, and by their names into the arguments of `outputs`:\n{missing}"
            )
        };
        let gap = |gap: &str| match gap {
            "inputs" => inputs.clone(),
            "set" if !existing.has_set => {
                let inputs = [FlakeInput::Uv2nix, FlakeInput::PyprojectNix].map(variable);
                let workspace = self.workspace(&inputs[0], &inputs[1]);
                format!("{workspace}python = pkgs.python3{};\n", self.python_minor)
            }
            "dependencies" => self.dependencies.definitions(),
            "missing" => self.missing(),
            "hacks" => self.hacks(&variable(FlakeInput::PyprojectNix)),
            // Flakes made from uv2nix' template have a variable `overlay`.
            "overlay" => self.overlay.import("rustOverlay"),
            "environment" if !existing.has_set => {
                let name = print_string(&format!("{}-env", self.name));
                let dependencies = self.dependencies.default_variable();
                format!("environment = pythonSet.mkVirtualEnv {name} {dependencies};")
            }
            "arguments" => self.overlay_arguments(),
            "pyproject_nix" => variable(FlakeInput::PyprojectNix),
            "build_systems" => variable(FlakeInput::BuildSystems),
            _ => String::new(),
        };
        let set = format!("{{\n{}\n}}", fill(WIRING, gap));
        inside_braces(&nixfmt_rs::format(&set).expect("the filled template is Nix"))
    }

    /// Prints the definition of `workspace`.
    fn workspace(&self, uv2nix: &str, pyproject_nix: &str) -> String {
        let config = if self.has_tables_of_requirements {
            fill(TABLES, |_| pyproject_nix.to_owned())
        } else {
            String::new()
        };
        format!(
            "workspace = {uv2nix}.lib.workspace.loadWorkspace {{ workspaceRoot = ./.; {config} }};\n"
        )
    }

    /// Prints the overlay with stand-ins for build systems that the package set
    /// lacks; empty if it has all.
    fn missing(&self) -> String {
        if self.missing_build_systems.is_empty() {
            return String::new();
        }
        let names = self.missing_build_systems.iter().map(PythonName::as_str);
        fill(MISSING, |_| print_inline(&Expr::strings(names.clone())))
    }

    fn hacks(&self, pyproject_nix: &str) -> String {
        if self.overlay.parameters.contains(&"hacks") {
            format!("hacks = pkgs.callPackage {pyproject_nix}.build.hacks {{ }};\n")
        } else {
            String::new()
        }
    }

    /// The arguments of `mkPyprojectOverlay`.
    fn overlay_arguments(&self) -> String {
        let mut text = format!("sourcePreference = \"{}\";", self.preference.word());
        if let Some(version) = &self.python_version {
            let version = print_string(version);
            text.push_str("\n# `requires-python` doesn't allow the patch version of nixpkgs.\n");
            let _ = write!(text, "pythonVersion = {version};");
        }
        if self.dependencies.has_conflicts() {
            let all = self.dependencies.all_variable();
            let _ = write!(text, "\ndependencies = {all};");
        }
        text
    }

    /// Prints the package set of the development shell; empty if the shell uses
    /// that of the package.
    fn shell_set(&self) -> String {
        let shell = &self.shell;
        if shell.editable.is_empty() {
            return String::new();
        }
        let members = if shell.has_others {
            let members = print_inline(&Expr::strings(&shell.editable));
            format!("members = {members};")
        } else {
            String::new()
        };
        let mut overlay = format!(
            "(workspace.mkEditablePyprojectOverlay {{ root = \"$REPO_ROOT\"; {members} }})"
        );
        if !shell.with_editables.is_empty() {
            overlay = fill(EDITABLES, |gap| match gap {
                "overlay" => overlay.clone(),
                _ => print_inline(&Expr::strings(&shell.with_editables)),
            });
        }
        format!(
            "\n# Packages that the shell imports from the working copy, where an edit counts at \
             once.\nshellSet = pythonSet.overrideScope {overlay};"
        )
    }
}

fn print_string(text: &str) -> String {
    print_inline(&Expr::string(text))
}

/// Fills the gaps `@name@` of a template.
fn fill(template: &str, filling: impl Fn(&str) -> String) -> String {
    let pieces = template.split('@').enumerate();
    let pieces = pieces.map(|(index, piece)| match index % 2 {
        0 => piece.to_owned(),
        _ => filling(piece),
    });
    pieces.collect()
}

/// The lines inside a formatted set, without its indentation.
fn inside_braces(set: &str) -> String {
    set.trim()
        .lines()
        .filter(|line| !matches!(*line, "{" | "}"))
        .flat_map(|line| [line.strip_prefix("  ").unwrap_or(line), "\n"])
        .collect()
}

#[cfg(test)]
mod tests;
