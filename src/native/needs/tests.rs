use super::*;
use crate::native::CfgSet;
use crate::native::graph::CrateKind;
use crate::native::table::Preferences;

/// A crate with a build script, as it is built on Linux.
struct Built<'a> {
    name: &'a str,
    version: &'a str,
    script: &'a str,
    features: &'a [&'a str],
    dependencies: &'a [&'a str],
    is_local: bool,
    unfit: &'a [&'a str],
}

impl<'a> Built<'a> {
    fn new(name: &'a str, version: &'a str, script: &'a str) -> Self {
        Self {
            name,
            version,
            script,
            features: &[],
            dependencies: &[],
            is_local: false,
            unfit: &[],
        }
    }

    fn look<T>(&self, look: impl FnOnce(CrateBuild) -> T) -> T {
        let krate = GraphCrate {
            name: self.name.to_owned(),
            version: self.version.parse().unwrap(),
            rust_version: None,
            is_local: self.is_local,
            manifest_path: "Cargo.toml".to_owned(),
            kind: CrateKind::Other,
            has_build_script: true,
            is_placeholder: false,
            links: None,
            metadata: serde_json::Value::Null,
            features: std::collections::BTreeMap::new(),
            dependencies: Vec::new(),
        };
        let files = [("build.rs".to_owned(), self.script.to_owned())];
        let facts = SourceFacts::new("[package]\n", &files.into());
        let platform = Platform::X86_64Linux;
        let unfit = self.unfit.iter().map(|&name| name.to_owned());
        look(CrateBuild {
            krate: &krate,
            facts: Some(&facts),
            platform,
            context: BuildContext {
                features: Some(&self.features.iter().copied().collect()),
                dependencies: &self.dependencies.iter().copied().collect(),
                cfgs: &CfgSet::of(platform).with_features(self.features.iter().copied()),
                is_loaded: true,
                preferences: &Preferences::default(),
                unfit: &unfit.collect(),
            },
        })
    }

    fn needs(&self) -> CrateNeeds {
        self.look(|build| build.find_needs())
    }

    /// The downloads, as they are told.
    fn downloads(&self) -> Vec<String> {
        let problems = self.needs().problems.into_iter();
        let told = problems.map(|problem| match problem {
            Problem::Download(what, _) => what,
            _ => panic!("{problem:?}"),
        });
        told.collect()
    }

    /// The needs as Nix refers to them.
    fn whats(&self) -> Vec<String> {
        let needs = self.needs().needs.into_iter();
        needs.map(|need| need.what.to_string()).collect()
    }
}

#[test]
fn a_row_does_not_hide_the_programs_that_a_build_script_runs() {
    // `snappy_src` builds with cc alone, by its row.
    let script = r#"
        fn main() {
            std::process::Command::new("perl").arg("x.pl").status().unwrap();
            if cfg!(feature = "more") { std::process::Command::new("cmake").arg(".").status().unwrap(); }
        }
    "#;
    let mut built = Built::new("snappy_src", "0.2.7", script);
    assert_eq!(built.whats(), ["pkgs.perl"]);
    built.features = &["more"];
    assert_eq!(built.whats(), ["pkgs.cmake", "pkgs.perl"]);
}

#[test]
fn programs_that_a_row_says_do_not_run_are_left_out() {
    let script = "fn main() { std::process::Command::new(\"nasm\").arg(\"x\").status().unwrap(); }";
    assert!(Built::new("ring", "0.17.14", script).whats().is_empty());
    assert_eq!(Built::new("psm", "0.1.32", script).whats(), ["pkgs.nasm"]);
}

#[test]
fn asking_for_a_version_needs_no_program() {
    let script =
        "fn main() { std::process::Command::new(\"ninja\").arg(\"--version\").status().unwrap(); }";
    assert!(Built::new("x", "1.0.0", script).whats().is_empty());
}

#[test]
fn a_program_that_runs_thrice_is_needed_once() {
    let script = r#"
        fn main() { run("a"); run("b"); std::process::Command::new("perl").arg("c").status().unwrap(); }
        fn run(file: &str) { std::process::Command::new("perl").arg(file).status().unwrap(); }
    "#;
    let needs = Built::new("x", "1.0.0", script).needs();
    assert_eq!(needs.needs.len(), 1, "{needs:?}");
}

#[test]
fn downloads_are_told_once_each_with_their_place() {
    let script = r#"
        fn main() {
            for _ in 0..2 { npm(&["ci"]); npm(&["ci"]); }
            npm(&["run", "build"]);
            std::process::Command::new("python3").args(["-m", "pip", "install", "x"]).status().unwrap();
            std::process::Command::new("curl").arg("-O").status().unwrap();
        }
        fn npm(args: &[&str]) { std::process::Command::new("npm").args(args).status().unwrap(); }
    "#;
    let built = Built::new("x", "1.0.0", script);
    assert_eq!(
        built.downloads(),
        [
            "its build script runs `npm ci` (build.rs:8)",
            "its build script runs `pip install` (build.rs:5)",
            "its build script runs `curl` (build.rs:6)",
        ]
    );
    // `npm run build` needs the program.
    assert_eq!(built.whats(), ["pkgs.nodejs"]);
}

