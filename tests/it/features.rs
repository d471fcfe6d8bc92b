//! What is built, with which features, is what cargo itself would build: real
//! cargo prints its graph of units for random crates.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cargo_pyhack::testing::CargoOptions;
use cargo_pyhack::testing::Platform;
use cargo_pyhack::testing::{BuildRequest, Resolver};
use cargo_pyhack::testing::{CfgSet, CrateGraph};
use serde_json::Value;

use crate::support::Sandbox;

const CRATES: usize = 8;
const CASES: u64 = 24;
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Knuth's numbers: the same on every machine.
struct Random(u64);

impl Random {
    const fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    const fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A crate that may depend on those with greater numbers.
#[derive(Default)]
struct Manifest {
    tables: Vec<(String, String)>,
    features: [Vec<String>; 2],
    default: Vec<String>,
    is_proc_macro: bool,
    has_build_script: bool,
}

fn manifest(random: &mut Random, place: usize) -> Manifest {
    let mut found = Manifest {
        is_proc_macro: place > 0 && random.one_in(6),
        has_build_script: random.one_in(2),
        ..Manifest::default()
    };
    for to in place + 1..CRATES {
        if !random.one_in(2) {
            continue;
        }
        let kinds = ["dependencies", "dependencies", "build-dependencies"];
        let mut table = kinds[usize::try_from(random.below(3)).unwrap()].to_owned();
        match random.below(8) {
            0 => table = format!("target.'cfg(windows)'.{table}"),
            1 => table = format!("target.'cfg(target_os = \"linux\")'.{table}"),
            2 if place == 0 => "dev-dependencies".clone_into(&mut table),
            _ => {}
        }
        let is_optional = table != "dev-dependencies" && random.one_in(3);
        let mut line = format!("c{to} = {{ path = \"../c{to}\"");
        if is_optional {
            line.push_str(", optional = true");
        }
        if random.one_in(3) {
            line.push_str(", default-features = false");
        }
        if random.one_in(3) {
            let _ = write!(line, ", features = [\"f{}\"]", random.below(2));
        }
        line.push_str(" }");
        found.tables.push((table, line));
        let feature = usize::try_from(random.below(2)).unwrap();
        let asked = random.below(2);
        let values = &mut found.features[feature];
        match (is_optional, random.below(4)) {
            (true, 0) => values.push(format!("c{to}")),
            (true, 1) => values.push(format!("c{to}?/f{asked}")),
            (_, 2) => values.push(format!("c{to}/f{asked}")),
            _ => {}
        }
    }
    if random.one_in(2) {
        found.features[0].push("f1".to_owned());
    }
    for feature in ["f0", "f1"] {
        if random.one_in(3) {
            found.default.push(feature.to_owned());
        }
    }
    found
}

fn text(place: usize, manifest: &Manifest, resolver: u64) -> String {
    let quoted = |values: &[String]| {
        let values: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
        values.join(", ")
    };
    let mut text =
        format!("[package]\nname = \"c{place}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    if place == 0 {
        let _ = writeln!(text, "resolver = \"{resolver}\"");
    }
    if manifest.is_proc_macro {
        text.push_str("[lib]\nproc-macro = true\n");
    }
    let _ = writeln!(
        text,
        "[features]\ndefault = [{}]\nf0 = [{}]\nf1 = [{}]",
        quoted(&manifest.default),
        quoted(&manifest.features[0]),
        quoted(&manifest.features[1])
    );
    for (table, line) in &manifest.tables {
        let _ = writeln!(text, "[{table}.{}", &line.replacen(" = {", "]\n#", 1));
    }
    // A dependency's table is `[dependencies.NAME]`, its fields on lines.
    text.lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(fields) => fields.trim_end_matches(" }").replace(", ", "\n") + "\n",
            None => format!("{line}\n"),
        })
        .collect()
}

/// Writes the crates of a case; gives cargo's options.
fn write(sandbox: &Sandbox, case: u64) -> CargoOptions {
    let mut random = Random(case);
    for place in 0..CRATES {
        let manifest = manifest(&mut random, place);
        let folder = format!("case{case}/c{place}");
        sandbox.write(
            &format!("{folder}/Cargo.toml"),
            text(place, &manifest, 1 + case % 2),
        );
        sandbox.write(&format!("{folder}/src/lib.rs"), "");
        if manifest.has_build_script {
            sandbox.write(&format!("{folder}/build.rs"), "fn main() {}\n");
        }
    }
    CargoOptions {
        features: (0..2)
            .filter(|_| random.one_in(2))
            .map(|n| format!("f{n}"))
            .collect(),
        no_default_features: random.one_in(3),
        ..CargoOptions::default()
    }
}

fn cargo(sandbox: &Sandbox, case: u64, arguments: &[&str]) -> Vec<u8> {
    let output = sandbox
        .command("cargo")
        .current_dir(sandbox.path(&format!("case{case}/c0")))
        // A stable cargo prints its units for those who ask like this.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(arguments)
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "case {case}: {message}");
    output.stdout
}

/// `name features`, for every crate that cargo compiles.
fn cargo_s_units(sandbox: &Sandbox, case: u64, options: &CargoOptions) -> BTreeSet<String> {
    let features = options.features.join(",");
    let mut arguments = vec!["build", "--offline", "--unit-graph", "-Zunstable-options"];
    arguments.extend(["--target", TARGET, "--features", &features]);
    if options.no_default_features {
        arguments.push("--no-default-features");
    }
    let json: Value = serde_json::from_slice(&cargo(sandbox, case, &arguments)).unwrap();
    let units = json["units"].as_array().unwrap().iter();
    units
        .filter(|unit| unit["target"]["kind"][0] != "custom-build")
        .map(|unit| {
            let name = unit["target"]["name"].as_str().unwrap();
            let features = unit["features"].as_array().unwrap().iter();
            let features: BTreeSet<_> = features.map(|f| f.as_str().unwrap()).collect();
            format!("{name} {features:?}")
        })
        .collect()
}

fn our_units(sandbox: &Sandbox, case: u64, options: &CargoOptions) -> BTreeSet<String> {
    let arguments = [
        "metadata",
        "--format-version",
        "1",
        "--offline",
        "--all-features",
    ];
    let metadata = serde_json::from_slice(&cargo(sandbox, case, &arguments)).unwrap();
    let source = sandbox.path(&format!("case{case}"));
    let resolver = if case.is_multiple_of(2) {
        Resolver::V1
    } else {
        Resolver::V2
    };
    let graph = CrateGraph::new(&metadata, source.to_str().unwrap(), resolver);
    let request = BuildRequest {
        graph: &graph,
        root: graph.find_local("c0/Cargo.toml").unwrap(),
        options,
        cfgs: &CfgSet::of(Platform::X86_64Linux),
    };
    request
        .unit_graph()
        .iter()
        .map(|(unit, krate)| {
            let features: BTreeSet<_> = krate.features.keys().collect();
            format!("{} {features:?}", graph.crates[unit.krate].name)
        })
        .collect()
}

#[test]
#[cfg(target_os = "linux")]
fn the_crates_that_are_built_are_cargo_s() {
    let sandbox = Sandbox::new();
    let mut sizes = BTreeSet::new();
    for case in 0..CASES {
        let options = write(&sandbox, case);
        let expected = cargo_s_units(&sandbox, case, &options);
        assert_eq!(our_units(&sandbox, case, &options), expected, "case {case}");
        sizes.insert(expected.len());
    }
    assert!(sizes.len() > 4, "the cases are too much alike: {sizes:?}");
}
