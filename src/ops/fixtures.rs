//! Folders with a `uv.lock` and an overlay, for tests that neither fetch nor run
//! cargo.

use camino::{Utf8Path, Utf8PathBuf};

use super::overlay::Writing;
use crate::io::Session;
use crate::io::write::{read_file, write_file};
use crate::nix::Form;
use crate::options::Options;

/// A temporary folder with a `uv.lock` and an overlay.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> Utf8PathBuf {
        let folder = Utf8Path::from_path(self.0.path()).unwrap();
        folder.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        write_file(&self.path(name), text.as_bytes(), true).unwrap();
    }

    /// Writes a `uv.lock` with packages that are sdists and others that are
    /// wheels, each with its version.
    pub(super) fn write_lock(&self, sdists: &[(&str, &str)], wheels: &[(&str, &str)]) {
        let entry = |(name, version): &(&str, &str), artifact: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\
                 source = {{ registry = \"https://example.org/simple\" }}\n{artifact}\n"
            )
        };
        let hash = "0".repeat(64);
        let sdist = |package: &(&str, &str)| {
            let url = format!("https://example.org/{}-{}.tar.gz", package.0, package.1);
            let artifact = format!("{{ url = \"{url}\", hash = \"sha256:{hash}\", size = 1 }}");
            entry(package, &format!("sdist = {artifact}"))
        };
        let wheel = |package: &(&str, &str)| {
            let url = format!(
                "https://example.org/{}-{}-py3-none-any.whl",
                package.0, package.1
            );
            let artifact = format!("{{ url = \"{url}\", hash = \"sha256:{hash}\" }}");
            entry(package, &format!("wheels = [{artifact}]"))
        };
        let names = sdists.iter().chain(wheels);
        let names: Vec<_> = names
            .map(|(name, _)| format!("{{ name = \"{name}\" }}"))
            .collect();
        let entries = sdists.iter().map(sdist).chain(wheels.iter().map(wheel));
        let app = format!(
            "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"app\"\n\
             version = \"1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{}]\n\n",
            names.join(", ")
        );
        self.write("uv.lock", &(app + &entries.collect::<String>()));
    }

    pub(super) fn overlay(&self) -> Utf8PathBuf {
        self.path("overlay.nix")
    }

    pub(super) fn read(&self, name: &str) -> String {
        let bytes = read_file(&self.path(name)).unwrap().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    pub(super) fn overlay_text(&self) -> String {
        self.read("overlay.nix")
    }

    /// Returns how the overlay is written.
    pub(super) fn writing(&self) -> Writing {
        Writing {
            file: self.overlay(),
            form: Form::File,
            force: false,
            dry_run: false,
            formatter: None,
        }
    }

    /// Returns the options for the packages of the lock.
    pub(super) fn lock_options(&self) -> Options {
        let mut options = Options::default();
        options.input.uv_lock = Some(self.path("uv.lock"));
        options
    }

    /// Returns options that take a package of the lock from nixpkgs.
    pub(super) fn prebuilt_options(&self, name: &str) -> Options {
        let mut options = self.lock_options();
        options.nixpkgs.prebuilt = Some(name.parse().unwrap());
        options
    }

    /// Starts a run that has its own cache and fetches nothing.
    pub(super) fn session(&self) -> Session {
        Session::for_tests(self.0.path())
    }
}
