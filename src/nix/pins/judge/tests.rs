use super::*;

fn pin(project: PinnedProject, name: &str, age: Age) -> Pin {
    Pin {
        name: name.to_owned(),
        project,
        age,
        branch: None,
    }
}

fn of(text: &str) -> Age {
    Age::Of(text.parse().unwrap())
}

fn messages(pins: &[Pin], asked: PinRequirements) -> Vec<String> {
    let judged = judge("flake.lock", PinFile::FlakeLock, pins, asked);
    judged.warnings.iter().map(ToString::to_string).collect()
}

fn needs(version: &str) -> NeededRust {
    NeededRust {
        version: version.parse().unwrap(),
        krate: "m".to_owned(),
    }
}

#[test]
fn the_table_is_in_order() {
    let table = Table::built_in();
    assert!(table.pyproject_nix.is_sorted_by_key(|row| row.since));
    assert!(table.rust_released.values().is_sorted());
    let released = |minor| table.rust_released(&Version::new(1, minor, 1));
    assert_eq!(released(97), Some("2026-07-09".parse().unwrap()));
    assert_eq!(released(73), None);
}

#[test]
fn an_old_nixpkgs_can_t_fetch() {
    let fetching = PinRequirements {
        fetches: true,
        ..PinRequirements::default()
    };
    let old = pin(PinnedProject::Nixpkgs, "nixpkgs", of("2026-05-26"));
    let new = pin(PinnedProject::Nixpkgs, "unstable", of("2026-05-27"));
    assert_eq!(
        messages(std::slice::from_ref(&old), fetching),
        [
            "the nixpkgs of 2026-05-26 (`nixpkgs` in `flake.lock`) is older than 2026-05-27: \
          crates.io rejects downloads by its `importCargoLock` with status 403"
        ]
    );
    assert_eq!(
        messages(std::slice::from_ref(&old), PinRequirements::default()).len(),
        0
    );
    assert_eq!(messages(std::slice::from_ref(&new), fetching).len(), 0);
    // The name `nixpkgs` goes before the age.
    assert_eq!(messages(&[new.clone(), old.clone()], fetching).len(), 1);
    let other = Pin {
        name: "other".to_owned(),
        ..old
    };
    assert_eq!(messages(&[new, other], fetching).len(), 0);
}

#[test]
fn an_old_pyproject_nix_lacks_the_hack() {
    let asked = PinRequirements {
        hacks: &["importCargoLock", "lockFile = ./path"],
        ..PinRequirements::default()
    };
    let old = pin(PinnedProject::PyprojectNix, "p", of("2024-10-15"));
    assert_eq!(messages(&[old], asked).len(), 2);
    let newer = pin(PinnedProject::PyprojectNix, "p", of("2026-01-01"));
    assert_eq!(
        messages(&[newer], asked),
        [
            "the pyproject.nix of 2026-01-01 (`p` in `flake.lock`) has no `lockFile = ./path`, \
          which was added on 2026-06-16"
        ]
    );
    let unknown = pin(PinnedProject::PyprojectNix, "p", Age::Unknown);
    assert_eq!(messages(&[unknown], asked).len(), 0);
}

#[test]
fn rustc_is_judged_by_branch_or_day() {
    let judged = |rustc: &str, age, branch: Option<&str>| {
        let mut nixpkgs = pin(PinnedProject::Nixpkgs, "nixpkgs", age);
        nixpkgs.branch = branch.map(str::to_owned);
        let needed = needs(rustc);
        let asked = PinRequirements {
            rust: Some(&needed),
            ..PinRequirements::default()
        };
        let judged = judge("flake.lock", PinFile::FlakeLock, &[nixpkgs], asked);
        let message = judged.warnings.first().map(ToString::to_string);
        (judged.knows_rustc, message.unwrap_or_default())
    };
    let (known, message) = judged("1.97.0", of("2026-07-08"), None);
    assert!(known && message.contains("is older than that rustc, released on 2026-07-09"));
    // When nixpkgs took it over isn't known.
    assert_eq!(
        judged("1.97.0", of("2026-07-09"), Some("nixos-unstable")),
        (true, String::new())
    );
    assert_eq!(
        judged("1.97.0", of("2026-09-01"), None),
        (true, String::new())
    );
    // A stable branch keeps its rustc, whatever its age.
    let (known, message) = judged("1.97.0", of("2026-11-01"), Some("nixos-26.05"));
    assert!(known && message.ends_with("follows nixos-26.05, which has 1.95.0"));
    let (known, message) = judged("1.92.0", of("2026-06-10"), Some("nixos-25.11-small"));
    assert!(known && message.ends_with("which is older than that rustc, released on 2025-12-11"));
    assert_eq!(
        judged("1.91.0", Age::Unknown, Some("nixos-25.11")),
        (false, String::new())
    );
    let before = Age::Before("2025-12-01".parse().unwrap());
    assert!(
        judged("1.92.0", before, None)
            .1
            .contains("released on 2025-12-11")
    );
    assert_eq!(judged("1.90.0", before, None), (false, String::new()));
    assert_eq!(judged("1.90.0", Age::Unknown, None), (false, String::new()));
    assert_eq!(
        judged("1.60.0", of("2020-01-01"), None),
        (false, String::new())
    );
}

#[test]
fn the_help_is_the_command() {
    let old = pin(PinnedProject::PyprojectNix, "my\u{1b}p", of("2024-01-01"));
    let asked = PinRequirements {
        hacks: &["importCargoLock"],
        ..PinRequirements::default()
    };
    let judged = judge("npins/sources.json", PinFile::Npins, &[old], asked);
    assert!(
        judged.warnings[0]
            .report()
            .help
            .starts_with("update it with `npins update my\\u{1b}p`")
    );
}
