//! The man pages and completions in `packaging/wheel`, which wheel and flake
//! install.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cargo_pyhack::testing;

use crate::support::{Sandbox, has_bash, tree};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/wheel/data");

/// The man page of each command, by the name of its file.
fn man_pages() -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let command = testing::command().bin_name("cargo-pyhack");
    clap_mangen::generate_to(command, folder.path()).unwrap();
    tree(folder.path())
}

fn completions() -> [(String, Vec<u8>); 3] {
    [
        ("bash", "bash-completion/completions/cargo-pyhack"),
        ("zsh", "zsh/site-functions/_cargo-pyhack"),
        ("fish", "fish/vendor_completions.d/cargo-pyhack.fish"),
    ]
    .map(|(shell, path)| {
        let script = Sandbox::new().run(&["completions", shell]).ok();
        (format!("share/{path}"), script.into_bytes())
    })
}

#[test]
fn man_pages_and_completions_are_those_of_the_command_line() {
    let pages = man_pages();
    assert!(pages.contains_key("cargo-pyhack-lock.1"), "{pages:?}");
    let pages = pages
        .into_iter()
        .map(|(name, text)| (format!("share/man/man1/{name}"), text));
    let wanted: BTreeMap<_, _> = pages.chain(completions()).collect();
    if std::env::var_os("BLESS").is_some() {
        let _ = fs::remove_dir_all(FOLDER);
        for (path, bytes) in &wanted {
            let path = Path::new(FOLDER).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    let found = tree(Path::new(FOLDER));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    let update = "run BLESS=1 cargo test --test it packaging::installed_files";
    assert_eq!(names(&found), names(&wanted), "{update}");
    for (path, bytes) in &wanted {
        assert!(found[path] == *bytes, "{path} is out of date: {update}");
    }
}

/// What bash proposes for a line whose last word is being typed.
fn proposed(sandbox: &Sandbox, line: &[&str]) -> Vec<String> {
    let words: Vec<_> = line.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "_other() {{ COMPREPLY=(other-command); }}; complete -F _other cargo\n\
         source script.bash\n\
         COMP_WORDS=({}); COMP_CWORD={}\n\
         function=$(complete -p {} | sed 's/.* -F \\([^ ]*\\) .*/\\1/')\n\
         $function '{}' \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        line.len() - 1,
        line[0],
        line[0]
    );
    let mut bash = sandbox.command("bash");
    let output = bash.args(["--norc", "-c", &script]).output().unwrap();
    let run = sandbox.redacted(&output);
    assert_eq!(run.stderr, "");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_both_ways_to_type_the_command() {
    if !has_bash() {
        return;
    }
    let sandbox = Sandbox::new();
    let script = sandbox.run(&["completions", "bash"]).ok();
    sandbox.write("script.bash", script);
    for line in [&["cargo-pyhack", "ni"][..], &["cargo", "pyhack", "ni"]] {
        assert_eq!(proposed(&sandbox, line), ["nix-snippet"], "{line:?}");
    }
    for line in [
        &["cargo-pyhack", "check", "--f"][..],
        &["cargo", "pyhack", "check", "--f"],
    ] {
        let flags = proposed(&sandbox, line);
        assert!(flags.iter().any(|flag| flag == "--fix"), "{flags:?}");
    }
    assert_eq!(proposed(&sandbox, &["cargo", "bu"]), ["other-command"]);
}
