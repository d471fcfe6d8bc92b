//! An overlay file and how a flake imports it.

use std::fmt::Write as _;

use rnix::ast::{Expr as SyntaxExpr, Param};
use rowan::ast::AstNode as _;

use crate::nix::expr::Expr;
use crate::nix::parse::parse;
use crate::nix::print::print_inline;

/// The parameters that generated overlay files take.
pub const PARAMETERS: [&str; 3] = ["pkgs", "lib", "hacks"];

/// An overlay file that a flake imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedOverlay {
    /// Relative to the flake.
    pub path: String,
    /// The parameters that the file takes, of [`PARAMETERS`]. If there are
    /// none, the file is the overlay itself.
    pub parameters: Vec<&'static str>,
}

impl ImportedOverlay {
    /// An overlay as `init` and `--write` create it.
    pub fn generated(path: String) -> Self {
        let parameters = PARAMETERS.to_vec();
        Self { path, parameters }
    }

    /// An existing overlay, with the parameters that its text shows.
    pub fn existing(path: String, text: &str) -> Self {
        let parameter = parse(text).and_then(|root| match root.expr()? {
            SyntaxExpr::Lambda(lambda) => lambda.param(),
            _ => None,
        });
        let parameters = match parameter {
            Some(Param::IdentParam(_)) => Vec::new(),
            Some(Param::Pattern(pattern)) if pattern.ellipsis_token().is_none() => {
                let names: Vec<_> = pattern
                    .pat_entries()
                    .filter_map(|entry| Some(entry.ident()?.syntax().text().to_string()))
                    .collect();
                let mut parameters = PARAMETERS.to_vec();
                parameters.retain(|parameter| names.iter().any(|name| name == parameter));
                parameters
            }
            _ => return Self::generated(path),
        };
        Self { path, parameters }
    }

    /// `name = import PATH { ... };`
    pub(super) fn import(&self, name: &str) -> String {
        let path = print_inline(&Expr::Path(self.path.as_str().into()));
        let path = if path.contains(' ') {
            format!("({path})")
        } else {
            path
        };
        let mut text = format!("{name} = import {path}");
        if !self.parameters.is_empty() {
            let _ = write!(text, " {{ inherit {}; }}", self.parameters.join(" "));
        }
        text + ";"
    }
}
