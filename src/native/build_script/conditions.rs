//! Translates the conditions in a build script to `cfg(...)`, as far as they
//! test features, the platform or environment variables.

use syn::{BinOp, Expr, ExprLit, ExprMethodCall, Lit, Pat, UnOp};

/// What is known in the two branches of an `if`, in the syntax of `cfg(...)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Condition {
    pub if_true: Option<String>,
    pub if_false: Option<String>,
}

impl Condition {
    fn from_cfg(text: String) -> Self {
        let negated = format!("not({text})");
        Self {
            if_true: Some(text),
            if_false: Some(negated),
        }
    }

    fn never() -> Self {
        Self {
            if_true: Some("false".to_owned()),
            if_false: None,
        }
    }

    fn not(self) -> Self {
        Self {
            if_true: self.if_false,
            if_false: self.if_true,
        }
    }

    fn and(self, other: Self) -> Self {
        let either_is_false = match (self.if_false, other.if_false) {
            (Some(a), Some(b)) => join("any", vec![a, b]),
            _ => None,
        };
        let both_are_true = self.if_true.into_iter().chain(other.if_true);
        Self {
            if_true: join("all", both_are_true.collect()),
            if_false: either_is_false,
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// Translates an expression; what it doesn't understand is unknown in both
    /// branches.
    pub(super) fn read(expr: &Expr) -> Self {
        match expr {
            Expr::Paren(inner) => Self::read(&inner.expr),
            Expr::Group(inner) => Self::read(&inner.expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => Self::read(&unary.expr).not(),
            Expr::Binary(binary) => match binary.op {
                BinOp::And(_) => Self::read(&binary.left).and(Self::read(&binary.right)),
                BinOp::Or(_) => Self::read(&binary.left).or(Self::read(&binary.right)),
                BinOp::Eq(_) => compare_platform(&binary.left, &binary.right).unwrap_or_default(),
                BinOp::Ne(_) => compare_platform(&binary.left, &binary.right)
                    .unwrap_or_default()
                    .not(),
                _ => Self::default(),
            },
            Expr::Macro(call) if call.mac.path.is_ident("cfg") => {
                Self::from_cfg(call.mac.tokens.to_string())
            }
            Expr::MethodCall(call) => method_call(call),
            Expr::Let(binding) => {
                let is_variant = |name: &str| match &*binding.pat {
                    Pat::TupleStruct(pat) => {
                        let last = pat.path.segments.last();
                        last.is_some_and(|segment| segment.ident == name)
                    }
                    _ => false,
                };
                if is_variant("Ok") || is_variant("Some") {
                    variable_is_set(&binding.expr).unwrap_or_default()
                } else {
                    Self::default()
                }
            }
            _ => Self::default(),
        }
    }
}

/// `OPERATOR(PARTS)`, or the only part.
fn join(operator: &str, mut parts: Vec<String>) -> Option<String> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(format!("{operator}({})", parts.join(", "))),
    }
}

fn method_call(call: &ExprMethodCall) -> Condition {
    match call.method.to_string().as_str() {
        "is_ok" | "is_some" => variable_is_set(&call.receiver).unwrap_or_default(),
        "is_err" | "is_none" => variable_is_set(&call.receiver).unwrap_or_default().not(),
        "contains" | "ends_with" | "starts_with" => call
            .args
            .first()
            .and_then(|argument| compare_platform(&call.receiver, argument))
            .unwrap_or_default(),
        _ => Condition::default(),
    }
}

/// The condition that a variable is set, for `env::var("NAME")` and
/// `env::var_os("NAME")`, also with `.ok()`, `.as_deref()` and the like after
/// it.
fn variable_is_set(expr: &Expr) -> Option<Condition> {
    match expr {
        Expr::MethodCall(call) if call.args.is_empty() => variable_is_set(&call.receiver),
        Expr::Reference(reference) => variable_is_set(&reference.expr),
        Expr::Paren(inner) => variable_is_set(&inner.expr),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let function = path.path.segments.last()?.ident.to_string();
            if !matches!(function.as_str(), "var" | "var_os") {
                return None;
            }
            name_is_set(&string_literal(call.args.first()?)?)
        }
        _ => None,
    }
}

