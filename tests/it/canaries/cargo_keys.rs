//! The keys of Cargo's configuration that name programs or servers: the Cargo
//! Reference, "Configuration Format".

use super::{assert_sings, prepare, script, server, sing_in_rust};
use crate::support::Sandbox;

struct Key {
    /// The canary.
    name: &'static str,
    /// The lines of the file, with `SCRIPT` for the program and `SERVER` for an
    /// address.
    lines: &'static str,
    /// What has cargo use them, in a folder with a crate that is a program.
    control: &'static str,
}

const fn key(name: &'static str, lines: &'static str, control: &'static str) -> Key {
    Key {
        name,
        lines,
        control,
    }
}

const KEYS: [Key; 17] = [
    key("rustc", "build.rustc = 'SCRIPT'", "cargo check"),
    key("wrapper", "build.rustc-wrapper = 'SCRIPT'", "cargo check"),
    key(
        "workspace-wrapper",
        "build.rustc-workspace-wrapper = 'SCRIPT'",
        "cargo check",
    ),
    key("rustdoc", "build.rustdoc = 'SCRIPT'", "cargo doc"),
    key(
        "rustflags",
        "build.rustflags = ['-Clinker=SCRIPT']",
        "cargo build",
    ),
    key(
        "rustdocflags",
        "build.rustdocflags = ['--test-builder=SCRIPT', '-Zunstable-options']",
        "RUSTC_BOOTSTRAP=1 cargo test --doc",
    ),
    key(
        "linker",
        "target.'cfg(all())'.linker = 'SCRIPT'",
        "cargo build",
    ),
    key(
        "runner",
        "target.'cfg(all())'.runner = 'SCRIPT'",
        "cargo run",
    ),
    key(
        "target-rustflags",
        "target.'cfg(any(unix, windows))'.rustflags = ['-Clinker=SCRIPT']",
        "cargo build",
    ),
    key("doc-browser", "doc.browser = 'SCRIPT'", "cargo doc --open"),
    key(
        "environment",
        "env.PATH = { value = 'FOLDER', force = true }",
        "cargo build",
    ),
    key(
        "global-provider",
        "registry.global-credential-providers = ['SCRIPT']\nregistries.first.index = 'sparse+http://SERVER/'",
        "cargo logout --registry first",
    ),
    key(
        "provider",
        "registry.credential-provider = 'SCRIPT'",
        "cargo logout",
    ),
    key(
        "registry-provider",
        "registries.second.index = 'sparse+http://SERVER/'\nregistries.second.credential-provider = 'SCRIPT'",
        "cargo logout --registry second",
    ),
    key(
        "provider-alias",
        "credential-alias.mine = 'SCRIPT'\nregistries.third.index = 'sparse+http://SERVER/'\n\
         registries.third.credential-provider = 'mine'",
        "cargo logout --registry third",
    ),
    key(
        "server",
        "http.proxy = 'SERVER'\nsource.crates-io.replace-with = 'evil'\nsource.evil.registry = 'sparse+http://SERVER/'",
        "cargo add alpha",
    ),
    key(
        "main",
        "alias.vendor = 'run'\nalias.metadata = 'run'\nalias.update = 'run'\nalias.sing = 'run'",
        "cargo sing",
    ),
];

impl Key {
    /// Writes its program into a folder, and gives its lines.
    fn written(&self, sandbox: &Sandbox, folder: &str, server: &str) -> String {
        let path = script(sandbox, &format!("{folder}/{}.sh", self.name), self.name);
        // `cc` is what rustc looks for in `PATH`.
        script(sandbox, &format!("{folder}/path/cc"), "environment");
        let programs = sandbox.path(&format!("{folder}/path"));
        let programs = format!("{}:/usr/bin:/bin", programs.display());
        let lines = self.lines.replace("SCRIPT", &path);
        lines.replace("SERVER", server).replace("FOLDER", &programs)
    }
}

/// A configuration with all keys, whose programs are in `folder`.
pub(super) fn all(sandbox: &Sandbox, folder: &str, server: &str) -> String {
    let lines = KEYS.iter().map(|key| key.written(sandbox, folder, server));
    lines.collect::<Vec<_>>().join("\n")
}

/// The code of a program whose canary is `main`.
pub(super) fn main(sandbox: &Sandbox) -> String {
    let sing = sing_in_rust(sandbox, "main");
    format!("fn main() {{ {sing} }}\n")
}

#[test]
fn cargo_wakes_each_canary_of_its_configuration() {
    let sandbox = Sandbox::with_cargo_config("");
    prepare(&sandbox);
    let server = server(&sandbox);
    for key in &KEYS {
        let folder = format!("control-{}", key.name);
        let manifest = "[package]\nname = \"control\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
        sandbox.write(&format!("{folder}/Cargo.toml"), manifest);
        sandbox.write(&format!("{folder}/src/main.rs"), main(&sandbox));
        sandbox.write(
            &format!("{folder}/src/lib.rs"),
            "/// ```\n/// ```\npub fn a() {}\n",
        );
        let lines = key.written(&sandbox, &folder, &server.address());
        sandbox.write(&format!("{folder}/.cargo/config.toml"), lines);
        assert_sings(&sandbox, &folder, key.name, key.control);
    }
}
