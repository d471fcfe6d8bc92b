//! What a network and a registry can do wrong, on the loopback interface.

use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use crate::support::{
    Asked, Crate, End, Registry, Reply, Run, Sandbox, crate_path, python_project, tree,
};

fn alpha() -> Crate {
    Crate::new("alpha", "1.0.0")
}

/// Answers for the crate `alpha`, by how often it was asked for before.
fn answering(
    answer: impl Fn(SocketAddr, &Asked, Reply) -> Reply + Send + Sync + 'static,
) -> Registry {
    let krate = alpha();
    let path = crate_path(&krate.name, &krate.version);
    Registry::with(&[alpha()], move |address, asked| {
        let good = Reply::body(krate.bytes.clone());
        (asked.path == path).then(|| answer(address, asked, good))
    })
}

fn project(registry: &Registry) -> Sandbox {
    let sandbox = Sandbox::with_registry(registry);
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox
}

/// Runs `hash`, and looks whether the cache is whole.
#[track_caller]
fn hash(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Run {
    let run = sandbox.run_with(variables, &["hash", "project"]);
    sandbox.assert_cache_is_whole();
    run
}

/// The error of a run that ends with code 4, and how often the crate was
/// asked for.
#[track_caller]
fn fails(registry: &Registry, variables: &[(&str, &str)], message: &str) -> usize {
    let sandbox = project(registry);
    let failure = hash(&sandbox, variables).failure();
    assert!(failure.starts_with("exit code 4\n"), "{failure}");
    assert!(failure.contains(message), "{failure}");
    assert!(
        failure.contains("code: pyhack::network::failed"),
        "{failure}"
    );
    registry.downloads()
}

/// The `Range` of each request for the crate, with nothing for none.
fn ranges(registry: &Registry) -> Vec<String> {
    let asked = registry.asked().into_iter();
    let downloads = asked.filter(|asked| asked.path.ends_with("/download"));
    downloads
        .map(|asked| asked.headers.get("range").cloned().unwrap_or_default())
        .collect()
}

#[test]
fn a_cut_body_is_continued() {
    let registry = answering(|_, asked, good| match asked.before {
        0 => good.cut(100, End::Close),
        1 => {
            let mut rest = good.rest(asked);
            rest.length = Some(rest.body.len() as u64);
            rest.body.truncate(50);
            rest
        }
        _ => good.rest(asked),
    });
    hash(&project(&registry), &[]).ok();
    let expected = ["", "bytes=100-", "bytes=150-"];
    assert_eq!(ranges(&registry), expected);
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let registry = answering(|_, asked, good| match asked.before {
        0 => good.cut(100, End::Close),
        _ => good,
    });
    hash(&project(&registry), &[]).ok();
    assert_eq!(ranges(&registry), ["", "bytes=100-"]);
}

#[test]
fn a_server_that_sends_another_part_is_asked_for_all() {
    let registry = answering(|_, asked, good| match asked.before {
        0 => good.cut(100, End::Close),
        1 => {
            let mut reply = Reply::body(&good.body[7..]).header("Content-Range: bytes 7-20/21");
            reply.status = "206 Partial Content";
            reply
        }
        2 => good,
        _ => Reply::status("404 Not Found"),
    });
    hash(&project(&registry), &[]).ok();
    assert_eq!(ranges(&registry), ["", "bytes=100-", ""]);
}

#[test]
fn a_rest_that_is_gone_is_no_end() {
    let registry = answering(|_, asked, good| match asked.before {
        0 => good.cut(100, End::Close),
        1 => Reply::status("416 Range Not Satisfiable"),
        _ => good,
    });
    hash(&project(&registry), &[]).ok();
    assert_eq!(ranges(&registry), ["", "bytes=100-", ""]);
}

#[test]
fn parts_that_do_not_fit_are_fetched_from_the_start() {
    let registry = answering(|_, asked, good| match asked.before {
        0 => {
            let mut other = good;
            other.body[..100].fill(0);
            other.cut(100, End::Close)
        }
        _ => good.rest(asked),
    });
    hash(&project(&registry), &[]).ok();
    assert_eq!(ranges(&registry), ["", "bytes=100-", ""]);
}

#[test]
fn wrong_bytes_are_refused_at_once() {
    let registry = answering(|_, _, mut good| {
        good.body[20] ^= 1;
        good
    });
    let failure = hash(&project(&registry), &[]).failure();
    assert!(failure.starts_with("exit code 3\n"), "{failure}");
    assert!(
        failure.contains("code: pyhack::crates::checksum"),
        "{failure}"
    );
    assert_eq!(registry.downloads(), 1);
}

#[test]
fn a_stall_is_cut_and_the_rest_fetched() {
    let registry = answering(|_, asked, good| match asked.before {
        0 => good.cut(100, End::Stall),
        _ => good.rest(asked),
    });
    let stall = [("CARGO_PYHACK_STALL_SECONDS", "0.2")];
    hash(&project(&registry), &stall).ok();
    assert_eq!(ranges(&registry), ["", "bytes=100-"]);
}

#[test]
fn a_server_that_always_stalls_is_given_up() {
    let registry = answering(|_, _, good| good.cut(0, End::Stall));
    let variables = [
        ("CARGO_PYHACK_STALL_SECONDS", "0.1"),
        ("CARGO_NET_RETRY", "2"),
    ];
    let message = "the server sent nothing for 0.1 seconds";
    assert_eq!(fails(&registry, &variables, message), 3);
}

#[test]
fn retry_after_is_honoured() {
    let registry = answering(|_, asked, good| match asked.before {
        0 => Reply::status("429 Too Many Requests").header("Retry-After: 0"),
        1 => Reply::status("503 Service Unavailable")
            .header("Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"),
        _ => good,
    });
    // Without it the pauses would be of a minute.
    let begun = Instant::now();
    hash(&project(&registry), &[("CARGO_PYHACK_RETRY_SECONDS", "60")]).ok();
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(registry.downloads(), 3);
}

#[test]
fn trouble_that_passes_is_waited_for() {
    for status in [
        "500 Internal Server Error",
        "503 Service Unavailable",
        "408 Request Timeout",
        "429 Too Many Requests",
    ] {
        let registry = answering(move |_, asked, good| match asked.before {
            0 | 1 => Reply::status(status),
            _ => good,
        });
        hash(&project(&registry), &[]).ok();
        assert_eq!(registry.downloads(), 3, "{status}");
    }
}

#[test]
fn the_number_of_tries_is_bounded() {
    let registry = answering(|_, _, _| Reply::status("500 Internal Server Error"));
    let message = "the server responded with status 500 Internal Server Error";
    assert_eq!(fails(&registry, &[], message), 4);
    let registry = answering(|_, _, good| good.cut(10, End::Close));
    assert_eq!(fails(&registry, &[("CARGO_NET_RETRY", "0")], ""), 1);
    let registry = answering(|_, _, _| Reply::status("418 I'm a teapot"));
    assert_eq!(
        fails(&registry, &[], "the server responded with status 418"),
        1
    );
}

#[test]
fn a_reset_connection_is_tried_again() {
    let reset = |good: Reply| good.cut(0, End::Reset);
    let registry = answering(move |_, asked, good| match asked.before {
        0 => reset(good),
        _ => good,
    });
    hash(&project(&registry), &[]).ok();
    assert_eq!(registry.downloads(), 2);
    let registry = answering(move |_, _, good| reset(good));
    assert_eq!(fails(&registry, &[], "error sending request"), 4);
}

#[test]
fn redirects_are_followed_and_loops_are_not() {
    let krate = alpha();
    let registry = Registry::with(&[], move |address, asked| match asked.path.as_str() {
        "/files/alpha" => Some(Reply::body(krate.bytes.clone())),
        path if path.ends_with("/download") => Some(
            Reply::status("302 Found").header(format!("Location: http://{address}/files/alpha")),
        ),
        _ => None,
    });
    hash(&project(&registry), &[]).ok();
    let registry = answering(|_, asked, _| {
        Reply::status("301 Moved Permanently").header(format!("Location: {}", asked.path))
    });
    // The first and ten more; a loop doesn't end by trying again.
    assert_eq!(fails(&registry, &[], "too many redirects"), 11);
}

/// `config.json` as the index answers it, and the error.
#[track_caller]
fn lie(config: impl Fn(SocketAddr) -> Reply + Send + Sync + 'static) -> String {
    let registry = Registry::with(&[alpha()], move |address, asked| {
        (asked.path == "/index/config.json").then(|| config(address))
    });
    let failure = hash(&project(&registry), &[]).failure();
    assert!(failure.starts_with("exit code 4\n"), "{failure}");
    assert!(
        failure.contains("code: pyhack::network::failed"),
        "{failure}"
    );
    assert_eq!(registry.downloads(), 0);
    failure
}

#[test]
fn an_index_that_lies() {
    // A port that nobody listens on any more.
    let nowhere = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let failure = lie(|_| Reply::body("<html>"));
    assert!(
        failure.contains("not a registry configuration"),
        "{failure}"
    );
    let failure = lie(|_| Reply::body("{\"api\":null}"));
    assert!(failure.contains("missing field `dl`"), "{failure}");
    let failure = lie(|_| Reply::body("{\"dl\":\"file:///etc\"}"));
    assert!(failure.contains("its `dl` is not an HTTP URL"), "{failure}");
    let failure = lie(move |_| Reply::body(format!("{{\"dl\":\"http://{nowhere}\"}}")));
    assert!(failure.contains("Connection refused"), "{failure}");
    let failure = lie(|_| Reply::status("404 Not Found"));
    assert!(
        failure.contains("the server responded with status 404"),
        "{failure}"
    );
}

#[test]
fn a_huge_body_is_not_read() {
    let registry = answering(|_, _, mut good| {
        good.length = Some(600 << 20);
        good.end = End::Stall;
        good
    });
    assert_eq!(
        fails(&registry, &[], "the response is larger than 512 MiB"),
        1
    );
}

#[test]
fn two_runs_fetch_each_crate_once() {
    let crates: Vec<_> = (0..4)
        .map(|n| Crate::new(&format!("crate{n}"), "1.0.0"))
        .collect();
    let registry = Registry::with(&crates, |_, asked| {
        if asked.path.ends_with("/download") {
            std::thread::sleep(Duration::from_millis(100));
        }
        None
    });
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let runs: Vec<_> = (0..3)
        .map(|_| {
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
            command.args(["hash", "project"]);
            command
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let outputs: Vec<_> = runs
        .into_iter()
        .map(|run| run.wait_with_output().unwrap())
        .collect();
    for output in &outputs {
        assert!(output.status.success());
        assert_eq!(output.stdout, outputs[0].stdout);
    }
    assert_eq!(registry.downloads(), crates.len());
    sandbox.assert_cache_is_whole();
    assert_eq!(tree(&sandbox.path("cache/locks")).len(), 0);
}

#[test]
fn a_failure_leaves_the_vendored_folder_as_it_was() {
    let crates = [alpha(), Crate::new("beta", "1.0.0")];
    let registry = Registry::with(&crates, |_, asked| {
        let is_beta = asked.path.contains("/beta/");
        is_beta.then(|| Reply::status("500 Internal Server Error"))
    });
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates[..1]));
    sandbox.run(&["vendor", "project"]).ok();
    let before = tree(&sandbox.path("vendor"));
    sandbox.project("project", &python_project(&crates));
    sandbox.run(&["vendor", "project"]).failure();
    assert_eq!(tree(&sandbox.path("vendor")), before);
    sandbox.assert_cache_is_whole();
    let mut names: Vec<_> = std::fs::read_dir(sandbox.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["cache", "cargo-home", "home", "project", "vendor"]);
}

#[test]
fn a_proxy_of_cargo_s_configuration_is_used() {
    let krate = alpha();
    let proxy = Registry::answering(move |_, asked| match asked.path.as_str() {
        "http://crates.example.org/index/config.json" => {
            Some(Reply::body("{\"dl\":\"http://crates.example.org/crates\"}"))
        }
        "http://crates.example.org/crates/alpha/1.0.0/download" => {
            Some(Reply::body(krate.bytes.clone()))
        }
        _ => None,
    });
    let config = crate::support::cargo_config("crates.example.org");
    let address = proxy.address();
    let with_proxy = format!("{config}[http]\nproxy = \"{address}\"\n");
    let by_file = Sandbox::with_cargo_config(&with_proxy);
    let by_variable = Sandbox::with_cargo_config(&config);
    let url = format!("http://{address}");
    for (sandbox, variables) in [
        (&by_file, &[][..]),
        (&by_variable, &[("CARGO_HTTP_PROXY", address.as_str())]),
        (&by_variable, &[("http_proxy", url.as_str())]),
    ] {
        sandbox.project("project", &python_project(&[alpha()]));
        let _ = std::fs::remove_dir_all(sandbox.path("cache"));
        hash(sandbox, variables).ok();
    }
    assert_eq!(proxy.downloads(), 3);
}