/// The condition that Cargo sets a variable for the build script; `None` if it
/// always does, or the user's environment may. See the Cargo Reference,
/// "Environment Variables".
fn name_is_set(name: &str) -> Option<Condition> {
    if let Some(feature) = name.strip_prefix("CARGO_FEATURE_") {
        let feature = feature.to_lowercase();
        // The variable has `_` for a `-` in the feature.
        let names = [feature.clone(), feature.replace('_', "-")];
        let texts = names.map(|name| format!("feature = \"{name}\""));
        return Some(Condition::from_cfg(format!("any({})", texts.join(", "))));
    }
    if let Some(cfg) = name.strip_prefix("CARGO_CFG_")
        && matches!(cfg, "UNIX" | "WINDOWS")
    {
        return Some(Condition::from_cfg(cfg.to_lowercase()));
    }
    let may_be_set = name.starts_with("CARGO")
        || name.starts_with("DEP_")
        || matches!(
            name,
            "OUT_DIR"
                | "TARGET"
                | "HOST"
                | "PROFILE"
                | "OPT_LEVEL"
                | "DEBUG"
                | "NUM_JOBS"
                | "PATH"
                | "RUSTC"
                | "RUSTDOC"
                | "HOME"
                | "CC"
                | "CXX"
                | "PKG_CONFIG_PATH"
        );
    (!may_be_set).then(Condition::never)
}

/// The condition of a comparison with a part of a target triple. Whether the
/// other side is the target can only be told by its name.
fn compare_platform(compared: &Expr, with: &Expr) -> Option<Condition> {
    let name = string_literal(with).or_else(|| match with {
        Expr::Call(call) => string_literal(call.args.first()?),
        Expr::MethodCall(call) => string_literal(&call.receiver),
        _ => None,
    })?;
    if !is_named_like_target(compared) {
        return None;
    }
    let text = match name.trim_matches('-') {
        "windows" | "pc-windows" => "windows",
        "msvc" | "windows-msvc" => "target_env = \"msvc\"",
        "linux" | "unknown-linux" => "target_os = \"linux\"",
        "linux-gnu" | "gnu" => "target_env = \"gnu\"",
        "macos" | "darwin" | "apple-darwin" => "target_os = \"macos\"",
        "apple" => "target_vendor = \"apple\"",
        "x86_64" => "target_arch = \"x86_64\"",
        "aarch64" => "target_arch = \"aarch64\"",
        "unix" => "unix",
        // Platforms that nixpkgs' Python packages aren't built for here.
        "android" | "ios" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" | "solaris"
        | "illumos" | "haiku" | "redox" | "fuchsia" | "emscripten" | "wasi" | "wasm" | "wasm32"
        | "wasm64" | "musl" | "uwp" | "x86" | "i686" | "arm" | "armv7" | "riscv64" | "tvos"
        | "watchos" | "hermit" | "vxworks" | "windows-gnu" | "mingw" | "cygwin" => "false",
        _ => return None,
    };
    Some(Condition::from_cfg(text.to_owned()))
}

fn is_named_like_target(expr: &Expr) -> bool {
    let is_target = |name: &str| {
        let name = name.to_lowercase();
        ["target", "triple", "host"]
            .iter()
            .any(|word| name.contains(word))
            || name == "os"
            || name == "arch"
            || name.ends_with("_os")
            || name.ends_with("_arch")
    };
    match expr {
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|segment| is_target(&segment.ident.to_string())),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => is_target(&name.to_string()),
            syn::Member::Unnamed(_) => false,
        },
        Expr::MethodCall(call) => {
            is_target(&call.method.to_string()) || is_named_like_target(&call.receiver)
        }
        Expr::Call(call) => {
            let first = call.args.first().and_then(string_literal);
            first.is_some_and(|name| is_target(&name)) || is_named_like_target(&call.func)
        }
        Expr::Reference(reference) => is_named_like_target(&reference.expr),
        Expr::Paren(inner) => is_named_like_target(&inner.expr),
        Expr::Try(inner) => is_named_like_target(&inner.expr),
        Expr::Unary(unary) => is_named_like_target(&unary.expr),
        _ => false,
    }
}

/// The value of a string literal.
pub(super) fn string_literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        Expr::Reference(reference) => string_literal(&reference.expr),
        Expr::Paren(inner) => string_literal(&inner.expr),
        _ => None,
    }
}
