//! The text of what only files in nixpkgs' style have.

use super::{Binding, write, write_name};
use crate::nix::expr::Part;
use crate::nix::layout::{Group, Layout, Line};

pub(super) const fn binding(layout: &Layout) -> Binding {
    match layout {
        Layout::Function(..) => Binding::Loosest,
        Layout::Name(_) | Layout::Body(_) | Layout::Script(_) => Binding::SelectBase,
    }
}

pub(super) fn write_layout(layout: &Layout, out: &mut String) {
    match layout {
        Layout::Name(name) => out.push_str(name.as_str()),
        Layout::Body(lines) => write_body(lines, out),
        Layout::Function(groups, body) => {
            write_groups(groups, out);
            write(body, Binding::Loosest, out);
        }
        Layout::Script(parts) => write_script(parts, out),
    }
}

fn write_body(lines: &[Line], out: &mut String) {
    // nixfmt keeps line breaks: one attribute a line makes for small diffs.
    out.push_str("{\n");
    for line in lines {
        match line {
            Line::Blank => {}
            Line::Inherit(from, names) => {
                out.push_str("inherit (");
                write(from, Binding::Loosest, out);
                out.push(')');
                for name in names {
                    out.push(' ');
                    out.push_str(name.as_str());
                }
                out.push(';');
            }
            Line::Set(path, value) => {
                for (place, name) in path.iter().enumerate() {
                    if place > 0 {
                        out.push('.');
                    }
                    write_name(name, out);
                }
                out.push_str(" = ");
                write(value, Binding::Loosest, out);
                out.push(';');
            }
        }
        out.push('\n');
    }
    out.push('}');
}

fn write_groups(groups: &[Group], out: &mut String) {
    out.push_str("{\n");
    let filled = groups.iter().filter(|group| !group.names.is_empty());
    for (place, group) in filled.enumerate() {
        if place > 0 {
            out.push('\n');
        }
        if let Some(title) = group.title {
            out.push_str("# ");
            out.push_str(title);
            out.push('\n');
        }
        for name in &group.names {
            out.push_str(name.as_str());
            out.push_str(",\n");
        }
    }
    out.push_str("}: ");
}

/// Nix manual, "String literal": in `''`, `''` is written `'''` and `${` is
/// written `''${`; lines lose the indentation that they have in common.
fn write_script(parts: &[Part], out: &mut String) {
    out.push_str("''\n");
    for part in parts {
        match part {
            Part::Text(text) => {
                let text = text.as_str().replace("''", "'''");
                out.push_str(&text.replace("${", "''${"));
            }
            Part::Expr(expr) => {
                out.push_str("${");
                write(expr, Binding::Loosest, out);
                out.push('}');
            }
        }
    }
    out.push_str("''");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::expr::{Expr, Ident, Parameter};
    use crate::nix::layout::Name;
    use crate::nix::print::print;

    fn names(names: &[&str]) -> Vec<Name> {
        names.iter().filter_map(|name| Name::new(name)).collect()
    }

    #[test]
    fn a_package_is_laid_out_as_nixpkgs_does() {
        let final_attrs = || Expr::var("finalAttrs");
        let script = vec![
            Part::Text("ln -s ".into()),
            Part::Expr(Expr::Path("Cargo.lock".into())),
            Part::Text(" '' ${x}\n".into()),
        ];
        let body = Layout::Body(vec![
            Line::set("pname", Expr::string("a")),
            Line::Blank,
            Line::Inherit(final_attrs(), names(&["pname", "version"])),
            Line::set("postPatch", Layout::Script(script).into()),
            Line::Set(vec!["env".into(), "A B".into()], Expr::string("1")),
            Line::set("list", Expr::List(vec![Name::new("x").unwrap().into()])),
        ]);
        let value = Expr::var("buildPythonPackage")
            .apply(Expr::from(body).lambda(Parameter::Name(Ident::new("finalAttrs"))));
        let groups = vec![
            Group {
                title: None,
                names: names(&["lib", "stdenv"]),
            },
            Group {
                title: Some("empty"),
                names: names(&["or", "a b", ""]),
            },
            Group {
                title: Some("dependencies"),
                names: names(&["x"]),
            },
        ];
        let file = Layout::Function(groups, Box::new(value));
        insta::assert_snapshot!(print(&file.into()), @r#"
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
