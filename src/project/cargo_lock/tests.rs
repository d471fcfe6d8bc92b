use super::*;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
const SUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn parse(text: &str) -> Result<LockFile, ProjectError> {
    LockFile::parse(text.as_bytes().to_vec(), text, "Cargo.lock".to_owned())
}

fn lock(version: &str) -> String {
    format!(
        "{version}[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\n\
         checksum = \"{SUM}\"\n\n[[package]]\nname = \"root\"\nversion = \"0.1.0\"\ndependencies = [\"a\"]\n"
    )
}

#[test]
fn formats_one_to_four_are_read() {
    let first = format!(
        "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\n\n\
         [[package]]\nname = \"root\"\nversion = \"0.1.0\"\n\
         dependencies = [\"a 1.0.0 ({CRATES_IO})\"]\n\n\
         [metadata]\n\"checksum a 1.0.0 ({CRATES_IO})\" = \"{SUM}\"\n"
    );
    let texts = [
        first,
        lock(""),
        lock("version = 3\n"),
        lock("version = 4\n"),
    ];
    for (text, format) in texts.iter().zip(1..) {
        let lock = parse(text).unwrap();
        assert_eq!(lock.format, format);
        assert_eq!(lock.registry_crates().unwrap()[0].1.to_hex(), SUM);
        let root = lock.local("root").unwrap();
        let dependency = lock.crates[root].dependencies[0];
        assert_eq!(lock.crates[dependency].name.as_str(), "a");
    }
}

#[test]
fn other_formats_are_refused() {
    for version in ["version = 5\n", "version = 0\n", "version = \"4\"\n"] {
        let error = parse(&lock(version)).unwrap_err();
        assert!(matches!(error, ProjectError::LockFormat { .. }), "{error}");
    }
}

#[test]
fn what_is_no_lock_is_refused() {
    let twice = format!(
        "{0}{0}",
        lock("")
            .split("\n[[package]]\nname = \"root\"")
            .next()
            .unwrap()
    );
    let path = lock("").replace("\"a\"", "\"../a\"");
    for text in [
        "<html>",
        "package = 3",
        "[[package]]\nname = 1",
        &twice,
        &path,
    ] {
        let error = parse(text).unwrap_err();
        assert!(matches!(error, ProjectError::Toml { .. }), "{error}");
    }
}

#[test]
fn crates_from_git_are_told_apart() {
    let git = "git+https://example.org/a?rev=abc#0123456789012345678901234567890123456789";
    let text = lock("version = 4\n").replace(CRATES_IO, git);
    assert_eq!(parse(&text).unwrap().git_revisions().len(), 1);
}

#[test]
fn a_missing_checksum_is_told() {
    let text = lock("version = 3\n").replace(&format!("checksum = \"{SUM}\"\n"), "");
    let error = parse(&text).unwrap().registry_crates().unwrap_err();
    assert!(matches!(error, ProjectError::NoChecksum { .. }), "{error}");
}

#[test]
fn registries_are_counted_in_the_file_s_order() {
    let (first, second) = (
        "sparse+https://example.org/z/",
        "registry+https://example.org/a",
    );
    let package = |name: &str, source: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\nchecksum = \"{SUM}\"\n\n"
        )
    };
    let text = [
        package("a", first),
        package("b", CRATES_IO),
        package("c", second),
        package("d", first),
    ];
    let lock = parse(&format!("version = 4\n{}", text.concat())).unwrap();
    assert_eq!(lock.registry_number(first), Some(1));
    assert_eq!(lock.registry_number(second), Some(2));
    assert_eq!(lock.registry_number(CRATES_IO), None);
    assert_eq!(lock.registry_crates().unwrap().len(), 4);
}