#[test]
fn http_clients_that_a_build_script_calls_are_downloads() {
    let script = r#"
        use reqwest::blocking::get;
        fn main() {
            if cfg!(feature = "fetch") {
                fetch("https://example.org/a");
                fetch("https://example.org/b");
            }
            if cfg!(feature = "more") { get("https://example.org/c").unwrap(); }
            curl();
        }
        fn fetch(url: &str) { ureq::get(url).call().unwrap(); }
        fn curl() {}
        fn uncalled() { minreq::get("https://example.org/d").send().unwrap(); }
    "#;
    let mut built = Built::new("x", "1.0.0", script);
    built.dependencies = &["curl", "minreq", "reqwest", "ureq"];
    assert!(built.downloads().is_empty());
    built.features = &["fetch", "more"];
    assert_eq!(
        built.downloads(),
        [
            "its build script downloads with `ureq` (build.rs:11)",
            "its build script downloads with `reqwest` (build.rs:8)",
        ]
    );
    // A module of the script may have the name of a crate.
    built.dependencies = &["ureq"];
    assert_eq!(built.downloads().len(), 1);
}

#[test]
fn a_row_that_tells_of_a_download_tells_all() {
    let script = r#"fn main() { ureq::get("https://example.org/a").call().unwrap(); }"#;
    let mut built = Built::new("ort-sys", "2.0.0-rc.10", script);
    built.features = &["download-binaries"];
    built.dependencies = &["ureq"];
    assert_eq!(
        built.downloads(),
        ["downloads ONNX Runtime, unless told where one is"]
    );
}

#[test]
fn submodules_are_fetched_where_a_crate_is_worked_on_alone() {
    let script = "fn main() { std::process::Command::new(\"git\").args([\"submodule\", \"update\"]).status().unwrap(); }";
    let mut built = Built::new("x", "1.0.0", script);
    assert_eq!(built.needs().problems, []);
    built.is_local = true;
    assert_eq!(built.needs().problems.len(), 1);
}

#[test]
fn a_library_is_the_system_s_only_in_a_version_that_fits() {
    let vendored = |version| {
        let mut built = Built::new("libgit2-sys", version, "fn main() {}");
        built.features = &["vendored"];
        built
    };
    let fits = vendored("0.18.0");
    assert_eq!(fits.look(|build| build.unfit_libraries().count()), 0);
    assert_eq!(fits.whats(), ["pkgs.libgit2", "LIBGIT2_NO_VENDOR=1"]);
    let mut old = vendored("0.16.1");
    let unfit: Vec<_> = old.look(|build| build.unfit_libraries().collect());
    assert_eq!(unfit, ["libgit2"]);
    old.unfit = &["libgit2"];
    let needs = old.needs();
    assert_eq!(needs.needs, []);
    let [Problem::SystemVersion(version)] = needs.problems.as_slice() else {
        panic!("{needs:?}");
    };
    assert_eq!(version.takes.to_string(), ">=1.7.2, <1.8.0");
    assert!(version.is_bundled);
}

#[test]
fn the_versions_that_a_build_script_asks_for_count_too() {
    let script = r#"
        fn main() {
            let range = "1.9.7".."1.10.0";
            pkg_config::Config::new().range_version(range).probe("libgit2").unwrap();
        }
    "#;
    let mut built = Built::new("libgit2-sys", "0.18.2", script);
    built.features = &["vendored"];
    let unfit: Vec<_> = built.look(|build| build.unfit_libraries().collect());
    assert_eq!(unfit, ["libgit2"]);
    // Of several ranges, one has to fit.
    let script = script.replace(
        "fn main() {",
        "fn main() { pkg_config::Config::new().atleast_version(\"1\").probe(\"libgit2\");",
    );
    let built = Built {
        script: &script,
        ..built
    };
    assert_eq!(built.look(|build| build.unfit_libraries().count()), 0);
}

#[test]
fn a_library_without_a_copy_of_its_own_is_kept_and_told() {
    let needs = Built::new("openssl-sys", "0.9.63", "fn main() {}").needs();
    assert_eq!(needs.needs.len(), 1);
    let [Problem::SystemVersion(version)] = needs.problems.as_slice() else {
        panic!("{needs:?}");
    };
    assert!(!version.is_bundled);
    assert_eq!(
        (version.attr.as_str(), version.takes.to_string().as_str()),
        ("openssl", ">=1.0.1, <3")
    );
}
