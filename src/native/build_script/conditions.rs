//! What `if` in a build script asks, as far as it is about features, the
//! platform or variables of the environment.

use syn::{BinOp, Expr, ExprLit, ExprMethodCall, Lit, Pat, UnOp};

/// What is known where a condition holds, and where it doesn't: in the words
/// of `cfg(...)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Condition {
    pub holds: Option<String>,
    pub fails: Option<String>,
}

impl Condition {
    fn of(text: String) -> Self {
        let fails = format!("not({text})");
        Self {
            holds: Some(text),
            fails: Some(fails),
        }
    }

    fn never() -> Self {
        Self {
            holds: Some("false".to_owned()),
            fails: None,
        }
    }

    fn not(self) -> Self {
        Self {
            holds: self.fails,
            fails: self.holds,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            holds: join("all", self.holds.into_iter().chain(other.holds).collect()),
            fails: both("any", self.fails, other.fails),
        }
    }

    fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// What an expression asks.
    pub(super) fn read(expr: &Expr) -> Self {
        match expr {
            Expr::Paren(inner) => Self::read(&inner.expr),
            Expr::Group(inner) => Self::read(&inner.expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => Self::read(&unary.expr).not(),
            Expr::Binary(binary) => match binary.op {
                BinOp::And(_) => Self::read(&binary.left).and(Self::read(&binary.right)),
                BinOp::Or(_) => Self::read(&binary.left).or(Self::read(&binary.right)),
                BinOp::Eq(_) => platform(&binary.left, &binary.right).unwrap_or_default(),
                BinOp::Ne(_) => platform(&binary.left, &binary.right)
                    .unwrap_or_default()
                    .not(),
                _ => Self::default(),
            },
            Expr::Macro(call) if call.mac.path.is_ident("cfg") => {
                Self::of(call.mac.tokens.to_string())
            }
            Expr::MethodCall(call) => method(call),
            Expr::Let(binding) => {
                let is_some = |name: &str| match &*binding.pat {
                    Pat::TupleStruct(pat) => {
                        pat.path.segments.last().is_some_and(|s| s.ident == name)
                    }
                    _ => false,
                };
                if is_some("Ok") || is_some("Some") {
                    variable(&binding.expr).unwrap_or_default()
                } else {
                    Self::default()
                }
            }
            _ => Self::default(),
        }
    }
}

fn join(word: &str, mut parts: Vec<String>) -> Option<String> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(format!("{word}({})", parts.join(", "))),
    }
}

/// What is known only where both are.
fn both(word: &str, a: Option<String>, b: Option<String>) -> Option<String> {
    join(word, vec![a?, b?])
}

fn method(call: &ExprMethodCall) -> Condition {
    match call.method.to_string().as_str() {
        "is_ok" | "is_some" => variable(&call.receiver).unwrap_or_default(),
        "is_err" | "is_none" => variable(&call.receiver).unwrap_or_default().not(),
        "contains" | "ends_with" | "starts_with" => call
            .args
            .first()
            .and_then(|argument| platform(&call.receiver, argument))
            .unwrap_or_default(),
        _ => Condition::default(),
    }
}

/// Whether a variable is set: `env::var("NAME")`, `env::var_os(...)`, with
/// `.ok()`, `.as_deref()` and the like behind it.
fn variable(expr: &Expr) -> Option<Condition> {
    match expr {
        Expr::MethodCall(call) if call.args.is_empty() => variable(&call.receiver),
        Expr::Reference(reference) => variable(&reference.expr),
        Expr::Paren(inner) => variable(&inner.expr),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let function = path.path.segments.last()?.ident.to_string();
            if !matches!(function.as_str(), "var" | "var_os") {
                return None;
            }
            about_variable(&string(call.args.first()?)?)
        }
        _ => None,
    }
}

/// Cargo sets some variables; nobody sets others.
fn about_variable(name: &str) -> Option<Condition> {
    if let Some(feature) = name.strip_prefix("CARGO_FEATURE_") {
        let feature = feature.to_lowercase();
        // `-` and `_` look the same in the variable.
        let names = [feature.clone(), feature.replace('_', "-")];
        let texts = names.map(|name| format!("feature = \"{name}\""));
        return Some(Condition::of(format!("any({})", texts.join(", "))));
    }
    if let Some(cfg) = name.strip_prefix("CARGO_CFG_")
        && matches!(cfg, "UNIX" | "WINDOWS")
    {
        return Some(Condition::of(cfg.to_lowercase()));
    }
    let is_set = name.starts_with("CARGO")
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
    (!is_set).then(Condition::never)
}

/// A comparison of something that sounds like a platform with the name of
/// one.
fn platform(compared: &Expr, with: &Expr) -> Option<Condition> {
    let name = string(with).or_else(|| match with {
        Expr::Call(call) => string(call.args.first()?),
        Expr::MethodCall(call) => string(&call.receiver),
        Expr::Reference(reference) => string(&reference.expr),
        _ => None,
    })?;
    if !sounds_like_a_platform(compared) {
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
        "android" | "ios" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" | "solaris"
        | "illumos" | "haiku" | "redox" | "fuchsia" | "emscripten" | "wasi" | "wasm" | "wasm32"
        | "wasm64" | "musl" | "uwp" | "x86" | "i686" | "arm" | "armv7" | "riscv64" | "tvos"
        | "watchos" | "hermit" | "vxworks" | "windows-gnu" | "mingw" | "cygwin" => "false",
        _ => return None,
    };
    Some(Condition::of(text.to_owned()))
}

fn sounds_like_a_platform(expr: &Expr) -> bool {
    let sounds = |name: &str| {
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
            .is_some_and(|segment| sounds(&segment.ident.to_string())),
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => sounds(&name.to_string()),
            syn::Member::Unnamed(_) => false,
        },
        Expr::MethodCall(call) => {
            sounds(&call.method.to_string()) || sounds_like_a_platform(&call.receiver)
        }
        Expr::Call(call) => {
            let first = call.args.first().and_then(string);
            first.is_some_and(|name| sounds(&name)) || sounds_like_a_platform(&call.func)
        }
        Expr::Reference(reference) => sounds_like_a_platform(&reference.expr),
        Expr::Paren(inner) => sounds_like_a_platform(&inner.expr),
        Expr::Try(inner) => sounds_like_a_platform(&inner.expr),
        Expr::Unary(unary) => sounds_like_a_platform(&unary.expr),
        _ => false,
    }
}

/// A string that stands in the text.
pub(super) fn string(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        Expr::Reference(reference) => string(&reference.expr),
        Expr::Paren(inner) => string(&inner.expr),
        _ => None,
    }
}
