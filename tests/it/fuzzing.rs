//! What the fuzz targets promise holds of our own files, and of what fuzzing
//! found before.

use std::path::Path;

use cargo_pyhack::testing::FUZZ_TARGETS;

/// Larger files are read by other tests.
const MAX_SIZE: u64 = 64 << 10;

/// Returns whether a target reads a file of `testdata`.
fn reads(target: &str, path: &Path) -> bool {
    let name = path.file_name().unwrap().to_str().unwrap();
    let found = format!("fuzz/{target}/");
    path.to_str().unwrap().contains(&found)
        || match target {
            "cargo_lock" => name == "Cargo.lock",
            "pyproject" => name == "pyproject.toml",
            "setup_py" => name == "setup.py",
            "uv_lock" => name == "uv.lock",
            "pylock" => name.starts_with("pylock"),
            "overlay" => name == "overlay.nix",
            _ => false,
        }
}

#[test]
fn targets_withstand_our_files_and_what_was_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let files: Vec<_> = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file() && entry.metadata().unwrap().len() <= MAX_SIZE)
        .collect();
    for (name, target) in FUZZ_TARGETS {
        let own = files.iter().filter(|file| reads(name, file.path()));
        for file in own {
            eprintln!("{name}: {}", file.path().display());
            target(&std::fs::read(file.path()).unwrap());
        }
    }
}
