//! From the model to text, laid out as nixfmt does.
//!
//! Strings follow the Nix manual's "String literal": `"`, `\` and `${` are
//! escaped, and so are newline, carriage return and tab, which the lexer
//! would keep or change. An attribute name is quoted unless it is an
//! identifier and no keyword.

mod layout;

use super::expr::{Comment, Expr, NixString, Operator, Parameter, Part};

/// Words that can't stand as an attribute name without quotes. `or` could,
/// but not everywhere.
const KEYWORDS: [&str; 9] = [
    "assert", "else", "if", "in", "inherit", "let", "or", "rec", "then",
];

/// Prints an expression in nixfmt's layout, with a newline at its end.
///
/// # Panics
/// Never: what the model prints is Nix, which nixfmt can lay out.
#[must_use]
pub fn print(expr: &Expr) -> String {
    let mut text = String::new();
    write(expr, Binding::Loosest, &mut text);
    nixfmt_rs::format(&text).expect("the model prints Nix only")
}

/// How tightly the place of an expression binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Loosest,
    And,
    NotEqual,
    UpdateRight,
    UpdateLeft,
    ConcatRight,
    ConcatLeft,
    Has,
    Function,
    Argument,
    SelectBase,
}

/// What an expression binds with: it needs parentheses in a tighter place.
fn binding(expr: &Expr) -> Binding {
    match expr {
        Expr::Lambda(..) | Expr::If(..) | Expr::Own(_) => Binding::Loosest,
        Expr::Commented(_, inner) => binding(inner),
        Expr::Binary(_, Operator::And, _) => Binding::And,
        Expr::Binary(_, Operator::Equal | Operator::NotEqual, _) => Binding::NotEqual,
        Expr::Has(..) => Binding::Has,
        Expr::Layout(layout) => layout::binding(layout),
        Expr::Binary(_, Operator::Concat, _) => Binding::ConcatRight,
        Expr::Apply(..) => Binding::Function,
        // `or` binds tighter, but readers want its parentheses in operands.
        Expr::Binary(_, Operator::Update, _) | Expr::Select(_, _, Some(_)) => Binding::UpdateRight,
        Expr::Select(_, _, None) => Binding::Argument,
        // `./. + "/a b"` binds more loosely than anything but a function.
        Expr::Path(path) if !is_plain_path(path) => Binding::UpdateRight,
        Expr::Var(_)
        | Expr::Str(_)
        | Expr::Template(_)
        | Expr::Path(_)
        | Expr::List(_)
        | Expr::AttrSet(_) => Binding::SelectBase,
    }
}

fn write(expr: &Expr, place: Binding, out: &mut String) {
    let needs_parentheses = binding(expr) < place;
    if needs_parentheses {
        out.push('(');
    }
    write_bare(expr, out);
    if needs_parentheses {
        out.push(')');
    }
}

fn write_bare(expr: &Expr, out: &mut String) {
    match expr {
        Expr::Var(ident) => out.push_str(ident.0),
        Expr::Layout(layout) => layout::write_layout(layout, out),
        Expr::Str(string) => write_string(string, out),
        Expr::Template(parts) => write_template(parts, out),
        Expr::Path(path) => write_path(path, out),
        Expr::Select(base, path, default) => {
            write(base, Binding::SelectBase, out);
            for name in path {
                out.push('.');
                write_name(name, out);
            }
            if let Some(default) = default {
                out.push_str(" or ");
                write(default, Binding::SelectBase, out);
            }
        }
        Expr::Apply(function, argument) => {
            write(function, Binding::Function, out);
            out.push(' ');
            write(argument, Binding::Argument, out);
        }
        Expr::List(items) => write_list(items, out),
        Expr::AttrSet(attributes) => write_set(attributes, out),
        Expr::Binary(left, operator, right) => {
            let (sign, left_place, right_place) = match operator {
                Operator::Concat => (" ++ ", Binding::ConcatLeft, Binding::ConcatRight),
                Operator::Update => (" // ", Binding::UpdateLeft, Binding::UpdateRight),
                Operator::And => (" && ", Binding::And, Binding::NotEqual),
                Operator::Equal => (" == ", Binding::UpdateLeft, Binding::UpdateLeft),
                Operator::NotEqual => (" != ", Binding::UpdateLeft, Binding::UpdateLeft),
            };
            write(left, left_place, out);
            out.push_str(sign);
            write(right, right_place, out);
        }
        Expr::Lambda(parameter, body) => {
            write_parameter(parameter, out);
            out.push_str(": ");
            write(body, Binding::Loosest, out);
        }
        Expr::If(condition, value, otherwise) => {
            for (word, part) in [("if ", condition), (" then ", value), (" else ", otherwise)] {
                out.push_str(word);
                write(part, Binding::Loosest, out);
            }
        }
        Expr::Has(set, name) => {
            write(set, Binding::Function, out);
            out.push_str(" ? ");
            write_name(name, out);
        }
        Expr::Own(own) => out.push_str(own.as_str()),
        Expr::Commented(_, inner) => write_bare(inner, out),
    }
}

fn write_list(items: &[Expr], out: &mut String) {
    out.push_str("[ ");
    for item in items {
        write(item, Binding::Argument, out);
        out.push(' ');
        if let Expr::Commented(comment, _) = item {
            write_comment(comment, out);
        }
    }
    out.push(']');
}

