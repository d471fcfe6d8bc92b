//! The inputs that an overlay with stanzas needs.

use crate::nix::expr::Expr;
use crate::nix::print::print_inline;

/// An input of a flake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlakeInput {
    Nixpkgs,
    /// pyproject.nix
    PyprojectNix,
    Uv2nix,
    /// build-system-pkgs
    BuildSystems,
}

impl FlakeInput {
    /// All inputs, each after those that it follows.
    pub const ALL: [Self; 4] = [
        Self::Nixpkgs,
        Self::PyprojectNix,
        Self::Uv2nix,
        Self::BuildSystems,
    ];

    /// The usual name; a flake may choose another.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nixpkgs => "nixpkgs",
            Self::PyprojectNix => "pyproject-nix",
            Self::Uv2nix => "uv2nix",
            Self::BuildSystems => "pyproject-build-systems",
        }
    }

    const fn url(self) -> &'static str {
        match self {
            Self::Nixpkgs => "github:NixOS/nixpkgs/nixos-unstable",
            Self::PyprojectNix => "github:pyproject-nix/pyproject.nix",
            Self::Uv2nix => "github:pyproject-nix/uv2nix",
            Self::BuildSystems => "github:pyproject-nix/build-system-pkgs",
        }
    }

    /// The name of the git repository.
    const fn repository(self) -> &'static str {
        match self {
            Self::Nixpkgs => "nixpkgs",
            Self::PyprojectNix => "pyproject.nix",
            Self::Uv2nix => "uv2nix",
            Self::BuildSystems => "build-system-pkgs",
        }
    }

    /// The inputs of this input that are set to the flake's own.
    const fn follows(self) -> &'static [Self] {
        match self {
            Self::Nixpkgs => &[],
            Self::PyprojectNix => &[Self::Nixpkgs],
            Self::Uv2nix => &[Self::Nixpkgs, Self::PyprojectNix],
            Self::BuildSystems => &[Self::Nixpkgs, Self::PyprojectNix, Self::Uv2nix],
        }
    }

    /// Whether a flake reference is of the repository or a fork of it.
    pub(super) fn is_at(self, url: &str) -> bool {
        url.split(['/', ':', '?', '#'])
            .map(|part| part.trim_end_matches(".git").to_lowercase())
            .any(|part| part == self.repository())
    }

    /// The attribute of `inputs`. `known_name` is the name that the flake has
    /// for an input, if it has one that isn't the usual.
    pub(super) fn attribute(self, known_name: impl Fn(Self) -> Option<String>) -> String {
        let name = self.name();
        let url = print_inline(&Expr::string(self.url()));
        if self.follows().is_empty() {
            return format!("{name}.url = {url};\n");
        }
        let follows = self.follows().iter().map(|input| {
            let followed = known_name(*input).unwrap_or_else(|| input.name().to_owned());
            let followed = print_inline(&Expr::string(&followed));
            format!("inputs.{}.follows = {followed};\n", input.name())
        });
        let follows: String = follows.collect();
        format!("{name} = {{\nurl = {url};\n{follows}}};\n")
    }
}
