//! TLS: whose certificates are trusted, and that nothing leaves it.

use std::net::SocketAddr;

use std::sync::atomic::Ordering;

use crate::support::{
    Crate, Registry, Reply, Sandbox, authority, move_crate, python_project, serve_http2, serve_tls,
    tree,
};

fn alpha() -> Crate {
    Crate::new("alpha", "1.0.0")
}

/// crates.io behind TLS, with `dl` and the answer for a crate as they are
/// given.
fn registry(
    dl: impl Fn(SocketAddr) -> String + Send + Sync + 'static,
    answer: impl Fn() -> Reply + Send + Sync + 'static,
) -> String {
    let address = serve_tls(move |address, path| match path {
        "/index/config.json" => Reply::body(dl(address)),
        _ => answer(),
    });
    format!("sparse+https://{address}/index/")
}

fn config(id: &str, more: &str) -> String {
    format!(
        "[source.crates-io]\nreplace-with = \"loopback\"\n[source.loopback]\nregistry = \"{id}\"\n{more}"
    )
}

fn own_dl(address: SocketAddr) -> String {
    format!("{{\"dl\":\"https://{address}/crates\"}}")
}

#[test]
fn certificates_come_from_where_cargo_and_nix_have_them() {
    let id = registry(own_dl, || Reply::body(alpha().bytes));
    let sandbox = Sandbox::with_cargo_config(&config(&id, ""));
    sandbox.project("project", &python_project(&[alpha()]));
    // Without the authority, and without trying four times in vain.
    let none = [("CARGO_NET_RETRY", "0")];
    let failure = sandbox.run_with(&none, &["hash", "project"]).failure();
    assert!(failure.starts_with("exit code 4\n"), "{failure}");
    let authority = authority();
    let authority = authority.to_str().unwrap();
    for variable in ["CARGO_HTTP_CAINFO", "NIX_SSL_CERT_FILE", "SSL_CERT_FILE"] {
        let trusted = [(variable, authority)];
        sandbox.run_with(&trusted, &["hash", "project"]).ok();
        std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    }
    // Relative to the folder that the configuration's folder is in.
    sandbox.write("ca.pem", std::fs::read(authority).unwrap());
    let more = "[http]\ncainfo = \"ca.pem\"\n";
    sandbox.write("cargo-home/config.toml", config(&id, more));
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    command.args(["hash", "."]);
    let output = command.current_dir(sandbox.path("project/")).output();
    assert!(output.unwrap().status.success());
    // One that isn't there is no other one.
    sandbox.write("ca.pem", "none");
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    let failure = sandbox.run(&["hash", "project"]).failure();
    assert!(
        failure.contains("failed to read the certificates in `$ROOT/ca.pem`"),
        "{failure}"
    );
    // In builds without a network Nix names a file that isn't there.
    sandbox.write("cargo-home/config.toml", config(&id, ""));
    let variables = [
        ("NIX_SSL_CERT_FILE", "/no-cert-file.crt"),
        ("SSL_CERT_FILE", authority),
    ];
    sandbox.run_with(&variables, &["hash", "project"]).ok();
}

#[test]
fn a_redirect_out_of_tls_is_refused() {
    let plain = Registry::new(&[alpha()]);
    let to = format!(
        "Location: http://{}/crates/alpha/1.0.0/download",
        plain.address()
    );
    let id = registry(own_dl, move || {
        Reply::status("302 Found").header(to.clone())
    });
    let sandbox = Sandbox::with_cargo_config(&config(&id, ""));
    sandbox.project("project", &python_project(&[alpha()]));
    let authority = authority();
    let trusted = [("CARGO_HTTP_CAINFO", authority.to_str().unwrap())];
    let failure = sandbox.run_with(&trusted, &["hash", "project"]).failure();
    assert!(failure.starts_with("exit code 4\n"), "{failure}");
    assert!(failure.contains("a URL without TLS"), "{failure}");
    assert_eq!(plain.requests(), Vec::<String>::new());
}

#[test]
fn a_token_is_not_sent_without_tls() {
    let plain = Registry::new(&[alpha()]);
    let address = plain.address();
    let dl = format!("{{\"dl\":\"http://{address}/crates\",\"auth-required\":true}}");
    let id = registry(move |_| dl.clone(), || Reply::status("404 Not Found"));
    let corp = format!("[registries.corp]\nindex = \"{id}\"\ntoken = \"sesame\"\n");
    let sandbox = Sandbox::with_cargo_config(&corp);
    let mut files = python_project(&[alpha()]);
    move_crate(&mut files, &alpha(), &id);
    sandbox.project("project", &files);
    let authority = authority();
    let trusted = [("CARGO_HTTP_CAINFO", authority.to_str().unwrap())];
    let failure = sandbox.run_with(&trusted, &["hash", "project"]).failure();
    assert!(
        failure.contains("it would send the token without TLS"),
        "{failure}"
    );
    assert_eq!(plain.requests(), Vec::<String>::new());
}

/// Many crates over few connections.
#[test]
fn http2_is_spoken() {
    let crates: Vec<_> = (0..40)
        .map(|n| Crate::new(&format!("crate-{n:02}"), "1.0.0"))
        .collect();
    let served = crates.clone();
    let (address, connections) = serve_http2(move |address, path| {
        let name = path.split('/').nth(2).unwrap_or_default();
        let krate = served.iter().find(|krate| krate.name == name);
        match krate {
            Some(krate) if path.starts_with("/crates/") => krate.bytes.clone(),
            _ => own_dl(address).into_bytes(),
        }
    });
    let id = format!("sparse+https://{address}/index/");
    let sandbox = Sandbox::with_cargo_config(&config(&id, ""));
    sandbox.project("project", &python_project(&crates));
    let authority = authority();
    let trusted = [("CARGO_HTTP_CAINFO", authority.to_str().unwrap())];
    sandbox
        .run_with(&trusted, &["vendor", "project", "--to", "vendor"])
        .ok();
    let crates = tree(&sandbox.path("vendor")).into_keys();
    assert_eq!(
        crates.filter(|path| path.ends_with("Cargo.toml")).count(),
        40
    );
    let connections = connections.load(Ordering::Relaxed);
    assert!(connections <= 16, "{connections}");
}
