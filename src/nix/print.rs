//! Prints expressions as text in nixfmt's layout.
//!
//! Strings follow the Nix manual, "String literal": `"`, `\` and `${` are
//! escaped. So are line feed, carriage return and tab, which Nix's lexer
//! would keep or change. An attribute name is quoted unless it is an
//! identifier.

use super::expr::{Binding, Comment, Expr, NixString, Operator, Parameter, ParameterGroup, Part};
use super::ident::{Ident, is_identifier};

/// Prints an expression in nixfmt's layout, with a line break at its end.
///
/// # Panics
/// Never: the model prints valid Nix only.
#[must_use]
pub fn print(expr: &Expr) -> String {
    let mut text = String::new();
    write(expr, Precedence::Loosest, &mut text);
    nixfmt_rs::format(&text).expect("the model prints valid Nix only")
}

/// Prints an expression as [`print`] does, without the final line break.
pub(super) fn print_inline(expr: &Expr) -> String {
    print(expr).trim_end().to_owned()
}

/// How tightly an expression or its place binds, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    Loosest,
    And,
    NotEqual,
    UpdateRight,
    UpdateLeft,
    Not,
    ConcatRight,
    ConcatLeft,
    Has,
    Function,
    Argument,
    SelectBase,
}

/// How tightly an expression binds: in a tighter place it needs parentheses.
fn precedence(expr: &Expr) -> Precedence {
    match expr {
        Expr::Lambda(..) | Expr::If(..) | Expr::Own(_) => Precedence::Loosest,
        Expr::Commented(_, inner) => precedence(inner),
        Expr::Binary(_, Operator::And, _) => Precedence::And,
        Expr::Binary(_, Operator::Equal | Operator::NotEqual, _) => Precedence::NotEqual,
        Expr::Not(_) => Precedence::Not,
        Expr::Has(..) => Precedence::Has,
        Expr::Binary(_, Operator::Concat, _) => Precedence::ConcatRight,
        Expr::Apply(..) => Precedence::Function,
        // `or` binds more tightly than operators, but `(a.b or [ ]) ++ c` is
        // easier to read.
        Expr::Binary(_, Operator::Update, _) | Expr::Select(_, _, Some(_)) => {
            Precedence::UpdateRight
        }
        Expr::Select(_, _, None) => Precedence::Argument,
        // `./. + "/a b"` binds more loosely than anything but a function.
        Expr::Path(path) if !is_plain_path(path) => Precedence::UpdateRight,
        Expr::Var(_)
        | Expr::Str(_)
        | Expr::Template(_)
        | Expr::IndentedTemplate(_)
        | Expr::Path(_)
        | Expr::List(_)
        | Expr::AttrSet(_) => Precedence::SelectBase,
    }
}

fn write(expr: &Expr, place: Precedence, out: &mut String) {
    let needs_parentheses = precedence(expr) < place;
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
        Expr::Var(ident) => out.push_str(ident.as_str()),
        Expr::Str(string) => write_string(string, out),
        Expr::Template(parts) => {
            out.push('"');
            write_parts(parts, out, write_escaped);
            out.push('"');
        }
        Expr::IndentedTemplate(parts) => {
            out.push_str("''\n");
            write_parts(parts, out, write_escaped_indented);
            out.push_str("''");
        }
        Expr::Path(path) => write_path(path, out),
        Expr::Select(base, path, default) => {
            write(base, Precedence::SelectBase, out);
            for name in path {
                out.push('.');
                write_name(name, out);
            }
            if let Some(default) = default {
                out.push_str(" or ");
                write(default, Precedence::Argument, out);
            }
        }
        Expr::Apply(function, argument) => {
            write(function, Precedence::Function, out);
            out.push(' ');
            write(argument, Precedence::Argument, out);
        }
        Expr::List(items) => write_list(items, out),
        Expr::AttrSet(bindings) => write_set(bindings, out),
        Expr::Binary(left, operator, right) => {
            let (sign, left_place, right_place) = match operator {
                Operator::Concat => (" ++ ", Precedence::ConcatLeft, Precedence::ConcatRight),
                Operator::Update => (" // ", Precedence::UpdateLeft, Precedence::UpdateRight),
                Operator::And => (" && ", Precedence::And, Precedence::NotEqual),
                Operator::Equal => (" == ", Precedence::UpdateLeft, Precedence::UpdateLeft),
                Operator::NotEqual => (" != ", Precedence::UpdateLeft, Precedence::UpdateLeft),
            };
            if let Expr::Commented(comment, _) = &**left {
                out.push('\n');
                write_comment(comment, out);
            }
            write(left, left_place, out);
            if let Expr::Commented(comment, _) = &**right {
                out.push('\n');
                write_comment(comment, out);
            }
            out.push_str(sign);
            write(right, right_place, out);
        }
        Expr::Lambda(parameter, body) => {
            write_parameter(parameter, out);
            out.push_str(": ");
            write(body, Precedence::Loosest, out);
        }
        Expr::If(condition, value, otherwise) => {
            for (word, part) in [("if ", condition), (" then ", value), (" else ", otherwise)] {
                out.push_str(word);
                write(part, Precedence::Loosest, out);
            }
        }
        Expr::Not(inner) => {
            out.push('!');
            write(inner, Precedence::Not, out);
        }
        Expr::Has(set, name) => {
            write(set, Precedence::Function, out);
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
        write(item, Precedence::Argument, out);
        out.push(' ');
        if let Expr::Commented(comment, _) = item {
            write_comment(comment, out);
        }
    }
    out.push(']');
}

