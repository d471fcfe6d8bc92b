use super::*;
use crate::project::{GitReference, GitSource, RegistrySource};

const REVISION: &str = "0123456789012345678901234567890123456789";

fn lock() -> CargoLock {
    let mut git = LockedCrate::example("gitted", "0.1.0");
    git.source = CrateSource::Git(GitSource {
        url: "https://example.org/g".to_owned(),
        reference: GitReference::Branch("x".to_owned()),
        revision: Some(REVISION.to_owned()),
    });
    let mut second = git.clone();
    second.name = LockedCrate::example("second", "0.1.0").name;
    let mut other = LockedCrate::example("other", "1.0.0");
    other.source = CrateSource::Registry(RegistrySource {
        id: "sparse+https://example.org/index/".to_owned(),
        checksum: None,
    });
    let mut local = LockedCrate::example("syn", "3.0.0");
    local.source = CrateSource::Local;
    CargoLock::example(vec![
        git,
        other,
        second,
        LockedCrate::example("syn", "2.0.9"),
        LockedCrate::example("syn", "2.0.10-rc.1"),
        local,
    ])
}

fn paths(layout: Layout, naming: Naming) -> Vec<String> {
    let plan = VendorPlan::new(PlanRequest {
        lock: &lock(),
        layout,
        naming,
        wanted: None,
        unneeded: &[],
    });
    let crates = plan.unwrap().crates.into_iter();
    crates.map(|planned| planned.path).collect()
}

#[test]
fn the_newest_version_has_the_bare_name() {
    assert_eq!(
        paths(Layout::Cargo, Naming::NewestBare),
        ["gitted", "other", "second", "syn", "syn-2.0.9"]
    );
    assert_eq!(
        paths(Layout::Cargo, Naming::Versioned),
        [
            "gitted-0.1.0",
            "other-1.0.0",
            "second-0.1.0",
            "syn-2.0.10-rc.1",
            "syn-2.0.9"
        ]
    );
}

#[test]
fn nixpkgs_folders_are_by_source() {
    assert_eq!(
        paths(Layout::FetchCargoVendor, Naming::NewestBare),
        [
            &*format!("git/{REVISION}"),
            "registry-1/other-1.0.0.tar.gz",
            "tarballs/syn-2.0.10-rc.1.tar.gz",
            "tarballs/syn-2.0.9.tar.gz"
        ]
    );
    assert_eq!(
        paths(Layout::FetchCargoVendorUnpacked, Naming::NewestBare),
        [
            "source-git-0/gitted-0.1.0",
            "source-git-0/second-0.1.0",
            "source-registry-0/syn-2.0.10-rc.1",
            "source-registry-0/syn-2.0.9",
            "source-registry-1/other-1.0.0"
        ]
    );
}

#[test]
fn one_folder_cannot_hold_two_crates() {
    let mut crates = lock().crates;
    let mut twin = crates[1].clone();
    twin.source = CrateSource::CratesIo(None);
    crates.push(twin);
    let lock = CargoLock::example(crates);
    let plan = |layout| {
        VendorPlan::new(PlanRequest {
            lock: &lock,
            layout,
            naming: Naming::Versioned,
            wanted: None,
            unneeded: &[],
        })
    };
    let error = plan(Layout::ImportCargoLock).unwrap_err();
    assert_eq!((&*error.name, &*error.version), ("other", "1.0.0"));
    assert!(plan(Layout::FetchCargoVendor).is_ok());
}

#[test]
fn what_is_not_wanted_is_a_stub() {
    let lock = lock();
    let plan = VendorPlan::new(PlanRequest {
        lock: &lock,
        layout: Layout::Cargo,
        naming: Naming::Versioned,
        wanted: Some(&[1].into()),
        unneeded: &[LockedCrate::example("second", "0.1.0").id()],
    });
    let crates = plan.unwrap().crates;
    let forms: Vec<_> = crates.iter().map(|planned| planned.form).collect();
    let (stub, cargo) = (Form::Stub, Form::Cargo);
    assert_eq!(forms, [stub, cargo, stub, stub, stub]);
    let needed: Vec<_> = crates.iter().map(|planned| planned.is_needed).collect();
    assert_eq!(needed, [true, true, false, true, true]);
}

#[test]
fn git_files_are_dropped_anywhere() {
    for path in [".gitignore", "a/.gitattributes", ".git/config", ".cargo-ok"] {
        assert!(!keeps(path), "{path}");
    }
    for path in [
        "src/lib.rs",
        ".github/x.yml",
        "a/.cargo-ok",
        "Cargo.toml.orig",
    ] {
        assert!(keeps(path), "{path}");
    }
}
