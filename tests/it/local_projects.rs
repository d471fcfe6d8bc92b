//! Local projects whose build requirements uv2nix can't resolve.

use crate::support::{Sandbox, has_nix, nix};

/// A locked project that requires setuptools-scm with an extra that the package
/// set doesn't have.
fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"app\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\n\
         [build-system]\nrequires = [\"setuptools\", \"setuptools_scm[toml]\"]\n\
         build-backend = \"setuptools.build_meta\"\n",
    );
    sandbox.write(
        "uv.lock",
        "version = 1\nrequires-python = \">=3.11\"\n[[package]]\nname = \"app\"\n\
         version = \"1.0\"\nsource = { editable = \".\" }\n",
    );
    sandbox
}

/// The names that the project is built with, and the dependencies of its
/// editable version, in a set whose packages have no extras.
fn evaluated(sandbox: &Sandbox, file: &str) -> String {
    let expression = format!(
        "let
          resolveBuildSystem = requires:
            if builtins.all (extras: extras == [ ]) (builtins.attrValues requires)
            then builtins.attrNames requires
            else throw \"no such extra\";
          requires = {{ setuptools = [ ]; setuptools-scm = [ \"toml\" ]; }};
          # As nixpkgs' makeOverridable does, an override is below those of attributes.
          make = arguments: change:
            let
              attributes = {{
                nativeBuildInputs = arguments.resolveBuildSystem requires;
                passthru.dependencies = if arguments.isEditable then requires else {{ numpy = [ ]; }};
              }};
            in
            attributes // change attributes // {{
              override = more: make (arguments // more) change;
              overrideAttrs = more: make arguments (old: let new = change old; in new // more (old // new));
            }};
          app = make {{ inherit resolveBuildSystem; isEditable = false; }} (_: {{ }});
          overlay = import {} {{ lib = null; pkgs = null; hacks = null; }};
          found = (overlay {{ inherit resolveBuildSystem; }} {{ inherit app; }}).app;
        in
        [
          (builtins.tryEval (builtins.deepSeq app.nativeBuildInputs true)).success
          found.nativeBuildInputs
          found.passthru.dependencies
          (found.override {{ isEditable = true; }}).passthru.dependencies
        ]",
        sandbox.path(file).display()
    );
    let mut command = nix(sandbox, "nix-instantiate");
    let output = command
        .args(["--eval", "--strict", "--json", "--expr", &expression])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn extras_that_the_package_set_lacks_are_left_out() {
    let sandbox = project();
    sandbox.run(&["lock", "-q", "--write", "overlay.nix"]).ok();
    assert_eq!(sandbox.run(&["check", "overlay.nix"]).code, 0);
    if !has_nix() {
        return;
    }
    let found = evaluated(&sandbox, "overlay.nix");
    assert_eq!(
        found.trim(),
        "[false,[\"setuptools\",\"setuptools-scm\"],{\"numpy\":[]},\
         {\"setuptools\":[],\"setuptools-scm\":[]}]"
    );
}

#[test]
fn a_build_system_that_the_package_set_lacks_is_an_error_of_lock() {
    let sandbox = project();
    let pyproject = std::fs::read_to_string(sandbox.path("pyproject.toml")).unwrap();
    let other = pyproject.replace("setuptools_scm[toml]", "acme-backend");
    sandbox.write("pyproject.toml", other);
    let run = sandbox.run(&["lock", "--write", "overlay.nix"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("acme-backend"), "{}", run.stderr);
    assert!(
        run.stderr.contains("pyhack::project::missing_build_system"),
        "{}",
        run.stderr
    );
}
