//! Build requirements that differ between platforms.

use std::collections::{BTreeMap, BTreeSet};

use super::expr::{Expr, NixString};
use crate::build_system::BuildSystem;
use crate::target::Platform;

type Attributes = Vec<(NixString, Expr)>;

type Test = fn(Platform) -> bool;

/// `{ a = [ ]; }`, and `// lib.optionalAttrs CONDITION { b = [ ]; }` for what
/// isn't asked for on every one of `platforms`, or not with the same extras.
pub(super) fn by_platform(build_system: &BuildSystem, platforms: &BTreeSet<Platform>) -> Expr {
    let mut groups: BTreeMap<BTreeSet<Platform>, Attributes> = BTreeMap::new();
    for (name, asked) in build_system {
        let mut by_extras: BTreeMap<&BTreeSet<String>, BTreeSet<Platform>> = BTreeMap::new();
        for (platform, extras) in asked {
            by_extras.entry(extras).or_default().insert(*platform);
        }
        for (extras, on) in by_extras {
            let extras = extras.iter().map(|extra| Expr::string(extra)).collect();
            let attribute = (name.as_str().into(), Expr::List(extras));
            groups.entry(on).or_default().push(attribute);
        }
    }
    let everywhere = Expr::AttrSet(groups.remove(platforms).unwrap_or_default());
    groups
        .into_iter()
        .map(|(on, attributes)| {
            Expr::var("lib")
                .select(["optionalAttrs"])
                .apply(condition(&on, platforms))
                .apply(Expr::AttrSet(attributes))
        })
        .rev()
        .reduce(|right, left| left.update(right))
        .map_or_else(
            || everywhere.clone(),
            |rest| everywhere.clone().update(rest),
        )
}

/// What is for every one of `platforms`, and `lib.FUNCTION CONDITION` of what
/// is for some of them.
pub(super) fn guarded<T>(
    rows: impl Iterator<Item = (BTreeSet<Platform>, T)>,
    platforms: &BTreeSet<Platform>,
    function: &'static str,
    make: impl Fn(Vec<T>) -> Expr,
) -> Vec<Expr> {
    let mut groups: BTreeMap<BTreeSet<Platform>, Vec<T>> = BTreeMap::new();
    for (on, row) in rows {
        groups.entry(on).or_default().push(row);
    }
    let everywhere = groups.remove(platforms).map(&make);
    let some = groups.into_iter().map(|(on, rows)| {
        Expr::var("lib")
            .select([function])
            .apply(condition(&on, platforms))
            .apply(make(rows))
    });
    everywhere.into_iter().chain(some).collect()
}

/// What holds on `on` and on no other of `platforms`.
fn condition(on: &BTreeSet<Platform>, platforms: &BTreeSet<Platform>) -> Expr {
    let host = |name| Expr::var("pkgs").select(["stdenv", "hostPlatform", name]);
    let tests: [(&str, Test); 4] = [
        ("isLinux", Platform::is_linux),
        ("isDarwin", |platform| !platform.is_linux()),
        ("isx86_64", Platform::is_x86_64),
        ("isAarch64", |platform| !platform.is_x86_64()),
    ];
    let named = tests.into_iter().find(|(_, holds)| {
        let held = platforms
            .iter()
            .copied()
            .filter(|platform| holds(*platform));
        held.eq(on.iter().copied())
    });
    if let Some((name, _)) = named {
        return host(name);
    }
    let systems = on.iter().map(|platform| Expr::string(platform.system()));
    Expr::var("builtins")
        .select(["elem"])
        .apply(host("system"))
        .apply(Expr::List(systems.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::print::print;
    use crate::project::PythonName;

    #[test]
    fn what_differs_is_guarded() {
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
        insta::assert_snapshot!(print(&by_platform(&system, &Platform::DEFAULT.into())), @r#"
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
