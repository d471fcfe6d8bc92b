//! A `flake.nix` for a uv workspace, and the attributes to paste into a flake
//! that exists already.
//!
//! Unlike stanzas these are templates with gaps. Values are printed from the
//! model, which escapes them, before they go into a gap; nixfmt lays the
//! result out.

mod error;
mod existing;
mod input;
mod overlay;

pub use error::{InitError, PYTHON_VERSION_FILE};
pub use existing::ExistingFlake;
pub use input::FlakeInput;
pub use overlay::ImportedOverlay;

use super::expr::Expr;
use super::print::print_inline;
use crate::python_lock::Preference;
use crate::target::Platform;

const FLAKE: &str = include_str!("flake.nix");
const WIRING: &str = include_str!("wiring.nix");
const EDITABLES: &str = include_str!("editables.nix");

/// Finds the workspace's folder from wherever the shell is started. The
/// repository's folder may be another.
const FIND_ROOT: &str = "
# Where editable packages are imported from.
export REPO_ROOT=$PWD
while [ ! -e \"$REPO_ROOT/uv.lock\" ] && [ \"$REPO_ROOT\" != / ]; do
  REPO_ROOT=$(dirname \"$REPO_ROOT\")
done";

/// The values that a flake is printed from.
#[derive(Debug, Clone)]
pub struct Flake {
    /// The first part of the environments' names.
    pub name: String,
    /// The minor version of Python 3.
    pub python_minor: u8,
    /// What uv2nix builds from where the lock has both wheels and an sdist.
    pub preference: Preference,
    pub overlay: ImportedOverlay,
    /// Whether extras or groups conflict, so that no environment can have all
    /// of them.
    pub has_conflicts: bool,
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
        let mut systems = Platform::DEFAULT.map(Platform::system);
        systems.reverse();
        let shell_set = self.shell_set();
        let has_shell_set = !shell_set.is_empty();
        let gap = |gap: &str| match gap {
            "description" => print_string(&format!("The Python environment of {}", self.name)),
            "inputs" => inputs.trim_end().to_owned(),
            "systems" => print_inline(&Expr::strings(systems)),
            "python" => format!("python3{}", self.python_minor),
            "hacks" => self.hacks("pyproject-nix"),
            "overlay" => self.overlay.import("overlay"),
            "arguments" => self.overlay_arguments(),
            "shell_set" => shell_set.clone(),
            "environment_name" => print_string(&format!("{}-env", self.name)),
            "set" if has_shell_set => "shellSet".to_owned(),
            "set" => "pythonSet".to_owned(),
            "shell_name" => print_string(&format!("{}-dev-env", self.name)),
            "deps" if self.has_conflicts => "default".to_owned(),
            "deps" => "all".to_owned(),
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
            "set" if !existing.has_set => self.workspace(&variable(FlakeInput::Uv2nix)),
            "hacks" => self.hacks(&variable(FlakeInput::PyprojectNix)),
            // Flakes made from uv2nix' template have a variable `overlay`.
            "overlay" => self.overlay.import("rustOverlay"),
            "environment" if !existing.has_set => {
                let name = print_string(&format!("{}-env", self.name));
                format!("environment = pythonSet.mkVirtualEnv {name} workspace.deps.default;")
            }
            "arguments" => self.overlay_arguments(),
            "pyproject_nix" => variable(FlakeInput::PyprojectNix),
            "build_systems" => variable(FlakeInput::BuildSystems),
            _ => String::new(),
        };
        let set = format!("{{\n{}\n}}", fill(WIRING, gap));
        inside_braces(&nixfmt_rs::format(&set).expect("the filled template is Nix"))
    }

    /// The variables that a package set is made from.
    fn workspace(&self, uv2nix: &str) -> String {
        format!(
            "workspace = {uv2nix}.lib.workspace.loadWorkspace {{ workspaceRoot = ./.; }};\n\
             python = pkgs.python3{};\n",
            self.python_minor
        )
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
        if self.has_conflicts {
            text.push_str("\n# What excludes each other can't be had at once.\n");
            text.push_str("dependencies = workspace.deps.default;\n");
        }
        text
    }

    /// The package set of the development shell; empty if that is the usual
    /// one.
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
