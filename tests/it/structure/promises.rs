//! Checks that the tests that `SECURITY.md` names exist.

use std::path::Path;

const TEXT: &str = include_str!("../../../SECURITY.md");

#[test]
fn each_promise_is_shown_by_tests_that_exist() {
    let promises = TEXT.split("\n### ").skip(1);
    let mut wrong = Vec::new();
    for promise in promises {
        let section = promise.split("\n## ").next().unwrap();
        let tests: Vec<_> = section
            .lines()
            .filter_map(|line| line.strip_prefix("- `")?.strip_suffix('`'))
            .collect();
        if tests.is_empty() {
            wrong.push(section.lines().next().unwrap());
        }
        wrong.extend(tests.into_iter().filter(|test| !exists(test)));
    }
    assert!(
        wrong.is_empty(),
        "SECURITY.md has promises without tests, or tests that don't exist: {wrong:?}"
    );
}

/// Returns whether `module::test` is a test of `tests/it` or of `src`.
fn exists(test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").unwrap();
    let path = module.replace("::", "/");
    let without_tests = path.strip_suffix("/tests").unwrap_or(&path);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["tests/it", "src"].map(|folder| {
        [
            format!("{folder}/{path}.rs"),
            format!("{folder}/{path}/mod.rs"),
            format!("{folder}/{without_tests}.rs"),
            format!("{folder}/{without_tests}/mod.rs"),
        ]
    });
    files.as_flattened().iter().any(|file| {
        let source = std::fs::read_to_string(root.join(file)).unwrap_or_default();
        has_test(&source, name)
    })
}

/// Returns whether a function has the attribute `#[test]`.
fn has_test(text: &str, name: &str) -> bool {
    let header = format!("fn {name}() {{");
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    let found = lines.iter().position(|line| *line == header);
    found.is_some_and(|at| {
        let above = lines[..at].iter().rev();
        let mut attributes = above.take_while(|line| line.starts_with("#["));
        attributes.any(|line| *line == "#[test]")
    })
}
