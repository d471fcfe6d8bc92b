//! What a repository has that git runs: keys of its configuration, hooks, and
//! filters that attributes ask for.

use super::{assert_sings, make_executable, prepare, script, sing};
use crate::support::{Repository, Sandbox, has_git};

struct Key {
    /// The canary.
    name: &'static str,
    /// The configuration, with `SCRIPT` for the program.
    text: &'static str,
    /// What has git use it, in a repository with [`FILES`].
    control: &'static str,
}

const fn key(name: &'static str, text: &'static str, control: &'static str) -> Key {
    Key {
        name,
        text,
        control,
    }
}

const CHANGE: &str = "echo x >> first.x; echo x >> second.y; git diff";
const LOGIN: &str = "echo url=https://login.example.org | git credential fill";
const MERGE: &str = "git checkout -qb b; echo b > first.x; git commit -qam b; git checkout -q main; \
                     echo c > first.x; git commit -qam c; git merge b";

const KEYS: [Key; 21] = [
    key("fsmonitor", "[core]\nfsmonitor = SCRIPT", "git status"),
    key(
        "editor",
        "[core]\neditor = SCRIPT",
        "git commit --allow-empty",
    ),
    key(
        "pager",
        "[core]\npager = SCRIPT",
        "script -qec 'git -p log' /dev/null",
    ),
    key(
        "ssh",
        "[core]\nsshCommand = SCRIPT",
        "git fetch ssh://ssh.example.org/x",
    ),
    key(
        "git-proxy",
        "[core]\ngitProxy = SCRIPT",
        "git fetch git://git.example.org/x",
    ),
    key("ask-pass", "[core]\naskPass = SCRIPT", LOGIN),
    key("credentials", "[credential]\nhelper = !SCRIPT", LOGIN),
    key("external-diff", "[diff]\nexternal = SCRIPT", CHANGE),
    key("textconv", "[diff \"x\"]\ntextconv = SCRIPT", CHANGE),
    key("diff-driver", "[diff \"y\"]\ncommand = SCRIPT", CHANGE),
    key(
        "clean",
        "[filter \"x\"]\nclean = SCRIPT",
        "echo x >> first.x; git add first.x",
    ),
    key(
        "smudge",
        "[filter \"x\"]\nsmudge = SCRIPT",
        "rm first.x; git checkout first.x",
    ),
    key(
        "process",
        "[filter \"y\"]\nprocess = SCRIPT",
        "rm second.y; git checkout second.y",
    ),
    key("merge-driver", "[merge \"x\"]\ndriver = SCRIPT", MERGE),
    key(
        "gpg",
        "[gpg]\nprogram = SCRIPT",
        "git commit -S --allow-empty -m x",
    ),
    key(
        "git-alias",
        "[alias]\nsing = !SCRIPT\ncheck-ignore = !SCRIPT\nfetch = !SCRIPT",
        "git sing",
    ),
    key(
        "upload-pack",
        "[remote \"origin\"]\nurl = .\nuploadpack = SCRIPT",
        "git fetch origin",
    ),
    key(
        "ext",
        "[protocol \"ext\"]\nallow = always\n[protocol]\nallow = always\n[remote \"ext\"]\nurl = ext::SCRIPT",
        "git fetch ext",
    ),
    // The index has a `.gitignore` whose contents have to be fetched.
    key(
        "missing-object",
        "[core]\nrepositoryformatversion = 1\n[extensions]\npartialClone = lazy\n\
         [remote \"lazy\"]\nurl = .\npromisor = true\nuploadpack = SCRIPT",
        "git check-ignore untracked",
    ),
    key(
        "sequence-editor",
        "[sequence]\neditor = SCRIPT",
        "git rebase -i --root",
    ),
    key(
        "difftool",
        "[diff]\ntool = z\n[difftool \"z\"]\ncmd = SCRIPT",
        "echo x >> first.x; git difftool -y",
    ),
];

/// The hooks, and what has git run them.
const HOOKS: [(&str, &str); 4] = [
    ("pre-commit", "git commit --allow-empty -m x"),
    ("post-checkout", "git checkout -qb other"),
    ("post-index-change", "echo x >> first.x; git add first.x"),
    ("reference-transaction", "git branch other"),
];

const FILES: [(&str, &str); 2] = [("first.x", "x\n"), ("second.y", "y\n")];
const ATTRIBUTES: &str = "* filter=x\n*.x diff=x merge=x\n*.y filter=y diff=y\n";
const MISSING: &str = "1234567890123456789012345678901234567890";

impl Key {
    fn written(&self, sandbox: &Sandbox, folder: &str) -> String {
        let path = script(sandbox, &format!("{folder}/{}.sh", self.name), self.name);
        self.text.replace("SCRIPT", &path) + "\n"
    }
}

/// Makes a repository of what a folder has.
pub(super) fn repository<'a>(sandbox: &'a Sandbox, folder: &str) -> Repository<'a> {
    let repository = Repository::new(sandbox, folder);
    for (name, text) in FILES {
        repository.write(name, text);
    }
    repository.write(".gitattributes", ATTRIBUTES);
    repository.commit();
    repository
}

fn append(sandbox: &Sandbox, folder: &str, text: &str) {
    let path = format!("{folder}/.git/config");
    let config = std::fs::read_to_string(sandbox.path(&path)).unwrap();
    sandbox.write(&path, config + text);
}

fn write_hook(sandbox: &Sandbox, folder: &str, hook: &str) {
    let text = format!("#!/bin/sh\n{}\n", sing(sandbox, hook));
    make_executable(&sandbox.write(&format!("{folder}/.git/hooks/{hook}"), text));
}

/// Adds a file to the index that isn't in the folder, and whose object is
/// missing.
fn add_missing(repository: &Repository) {
    let entry = format!("100644,{MISSING},.gitignore");
    repository.git(&["update-index", "--add", "--cacheinfo", &entry]);
    repository.git(&["update-index", "--skip-worktree", ".gitignore"]);
}

/// Gives a repository all keys and hooks.
pub(super) fn arm(sandbox: &Sandbox, folder: &str) {
    add_missing(&Repository::at(sandbox, folder));
    let scripts = format!("{folder}/git-scripts");
    let keys = KEYS.iter().map(|key| key.written(sandbox, &scripts));
    append(sandbox, folder, &keys.collect::<String>());
    for (hook, _) in HOOKS {
        write_hook(sandbox, folder, hook);
    }
}

#[test]
fn git_wakes_each_canary_of_a_repository() {
    if !has_git() {
        return;
    }
    let sandbox = Sandbox::new();
    prepare(&sandbox);
    let identity = "[user]\nname = a\nemail = a@example.org\n";
    let config = std::fs::read_to_string(sandbox.path("home/.gitconfig")).unwrap();
    sandbox.write("home/.gitconfig", config + identity);
    for key in &KEYS {
        // A pager is for terminals, and `script` has one.
        let has_terminal = || sandbox.command("script").arg("--version").output().is_ok();
        if key.name == "pager" && !has_terminal() {
            continue;
        }
        let folder = format!("control-{}", key.name);
        let repository = repository(&sandbox, &folder);
        if key.name == "missing-object" {
            add_missing(&repository);
        }
        append(&sandbox, &folder, &key.written(&sandbox, "scripts"));
        assert_sings(&sandbox, &folder, key.name, key.control);
    }
    for (hook, control) in HOOKS {
        let folder = format!("control-{hook}");
        repository(&sandbox, &folder);
        write_hook(&sandbox, &folder, hook);
        assert_sings(&sandbox, &folder, hook, control);
    }
}