fn write_set(bindings: &[Binding], out: &mut String) {
    if bindings.is_empty() {
        out.push_str("{ }");
        return;
    }
    // nixfmt keeps this line break, and with it one attribute a line: diffs
    // of the file stay small.
    out.push_str("{\n");
    for binding in bindings {
        write_binding(binding, out);
        out.push('\n');
    }
    out.push('}');
}

fn write_binding(binding: &Binding, out: &mut String) {
    match binding {
        Binding::BlankLine => {}
        Binding::Inherit(from, names) => {
            out.push_str("inherit (");
            write(from, Precedence::Loosest, out);
            out.push(')');
            for name in names {
                out.push(' ');
                out.push_str(name.as_str());
            }
            out.push(';');
        }
        Binding::Set(path, value) => {
            if let Expr::Commented(comment, _) = value {
                write_comment(comment, out);
            }
            for (index, name) in path.iter().enumerate() {
                if index > 0 {
                    out.push('.');
                }
                write_name(name, out);
            }
            out.push_str(" = ");
            write(value, Precedence::Loosest, out);
            out.push(';');
        }
    }
}

fn write_comment(comment: &Comment, out: &mut String) {
    out.push_str("# ");
    out.push_str(comment.as_str());
    out.push('\n');
}

fn write_parts(parts: &[Part], out: &mut String, write_text: fn(&str, &mut String)) {
    for part in parts {
        match part {
            Part::Text(text) => write_text(text.as_str(), out),
            Part::Expr(expr) => {
                out.push_str("${");
                write(expr, Precedence::Loosest, out);
                out.push('}');
            }
        }
    }
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
        // `./.` and `../x` are path literals, `.`, `..` and `x` are not.
        if !path.as_str().starts_with("../") {
            out.push_str("./");
        }
        out.push_str(path.as_str());
    } else {
        out.push_str("./. + ");
        write_string(&NixString::new(&format!("/{}", path.as_str())), out);
    }
}

fn write_parameter(parameter: &Parameter, out: &mut String) {
    match parameter {
        Parameter::Name(ident) => out.push_str(ident.as_str()),
        Parameter::Open(names) => {
            out.push_str("{ ");
            write_parameter_names(names, ", ", out);
            out.push_str("... }");
        }
        Parameter::Groups(groups) => write_groups(groups, out),
    }
}

fn write_groups(groups: &[ParameterGroup], out: &mut String) {
    out.push_str("{\n");
    let filled = groups.iter().filter(|group| !group.names.is_empty());
    for (index, group) in filled.enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if let Some(title) = group.title {
            write_comment(&Comment::new(title), out);
        }
        write_parameter_names(&group.names, ",\n", out);
    }
    out.push('}');
}

fn write_parameter_names(names: &[Ident], end: &str, out: &mut String) {
    for name in names {
        out.push_str(name.as_str());
        out.push_str(end);
    }
}

fn write_name(name: &NixString, out: &mut String) {
    if is_identifier(name.as_str()) {
        out.push_str(name.as_str());
    } else {
        write_string(name, out);
    }
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
            // `${` starts an interpolation; so does a final `$` before a part
            // that is an expression.
            '$' if matches!(chars.peek(), None | Some('{')) => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
}

