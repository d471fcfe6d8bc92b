use super::*;
use crate::target::Platform;

/// Builds of crates and what the table gives for them.
const CASES: &str = include_str!("../../../testdata/native/cases.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "crate")]
    krate: String,
    version: Version,
    #[serde(default)]
    features: BTreeSet<String>,
    #[serde(default)]
    dependencies: BTreeSet<String>,
    platform: Option<String>,
    prefer: Option<Choice>,
    #[serde(default)]
    loaded: bool,
    #[serde(default)]
    unfit: BTreeSet<String>,
    #[serde(default)]
    build_inputs: BTreeSet<String>,
    #[serde(default)]
    native_build_inputs: BTreeSet<String>,
    #[serde(default)]
    env: BTreeMap<String, EnvValue>,
}

impl Case {
    fn rows(&self) -> Option<Vec<&'static NativeRow>> {
        let platform = self.platform.as_deref().unwrap_or("x86_64-linux");
        let cfgs = CfgSet::of(Platform::from_system(platform).unwrap());
        let preferences = Preferences {
            all: self.prefer,
            libraries: BTreeMap::new(),
        };
        let context = BuildContext {
            features: Some(&self.features.iter().map(String::as_str).collect()),
            dependencies: &self.dependencies.iter().map(String::as_str).collect(),
            cfgs: &cfgs,
            is_loaded: self.loaded,
            preferences: &preferences,
            unfit: &self.unfit,
        };
        NativeTable::built_in().matching_rows(&self.krate, &self.version, &context)
    }
}

#[test]
fn rows_are_sorted_distinct_and_explained() {
    let table = NativeTable::built_in();
    assert!(
        table.native.is_sorted_by(|a, b| a.krate <= b.krate),
        "sort the rows of data/native-deps.toml by crate"
    );
    assert!(table.library.is_sorted_by(|a, b| a.name < b.name));
    let condition = |row: &NativeRow| {
        let target = row.target.as_ref().map(ToString::to_string);
        let versions = row.versions.as_ref().map(ToString::to_string);
        let sets = [
            &row.features,
            &row.without_features,
            &row.with,
            &row.without,
        ];
        let sets = sets.map(Clone::clone);
        let choice = (row.prefer, row.loaded);
        (row.krate.clone(), versions, sets, target, choice)
    };
    let mut conditions = BTreeSet::new();
    for row in &table.native {
        assert!(
            !row.note.is_empty() && !row.evidence.is_empty(),
            "{}",
            row.krate
        );
        assert!(
            conditions.insert(condition(row)),
            "{} is doubled",
            row.krate
        );
        assert_eq!(row.library.is_some(), row.prefer.is_some(), "{}", row.krate);
        let is_known = |name: &String| table.library.iter().any(|library| library.name == *name);
        assert!(row.library.iter().all(is_known), "{}", row.krate);
        // Every stanza has these.
        for name in ["pkg-config", "cargo", "rustc"] {
            assert!(!row.native_build_inputs.contains(name), "{}", row.krate);
        }
    }
    let crates: BTreeSet<_> = table.native.iter().map(|row| &row.krate).collect();
    assert!(crates.len() >= 150);
}

#[test]
fn rows_that_take_the_system_s_library_say_in_which_versions() {
    let rows = NativeTable::built_in().native.iter();
    let is_forcing = |row: &&NativeRow| row.prefer == Some(Choice::System);
    for row in rows
        .filter(is_forcing)
        .filter(|row| !row.build_inputs.is_empty())
    {
        assert!(
            row.system_versions.is_some() || row.evidence.ends_with("asks for no version"),
            "{}: {}",
            row.krate,
            row.evidence
        );
    }
}

#[test]
fn the_libraries_of_nixpkgs_are_sorted_and_those_with_ranges_are_known() {
    let libraries = LibraryTable::built_in();
    assert!(libraries.library.is_sorted_by(|a, b| a.attr < b.attr));
    for row in &NativeTable::built_in().native {
        if row.system_versions.is_some() {
            let mut inputs = row.build_inputs.iter();
            assert!(
                row.build_inputs.len() == 1 && inputs.all(|attr| libraries.find(attr).is_some()),
                "{} has a range, so data/nixpkgs-libraries.toml has to have its library",
                row.krate
            );
        }
    }
}

#[test]
fn unknown_keys_are_refused() {
    let row = "library = []\n[[native]]\ncrate = \"a\"\nneed = \"none\"\nnote = \"x\"\nevidence = \"x\"\n";
    assert!(toml::from_str::<NativeTable>(row).is_ok());
    assert!(toml::from_str::<NativeTable>(&format!("{row}feature = [\"x\"]\n")).is_err());
    let row = "[[module]]\nname = \"a\"\nattr = \"a\"\nevidence = \"x\"\nlinux = true\n";
    assert!(toml::from_str::<PkgConfigTable>(row).is_err());
}

#[test]
fn modules_are_sorted() {
    let table = PkgConfigTable::built_in();
    assert!(table.module.is_sorted_by(|a, b| a.name < b.name));
    assert!(
        table
            .module
            .iter()
            .all(|row| !row.attr.is_empty() && !row.evidence.is_empty())
    );
    assert_eq!(table.find("glib-2.0").unwrap().attr, "glib");
    assert!(table.find("nothing").is_none());
}

#[test]
fn the_table_gives_the_inputs_of_each_case() {
    let cases: Cases = toml::from_str(CASES).unwrap();
    for case in &cases.case {
        let rows = case.rows().unwrap_or_default();
        let of = |list: fn(&NativeRow) -> &BTreeSet<String>| -> BTreeSet<String> {
            rows.iter()
                .flat_map(|row| list(row).iter().cloned())
                .collect()
        };
        assert_eq!(of(|row| &row.build_inputs), case.build_inputs, "{case:?}");
        assert_eq!(
            of(|row| &row.native_build_inputs),
            case.native_build_inputs,
            "{case:?}"
        );
        let env = rows.iter().flat_map(|row| row.env.clone());
        assert_eq!(env.collect::<BTreeMap<_, _>>(), case.env, "{case:?}");
    }
}

#[test]
fn every_condition_is_met_by_a_case_and_broken_by_another() {
    let cases: Cases = toml::from_str(CASES).unwrap();
    for row in &NativeTable::built_in().native {
        let of_crate = cases.case.iter().filter(|case| case.krate == row.krate);
        let (holds, fails): (Vec<_>, Vec<_>) = of_crate.partition(|case| {
            let rows = case.rows().unwrap_or_default();
            rows.iter().any(|held| std::ptr::eq(*held, row))
        });
        assert!(
            !holds.is_empty(),
            "no case for {} ({})",
            row.krate,
            row.note
        );
        let has_condition = row.versions.is_some()
            || row.target.is_some()
            || row.library.is_some()
            || row.loaded
            || !row.features.is_empty()
            || !row.without_features.is_empty()
            || !row.with.is_empty()
            || !row.without.is_empty();
        assert!(
            !has_condition || !fails.is_empty(),
            "no case against {} ({})",
            row.krate,
            row.note
        );
    }
}
