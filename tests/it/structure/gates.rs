//! What strangers wrote comes in through few gates, and each has its limits.

use std::collections::BTreeSet;

use super::sources::SOURCES;

/// A gate: the items that only it may use, and other files that may use them
/// for what isn't a stranger's.
struct Gate {
    items: &'static [&'static str],
    files: &'static [&'static str],
}

const GATES: &[Gate] = &[
    // Files are opened once, must be regular, and are read to a limit.
    Gate {
        items: &[
            "fs_err::read",
            "fs_err::read_to_string",
            "fs_err::File::open",
            "fs_err::OpenOptions",
            "std::fs::read",
            "std::fs::read_to_string",
            "std::fs::File::open",
        ],
        files: &[
            "src/io/read.rs",
            // Locks files of the cache.
            "src/io/temporary.rs",
            // Write new files.
            "src/io/unpack.rs",
            "src/io/write.rs",
            // Copies a file of the cache.
            "src/io/vendor_dir/crate_folder.rs",
        ],
    },
    // `tar` reads extended headers of any size into memory.
    Gate {
        items: &[
            "tar::Archive",
            "tar::Entries",
            "tar::Entry",
            "tar::PaxExtensions",
        ],
        files: &["src/io/tar_members.rs"],
    },
    // What is made here is removed after a kill.
    Gate {
        items: &[
            "tempfile::Builder",
            "tempfile::tempdir",
            "tempfile::tempdir_in",
            "tempfile::NamedTempFile::new",
        ],
        files: &["src/io/temporary.rs", "src/ops/fixtures.rs"],
    },
    // `PATH` may lead into a project.
    Gate {
        items: &["std::process::Command::new"],
        files: &["src/io/programs.rs"],
    },
    // The parser recurses into parentheses, and panics on some letters.
    Gate {
        items: &[
            "pep508_rs::Requirement::from_str",
            "pep508_rs::MarkerTree::from_str",
        ],
        files: &["src/pep508.rs"],
    },
    // Values take a hundred times the memory of their text.
    Gate {
        items: &[
            "toml::from_str",
            "toml::from_slice",
            "toml::de::DeTable::parse",
        ],
        files: &[
            "src/toml_text.rs",
            // Asks for the limits first.
            "src/options/config/reader.rs",
            // The user's own credentials.
            "src/io/registry/tokens.rs",
            // Tables of ours.
            "src/build_system.rs",
            "src/native/programs.rs",
            "src/native/rustc_refusals.rs",
            "src/native/table/mod.rs",
            "src/nix/package_table.rs",
            "src/nix/pins/judge/mod.rs",
            "src/ops/prebuilt.rs",
            "src/python_build/import_names.rs",
            "src/python_build/package_set.rs",
            "src/python_build/rules.rs",
            "src/python_lock/environment.rs",
            "src/python_native/table.rs",
            "src/target.rs",
        ],
    },
];

#[test]
fn strangers_input_comes_in_through_gates_alone() {
    let sources = &*SOURCES;
    let mut wrong = BTreeSet::new();
    for (path, module) in &sources.modules {
        for named in sources.foreign(path) {
            let named = named.join("::");
            let gate = GATES
                .iter()
                .find(|gate| gate.items.contains(&named.as_str()));
            if gate.is_some_and(|gate| !gate.files.contains(&module.file.as_str())) {
                wrong.insert(format!("{}: {named}", module.file));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "use the module that bounds it, the first of the gate's `files`: {wrong:#?}"
    );
}