/// Nix manual, "String literal": in an indented string `''` is written `'''`,
/// `${` is written `''${`, and `''\` escapes any other character. Lines lose
/// the indentation that all of them have.
fn write_escaped_indented(text: &str, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\'', Some('\'')) => {
                chars.next();
                out.push_str("'''");
            }
            // Before an escape or a part that is an expression, it would be
            // read with the quotes or the `$` that follow.
            ('\'', None | Some('$' | '\r' | '\t')) => out.push_str("''\\'"),
            ('$', None | Some('{')) => out.push_str("''$"),
            ('\r', _) => out.push_str("''\\r"),
            ('\t', _) => out.push_str("''\\t"),
            (c, _) => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn texts_of_indented_strings_are_escaped() {
        for (text, nix) in [
            ("''", "'''"),
            ("${x}", "''${x}"),
            ("'${x}", r"''\'''${x}"),
            ("'''${x}", r"'''''\'''${x}"),
            ("a'b", "a'b"),
            ("a\r\tb", r"a''\r''\tb"),
        ] {
            let parts = vec![Part::text(&format!("{text}\n"))];
            let printed = printed(&Expr::IndentedTemplate(parts));
            assert_eq!(printed, format!("''\n  {nix}\n''"));
        }
        for (text, nix) in [("$", "''$"), ("'", r"''\'")] {
            let value = Part::Expr(Expr::var("a"));
            let parts = vec![Part::text(text), value, Part::text("\n")];
            let printed = printed(&Expr::IndentedTemplate(parts));
            assert_eq!(printed, format!("''\n  {nix}${{a}}\n''"));
        }
    }

    #[test]
    fn attribute_names_are_quoted_only_where_needed() {
        let select = |name| printed(&Expr::var("prev").select([name]));
        for name in ["rpds-py", "_a", "a1", "a'"] {
            assert_eq!(select(name), format!("prev.{name}"));
        }
        for name in ["inherit", "or", "with", "3to2", "", "a.b", "a b", "é"] {
            assert_eq!(select(name), format!("prev.\"{name}\""));
        }
        assert_eq!(select("${x}"), r#"prev."\${x}""#);
    }

    #[test]
    fn parentheses_are_written_only_where_needed() {
        let a = || Expr::var("a");
        let f = || Expr::var("f");
        let lambda = || a().lambda(Parameter::name("a"));
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

    fn names(names: &[&str]) -> Vec<Ident> {
        names.iter().filter_map(|name| Ident::parse(name)).collect()
    }

    #[test]
    fn a_package_is_laid_out_as_nixpkgs_does() {
        let final_attrs = || Expr::var("finalAttrs");
        let script = vec![
            Part::Text("ln -s ".into()),
            Part::Expr(Expr::Path("Cargo.lock".into())),
            Part::Text(" '' ${x}\n".into()),
        ];
        let body = Expr::AttrSet(vec![
            Binding::set("pname", Expr::string("a")),
            Binding::BlankLine,
            Binding::Inherit(final_attrs(), names(&["pname", "version"])),
            Binding::set("postPatch", Expr::IndentedTemplate(script)),
            Binding::Set(vec!["env".into(), "A B".into()], Expr::string("1")),
            Binding::set("list", Expr::List(vec![Expr::var("x")])),
        ]);
        let value =
            Expr::var("buildPythonPackage").apply(body.lambda(Parameter::name("finalAttrs")));
        let groups = vec![
            ParameterGroup {
                title: None,
                names: names(&["lib", "stdenv"]),
            },
            ParameterGroup {
                title: Some("empty"),
                names: names(&["or", "a b", ""]),
            },
            ParameterGroup {
                title: Some("dependencies"),
                names: names(&["x"]),
            },
        ];
        let file = value.lambda(Parameter::Groups(groups));
        insta::assert_snapshot!(print(&file), @r#"
        {
          lib,
          stdenv,

          # dependencies
          x,
        }:
        buildPythonPackage (finalAttrs: {
          pname = "a";

          inherit (finalAttrs) pname version;
          postPatch = ''
            ln -s ${./Cargo.lock} ''' ''${x}
          '';
          env."A B" = "1";
          list = [ x ];
        })
        "#);
    }
}
