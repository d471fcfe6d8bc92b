//! Git repositories, made by real git.

use std::path::{Path, PathBuf};

use super::Sandbox;

/// A repository in a sandbox.
pub struct Repository<'a> {
    sandbox: &'a Sandbox,
    pub folder: PathBuf,
}

impl<'a> Repository<'a> {
    /// An empty one, with the branch `main`.
    pub fn new(sandbox: &'a Sandbox, name: &str) -> Self {
        let folder = sandbox.path(name);
        std::fs::create_dir_all(&folder).unwrap();
        let repository = Self { sandbox, folder };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// One that is there already.
    pub fn at(sandbox: &'a Sandbox, name: &str) -> Self {
        let folder = sandbox.path(name);
        Self { sandbox, folder }
    }

    /// Runs git in it, as somebody with no configuration.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_with(&[], arguments)
    }

    #[track_caller]
    fn git_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let mut command = self.sandbox.command("git");
        command
            .current_dir(&self.folder)
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(["-c", "protocol.file.allow=always"])
            .args(["-c", "commit.gpgsign=false"])
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(variables.iter().copied())
            .args(arguments);
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    /// Commits all that is there, and gives the revision.
    #[track_caller]
    pub fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Commits all that is there at a time, which makes the revision the same
    /// in each run.
    #[track_caller]
    pub fn commit_at(&self, time: &str) {
        let times = [("GIT_AUTHOR_DATE", time), ("GIT_COMMITTER_DATE", time)];
        self.git(&["add", "--all"]);
        self.git_with(&times, &["commit", "--quiet", "--message=x"]);
    }

    /// Commits an index as it is written, which `add` would refuse.
    #[track_caller]
    pub fn commit_link(&self, path: &str, revision: &str) -> String {
        self.git(&[
            "update-index",
            "--add",
            "--cacheinfo",
            &format!("160000,{revision},{path}"),
        ]);
        self.git(&["commit", "--quiet", "--message=x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.folder.display())
    }

    /// What anybody has who clones it, without `.git`.
    #[track_caller]
    pub fn cloned(&self, revision: &str, to: &str) -> PathBuf {
        let to = self.sandbox.path(to);
        let path = to.to_str().unwrap();
        self.git(&["clone", "--quiet", "--no-checkout", &self.url(), path]);
        self.git(&["-C", path, "checkout", "--quiet", "--detach", revision]);
        self.git(&[
            "-C",
            path,
            "submodule",
            "--quiet",
            "update",
            "--init",
            "--recursive",
        ]);
        remove_git(&to);
        to
    }
}

fn remove_git(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap() == ".git" {
            if path.is_dir() {
                std::fs::remove_dir_all(&path).unwrap();
            } else {
                std::fs::remove_file(&path).unwrap();
            }
        } else if path.is_dir() && !path.is_symlink() {
            remove_git(&path);
        }
    }
}