fn write_set(attributes: &[(NixString, Expr)], out: &mut String) {
    out.push_str("{ ");
    // nixfmt keeps a set open that has a line break here: one
    // attribute a line makes for small diffs.
    if !attributes.is_empty() {
        out.push('\n');
    }
    for (name, value) in attributes {
        if let Expr::Commented(comment, _) = value {
            write_comment(comment, out);
        }
        write_name(name, out);
        out.push_str(" = ");
        write(value, Binding::Loosest, out);
        out.push_str("; ");
    }
    out.push('}');
}

fn write_comment(comment: &Comment, out: &mut String) {
    out.push_str("# ");
    out.push_str(comment.as_str());
    out.push('\n');
}

fn write_template(parts: &[Part], out: &mut String) {
    out.push('"');
    for part in parts {
        match part {
            Part::Text(text) => write_escaped(text.as_str(), out),
            Part::Expr(expr) => {
                out.push_str("${");
                write(expr, Binding::Loosest, out);
                out.push('}');
            }
        }
    }
    out.push('"');
}

/// Nix manual, "Path literal": letters, digits, `.`, `_`, `-`, `+` between
/// slashes.
fn is_plain_path(path: &NixString) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let path = path.as_str();
    path == "."
        || path
            .split('/')
            .all(|part| !part.is_empty() && part.chars().all(is_plain))
}

fn write_path(path: &NixString, out: &mut String) {
    if is_plain_path(path) {
        // `./.` and `../x` are literals, `.` and `x` are none.
        let is_up = path.as_str().starts_with("../");
        out.push_str(match path.as_str() {
            ".." => "./",
            _ if is_up => "",
            _ => "./",
        });
        out.push_str(path.as_str());
    } else {
        out.push_str("./. + ");
        write_string(&NixString::new(&format!("/{}", path.as_str())), out);
    }
}

fn write_parameter(parameter: &Parameter, out: &mut String) {
    match parameter {
        Parameter::Name(ident) => out.push_str(ident.0),
        Parameter::Open(names) => {
            out.push_str("{ ");
            for name in names {
                out.push_str(name.0);
                out.push_str(", ");
            }
            out.push_str("... }");
        }
    }
}

fn write_name(name: &NixString, out: &mut String) {
    if is_identifier(name.as_str()) {
        out.push_str(name.as_str());
    } else {
        write_string(name, out);
    }
}

/// Whether a name can stand as an attribute's without quotes.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '\'' | '-');
    name.starts_with(is_start) && name.chars().all(is_rest) && !is_keyword(name)
}

fn is_keyword(name: &str) -> bool {
    name == "with" || KEYWORDS.contains(&name)
}

fn write_string(string: &NixString, out: &mut String) {
    out.push('"');
    write_escaped(string.as_str(), out);
    out.push('"');
}

fn write_escaped(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            // `${` begins an expression, and what follows the text may be one.
            '$' if matches!(chars.peek(), None | Some('{')) => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::expr::Ident;

    fn printed(expr: &Expr) -> String {
        print(expr).trim_end().to_owned()
    }

    #[test]
    fn strings_are_escaped() {
        for (text, nix) in [
            ("a\"b", r#""a\"b""#),
            (r"a\b", r#""a\\b""#),
            ("${x}", r#""\${x}""#),
            ("$${x}", r#""$\${x}""#),
            ("$x", r#""$x""#),
            ("a\nb\r\tc", r#""a\nb\r\tc""#),
            ("''${x}''", r#""''\${x}''""#),
        ] {
            assert_eq!(printed(&Expr::string(text)), nix);
        }
    }

    #[test]
    fn attribute_names_are_quoted_where_they_must_be() {
        let select = |name| printed(&Expr::var("prev").select([name]));
        for name in ["rpds-py", "_a", "a1", "a'"] {
            assert_eq!(select(name), format!("prev.{name}"));
        }
        for name in KEYWORDS
            .into_iter()
            .chain(["with", "3to2", "", "a.b", "a b", "é"])
        {
            assert_eq!(select(name), format!("prev.\"{name}\""));
        }
        assert_eq!(select("${x}"), r#"prev."\${x}""#);
    }

    #[test]
    fn parentheses_stand_where_they_must() {
        let a = || Expr::var("a");
        let f = || Expr::var("f");
        let lambda = || a().lambda(Parameter::Name(Ident::new("a")));
        for (expr, nix) in [
            (f().apply(f().apply(a())), "f (f a)"),
            (f().apply(a()).apply(a()), "f a a"),
            (f().apply(a()).select(["b"]), "(f a).b"),
            (f().apply(lambda()), "f (a: a)"),
            (
                a().select(["b"]).or(Expr::List(vec![])).concat(a()),
                "(a.b or [ ]) ++ a",
            ),
            (a().concat(f().apply(a())), "a ++ f a"),
            (a().concat(a()).concat(a()), "(a ++ a) ++ a"),
            (a().concat(a().concat(a())), "a ++ a ++ a"),
            (a().update(a().concat(a())), "a // a ++ a"),
            (a().update(a()).concat(a()), "(a // a) ++ a"),
            (
                Expr::List(vec![f().apply(a()), a().select(["b"])]),
                "[\n  (f a)\n  a.b\n]",
            ),
        ] {
            assert_eq!(printed(&expr), nix);
        }
    }
}
