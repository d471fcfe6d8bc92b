//! `nix-snippet --prebuilt`: packages that are taken from nixpkgs.

use std::fs;

use crate::support::{Sandbox, has_nix, nix};

/// A project that needs torch, locked by the real uv.
fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["pyproject.toml", "uv.lock"] {
        let path = format!("{}/testdata/locks/torch/{name}", env!("CARGO_MANIFEST_DIR"));
        sandbox.write(name, fs::read(path).unwrap());
    }
    sandbox
}

/// What a set has of torch by an overlay, in which nixpkgs has that version;
/// the hack gives what it gets.
fn evaluated(sandbox: &Sandbox, file: &str, version: &str) -> String {
    let expression = format!(
        "let
          lib = {{
            warnIf = condition: message: value: if condition then {{ warned = message; }} // value else value;
            throwIf = condition: message: value: if condition then throw message else value;
            splitString = separator: text: builtins.filter builtins.isString (builtins.split \"[+]\" text);
            inherit (builtins) head;
            hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
            filterAttrs = keep: set: removeAttrs set (builtins.filter (name: !keep name set.${{name}}) (builtins.attrNames set));
          }};
          torch = {{
            version = \"2.9.0\";
            passthru.dependencies = {{ nvidia-cublas-cu12 = [ ]; triton = [ ]; triton-more = [ ]; sympy = [ ]; }};
            overrideAttrs = change: torch // change torch;
          }};
          prev = {{ inherit torch; python.pkgs.torchWithoutCuda.version = \"{version}\"; }};
          hacks.nixpkgsPrebuilt = {{ from, prev }}: {{
            from = from.version;
            warned = from.warned or null;
            kept = builtins.attrNames prev.passthru.dependencies;
          }};
          overlay = import {} {{ inherit lib hacks; pkgs = null; }};
        in
        [ (overlay {{ }} prev).torch ((overlay {{ }} {{ }}).torch or \"absent\") ]",
        sandbox.path(file).display()
    );
    let mut command = nix(sandbox, "nix-instantiate");
    let output = command
        .args(["--eval", "--strict", "--json", "--expr", &expression])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { text } else { error }
}

#[test]
fn the_set_s_own_nixpkgs_without_what_that_brings() {
    let sandbox = project();
    let snippet = [
        "nix-snippet",
        "-q",
        "--prebuilt",
        "torch=torchWithoutCuda",
        "--write",
    ];
    for (file, flags) in [
        ("proposed.nix", &[][..]),
        ("nothing.nix", &["--drop="]),
        ("own.nix", &["--drop", "nvidia-", "--strict"]),
    ] {
        sandbox.run(&[&snippet[..], &[file], flags].concat()).ok();
        assert_eq!(sandbox.run(&["check", file]).code, 0, "{file}");
    }
    if !has_nix() {
        return;
    }
    let kept = |file| {
        let found: serde_json::Value =
            serde_json::from_str(&evaluated(&sandbox, file, "2.9.0")).unwrap();
        assert_eq!(found[1], "absent");
        assert_eq!(found[0]["from"], "2.9.0");
        assert!(found[0]["warned"].is_null());
        found[0]["kept"].to_string()
    };
    assert_eq!(kept("proposed.nix"), "[\"sympy\",\"triton-more\"]");
    assert_eq!(kept("own.nix"), "[\"sympy\",\"triton\",\"triton-more\"]");
    assert_eq!(
        kept("nothing.nix"),
        "[\"nvidia-cublas-cu12\",\"sympy\",\"triton\",\"triton-more\"]"
    );
    let message = "torch: nixpkgs has version 2.8.0, and the lock says 2.9.0";
    let warned = evaluated(&sandbox, "proposed.nix", "2.8.0");
    assert!(
        warned.contains(&format!("\"warned\":\"{message}\"")),
        "{warned}"
    );
    assert!(evaluated(&sandbox, "own.nix", "2.8.0").contains(message));
    // Whoever built it isn't another version.
    assert!(!evaluated(&sandbox, "own.nix", "2.9.0+cpu").contains("error"));
}

/// A lock whose `runtime` has a wheel for macOS alone, and no sdist.
fn refused_lock(dependencies: &str) -> String {
    let file = |name: &str| {
        let hash = "0".repeat(64);
        format!("{{ url = \"https://example.org/{name}\", hash = \"sha256:{hash}\" }}")
    };
    let wheel = file("runtime-1.21.0-cp313-cp313-macosx_11_0_arm64.whl");
    let others = ["numpy", "sympy", "coreml", "winonly", "extra"].map(|name| {
        let wheel = file(&format!("{name}-1.0-py3-none-any.whl"));
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\n\
             source = {{ registry = \"https://example.org/simple\" }}\nwheels = [{wheel}]\n"
        )
    });
    format!(
        "version = 1\nrequires-python = \">=3.13\"\n\
         [[package]]\nname = \"app\"\nversion = \"1.0\"\nsource = {{ virtual = \".\" }}\n\
         dependencies = [{{ name = \"runtime\", extra = [\"more\"] }}]\n\
         [[package]]\nname = \"runtime\"\nversion = \"1.21.0\"\n\
         source = {{ registry = \"https://example.org/simple\" }}\n\
         dependencies = [{dependencies}]\nwheels = [{wheel}]\n\
         [package.optional-dependencies]\nmore = [{{ name = \"extra\" }}]\n{}",
        others.concat()
    )
}

const REFUSED_DEPENDENCIES: &str = "{ name = \"numpy\" }, { name = \"sympy\", extra = [\"a\"] }, \
     { name = \"coreml\", marker = \"sys_platform == 'darwin'\" }, \
     { name = \"winonly\", marker = \"sys_platform == 'win32'\" }";

/// What a set has of a package whose attribute throws.
fn refused(sandbox: &Sandbox, file: &str, version: &str, is_darwin: bool) -> String {
    let expression = format!(
        "let
          lib = {{
            warnIf = condition: message: value: if condition then {{ warned = message; }} // value else value;
            splitString = separator: text: builtins.filter builtins.isString (builtins.split \"[+]\" text);
            optionalAttrs = condition: set: if condition then set else {{ }};
            inherit (builtins) head;
          }};
          prev = {{ runtime = throw \"looked at\"; python.pkgs.runtime.version = \"{version}\"; }};
          final.pyprojectHook = \"hook\";
          hacks.nixpkgsPrebuilt = {{ from, prev }}: {{
            inherit (prev) nativeBuildInputs passthru;
            warned = from.warned or null;
          }};
          pkgs.stdenv.hostPlatform = {{ isDarwin = {is_darwin}; }};
          overlay = import {} {{ inherit lib hacks pkgs; }};
        in
        (overlay final prev).runtime",
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
fn a_package_that_uv2nix_refuses_has_its_dependencies_from_the_lock() {
    let sandbox = Sandbox::new();
    sandbox.write("uv.lock", refused_lock(REFUSED_DEPENDENCIES));
    let snippet = ["nix-snippet", "-q", "--prebuilt", "runtime", "--write"];
    sandbox.run(&[&snippet[..], &["all.nix"]].concat()).ok();
    sandbox
        .run(&[&snippet[..], &["fewer.nix", "--drop", "sympy"]].concat())
        .ok();
    let mac = ["mac.nix", "--platforms", "aarch64-darwin"];
    sandbox.run(&[&snippet[..], &mac].concat()).ok();
    let text = fs::read_to_string(sandbox.path("mac.nix")).unwrap();
    assert!(text.contains("prev = prev.runtime;"), "{text}");
    for file in ["all.nix", "fewer.nix", "mac.nix"] {
        assert_eq!(sandbox.run(&["check", file]).code, 0, "{file}");
    }
    if has_nix() {
        let more = "\"optional-dependencies\":{\"more\":{\"extra\":[]}}";
        let all = "\"numpy\":[],\"sympy\":[\"a\"]";
        for (file, is_darwin, dependencies) in [
            ("all.nix", false, all.to_owned()),
            ("all.nix", true, format!("\"coreml\":[],{all}")),
            ("fewer.nix", false, "\"numpy\":[]".to_owned()),
        ] {
            let found = refused(&sandbox, file, "1.21.0+cpu", is_darwin);
            let expected = format!(
                "{{\"nativeBuildInputs\":[\"hook\"],\
                 \"passthru\":{{\"dependencies\":{{{dependencies}}},{more}}},\"warned\":null}}"
            );
            assert_eq!(found.trim(), expected, "{file}");
        }
        let warned = refused(&sandbox, "all.nix", "1.22.0", false);
        assert!(
            warned.contains("runtime: nixpkgs has version 1.22.0, and the lock says 1.21.0"),
            "{warned}"
        );
    }
    // Other dependencies in the lock are other dependencies in the stanza.
    let fewer = REFUSED_DEPENDENCIES.replace("{ name = \"numpy\" }, ", "");
    sandbox.write("uv.lock", refused_lock(&fewer));
    let run = sandbox.run(&["check", "all.nix"]);
    assert!(
        run.code == 1
            && run
                .stderr
                .contains("its dependencies in the lockfile changed"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.run(&["check", "--fix", "all.nix"]).code, 0);
    let text = fs::read_to_string(sandbox.path("all.nix")).unwrap();
    assert!(!text.contains("numpy"), "{text}");
}

#[test]
fn check_notices_another_version_in_the_lock() {
    let sandbox = project();
    let pyproject = fs::read_to_string(sandbox.path("pyproject.toml")).unwrap();
    let table = "\n[tool.cargo-pyhack]\noverlay = \"overlay.nix\"\nprebuilt = [{ name = \"torch\", drop = [\"nvidia-\"] }]\n";
    sandbox.write("pyproject.toml", pyproject + table);
    let run = sandbox.run(&["check"]);
    assert!(
        run.code == 1
            && run.stderr.contains(
                "Missing `torch` in overlay.nix: the configuration takes `torch` from nixpkgs"
            ),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.run(&["check", "--fix"]).code, 0);
    assert_eq!(sandbox.run(&["check"]).code, 0);
    let lock = fs::read_to_string(sandbox.path("uv.lock")).unwrap();
    let newer = lock.replace(
        "name = \"torch\"\nversion = \"2.9.0\"",
        "name = \"torch\"\nversion = \"2.10.0\"",
    );
    sandbox.write("uv.lock", newer);
    let run = sandbox.run(&["check"]);
    assert!(
        run.stderr
            .contains("the version changed from 2.9.0 to 2.10.0"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.run(&["check", "--fix"]).code, 0);
    assert_eq!(sandbox.run(&["check"]).code, 0);
}

#[test]
fn check_tells_of_lines_to_keep_and_of_what_is_gone() {
    let sandbox = project();
    let snippet = [
        "nix-snippet",
        "-q",
        "--prebuilt",
        "torch",
        "--write",
        "overlay.nix",
    ];
    sandbox.run(&snippet).ok();
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let from = "    prev = prev.torch";
    let kept = format!("    quiet = true; # pyhack: keep\n{from}");
    assert!(text.contains(from), "{text}");
    sandbox.write("overlay.nix", text.replace(from, &kept));
    let run = sandbox.run(&["check", "overlay.nix"]);
    assert!(
        run.stderr.contains("its kept lines changed"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.run(&["check", "--fix", "overlay.nix"]).code, 0);
    assert_eq!(sandbox.run(&["check", "overlay.nix"]).code, 0);
    assert!(
        fs::read_to_string(sandbox.path("overlay.nix"))
            .unwrap()
            .contains("quiet = true;")
    );
    let lock = fs::read_to_string(sandbox.path("uv.lock")).unwrap();
    sandbox.write(
        "uv.lock",
        lock.replace("name = \"torch\"", "name = \"torque\""),
    );
    let run = sandbox.run(&["check", "overlay.nix"]);
    assert!(
        run.code == 1 && run.stderr.contains("No source `torch`"),
        "{}",
        run.stderr
    );
    fs::remove_file(sandbox.path("uv.lock")).unwrap();
    let run = sandbox.run(&["check", "overlay.nix"]);
    assert!(
        run.code == 1 && run.stderr.contains("`uv.lock` doesn't exist"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_cannot_be_taken() {
    let sandbox = project();
    let run = sandbox.run(&["nix-snippet", "--prebuilt", "numpy"]);
    assert!(
        run.code == 3 && run.stderr.contains("has no package `numpy`"),
        "{}",
        run.stderr
    );
    for wrong in ["torch=a b", "torch=${x}", ""] {
        assert_eq!(
            sandbox.run(&["nix-snippet", "--prebuilt", wrong]).code,
            2,
            "{wrong}"
        );
    }
    let run = sandbox.run(&["nix-snippet", "--prebuilt", "torch", "--drop", "a\"b"]);
    assert!(
        run.code == 2 && run.stderr.contains("is neither a package name"),
        "{}",
        run.stderr
    );
    let style = ["nix-snippet", "--prebuilt", "torch", "--style", "nixpkgs"];
    assert_eq!(sandbox.run(&style).code, 2);
    let two = [
        "nix-snippet",
        "--prebuilt",
        "torch",
        "uv.lock",
        "pylock.toml",
    ];
    assert_eq!(sandbox.run(&two).code, 2);
    assert_eq!(sandbox.run(&["nix-snippet", "uv.lock", "."]).code, 2);
    let empty = Sandbox::new();
    let run = empty.run(&["nix-snippet", "--prebuilt", "torch"]);
    assert!(
        run.stderr.contains("code: pyhack::python_lock::not_found"),
        "{}",
        run.stderr
    );
}
