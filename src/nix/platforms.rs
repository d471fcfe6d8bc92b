//! Conditions for what only some platforms need.

use std::collections::{BTreeMap, BTreeSet};

use super::expr::{Binding, Expr, Operator};
use crate::build_system::BuildSystem;
use crate::target::Platform;

/// `{ a = [ ]; }`, followed by `// lib.optionalAttrs CONDITION { b = [ ]; }`
/// for requirements that only some of `platforms` have, or have with other
/// extras.
pub(super) fn build_system_expr(
    build_system: &BuildSystem,
    platforms: &BTreeSet<Platform>,
) -> Expr {
    let mut rows = Vec::new();
    for (name, requested) in build_system {
        let mut by_extras: BTreeMap<&BTreeSet<String>, BTreeSet<Platform>> = BTreeMap::new();
        for (platform, extras) in requested {
            by_extras.entry(extras).or_default().insert(*platform);
        }
        for (extras, on) in by_extras {
            rows.push((on, Binding::set(name.as_str(), Expr::strings(extras))));
        }
    }
    let has_common = rows.iter().any(|(on, _)| on == platforms);
    let empty = (!has_common).then(|| Expr::AttrSet(Vec::new()));
    let sets = guarded(rows, platforms, "optionalAttrs", Expr::AttrSet);
    let sets = empty.into_iter().chain(sets);
    Expr::chain(sets, Operator::Update).expect("there is a set, if an empty one")
}

/// Groups rows by platforms: first the expression of the rows for all of
/// `platforms`, then `lib.FUNCTION CONDITION EXPRESSION` for each other group.
pub(super) fn guarded<T>(
    rows: impl IntoIterator<Item = (BTreeSet<Platform>, T)>,
    platforms: &BTreeSet<Platform>,
    function: &'static str,
    make_expr: impl Fn(Vec<T>) -> Expr,
) -> Vec<Expr> {
    let mut groups: BTreeMap<BTreeSet<Platform>, Vec<T>> = BTreeMap::new();
    for (on, row) in rows {
        groups.entry(on).or_default().push(row);
    }
    let common = groups.remove(platforms).map(&make_expr);
    let optional = groups.into_iter().map(|(on, rows)| {
        Expr::var("lib")
            .select([function])
            .apply(condition(&on, platforms))
            .apply(make_expr(rows))
    });
    common.into_iter().chain(optional).collect()
}

type PlatformTest = fn(Platform) -> bool;

/// A condition that holds on `on` and on no other of `platforms`.
fn condition(on: &BTreeSet<Platform>, platforms: &BTreeSet<Platform>) -> Expr {
    let host = |name| Expr::var("pkgs").select(["stdenv", "hostPlatform", name]);
    let tests: [(&str, PlatformTest); 4] = [
        ("isLinux", Platform::is_linux),
        ("isDarwin", |platform| !platform.is_linux()),
        ("isx86_64", Platform::is_x86_64),
        ("isAarch64", |platform| !platform.is_x86_64()),
    ];
    let exact = tests.into_iter().find(|(_, holds)| {
        let held = platforms.iter().filter(|platform| holds(**platform));
        held.eq(on)
    });
    match exact {
        Some((name, _)) => host(name),
        None => Expr::var("builtins")
            .select(["elem"])
            .apply(host("system"))
            .apply(Expr::strings(on.iter().map(|platform| platform.system()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::print::print;
    use crate::project::PythonName;

    #[test]
    fn requirements_of_some_platforms_are_guarded() {
        use Platform::{Aarch64Darwin, Aarch64Linux, X86_64Linux};
        let row = |name: &str, on: &[Platform], extra: &str| {
            let extras: BTreeSet<_> = extra.split_whitespace().map(str::to_owned).collect();
            let platforms = on.iter().map(|platform| (*platform, extras.clone()));
            (PythonName::new(name), platforms.collect::<BTreeMap<_, _>>())
        };
        let mut system: BuildSystem = [
            row("maturin", &Platform::DEFAULT, ""),
            row("macos", &[Aarch64Darwin], ""),
            row("arm", &[Aarch64Darwin, Aarch64Linux], "x"),
            row("both", &[Aarch64Darwin, X86_64Linux], ""),
        ]
        .into();
        let (name, linux) = row("extra", &[Aarch64Linux, X86_64Linux], "a");
        let darwin = row("extra", &[Aarch64Darwin], "b").1;
        system.insert(name, linux.into_iter().chain(darwin).collect());
        insta::assert_snapshot!(print(&build_system_expr(&system, &Platform::DEFAULT.into())), @r#"
        {
          maturin = [ ];
        }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isDarwin {
          extra = [ "b" ];
          macos = [ ];
        }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isAarch64 {
          arm = [ "x" ];
        }
        //
          lib.optionalAttrs
            (builtins.elem pkgs.stdenv.hostPlatform.system [
              "aarch64-darwin"
              "x86_64-linux"
            ])
            {
              both = [ ];
            }
        // lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
          extra = [ "a" ];
        }
        "#);
    }
}
