//! Runs the rows of `testdata/network-faults.tsv`: kind of request, fault, how
//! many requests it is done to, exit code, diagnostic, number of requests. After
//! each, the cache is whole, a server that is mended gives the files of a run
//! that nothing disturbed, and what was fetched well isn't fetched again.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::faults::{Good, fault};
use super::kinds::{KINDS, Kind};
use super::server::Server;
use crate::support::{Sandbox, has_git, tree};

const TABLE: &str = "testdata/network-faults.tsv";

/// Most of the time is spent waiting for servers.
const THREADS: usize = 8;

/// Upper bound on a run. Only one that reads 512 MiB takes long.
const LONGEST: Duration = Duration::from_mins(1);

/// Upper bound on a run's memory, in KiB.
const MEMORY: u64 = 512 << 10;

#[derive(Clone)]
struct Row {
    kind: Kind,
    fault: String,
    times: usize,
    outcome: Outcome,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Outcome {
    code: i32,
    diagnostic: String,
    /// Of git, which has rules of its own for them, any number.
    requests: Option<usize>,
}

impl Row {
    fn parse(line: &str) -> Self {
        let cells: Vec<_> = line.split('\t').collect();
        let [kind, fault, times, code, diagnostic, requests] = cells[..] else {
            panic!("a row has six cells: {line}");
        };
        let number = |text: &str| text.parse().unwrap_or(usize::MAX);
        let kind = KINDS.iter().find(|(name, _)| *name == kind).unwrap();
        Self {
            kind: kind.1,
            fault: fault.to_owned(),
            times: number(times),
            outcome: Outcome {
                code: code.parse().unwrap_or(-1),
                diagnostic: diagnostic.to_owned(),
                requests: requests.parse().ok(),
            },
        }
    }

    fn print(&self, outcome: &Outcome) -> String {
        let kind = KINDS.iter().find(|(_, kind)| *kind == self.kind).unwrap().0;
        let times = match self.times {
            usize::MAX => "always".to_owned(),
            times => times.to_string(),
        };
        let Outcome {
            code,
            diagnostic,
            requests,
        } = outcome;
        let requests = requests.map_or("*".to_owned(), |requests| requests.to_string());
        format!(
            "{kind}\t{}\t{times}\t{code}\t{diagnostic}\t{requests}",
            self.fault
        )
    }

    /// Where the request goes, if the fault is that nobody is there.
    fn base(&self, server: &Server) -> String {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        match self.fault.as_str() {
            "refused" => format!("http://{}", nobody.local_addr().unwrap()),
            "no-such-host" => "http://nowhere.invalid".to_owned(),
            "no-tls" => format!("https://{}", server.address),
            _ => format!("http://{}", server.address),
        }
    }

    /// Runs the row, and then again with a server that is mended.
    fn run(&self) -> Outcome {
        let sandbox = sandbox();
        let server = self.kind.server(&sandbox);
        let base = self.base(&server);
        let is_elsewhere = !base.ends_with(&server.address) || self.fault == "no-tls";
        self.kind.write(&sandbox, &server, &base);
        let path = self.kind.path();
        if !is_elsewhere {
            let good = Good {
                body: server.body(&path),
                path: path.clone(),
                address: server.address.clone(),
            };
            server.break_path(&path, fault(&self.fault, self.times, &good));
        }
        let (code, stderr) = run(&sandbox, self.kind, &base, &self.fault);
        let requests = server.count(if self.fault == "no-tls" { "TLS" } else { &path });
        assert!(!stderr.contains('\u{1b}'), "{}: {stderr:?}", self.fault);
        sandbox.assert_cache_is_whole();
        if code != 0 && !self.kind.writes_the_rest() {
            let left = written(&sandbox);
            assert!(left.is_empty(), "{}: {left:?}", self.fault);
        }
        server.mend();
        let base = format!("http://{}", server.address);
        self.kind.write(&sandbox, &server, &base);
        let (mended, said) = run(&sandbox, self.kind, &base, "");
        assert_eq!(mended, 0, "{:?} after {}: {said}", self.kind, self.fault);
        sandbox.assert_cache_is_whole();
        let found = redacted(&sandbox, &server);
        assert_eq!(
            found,
            undisturbed(self.kind),
            "{:?} {}",
            self.kind,
            self.fault
        );
        if let Some(kept) = self.kind.kept() {
            assert_eq!(server.count(&kept), 1, "{}: {kept}", self.fault);
        }
        let diagnostic = stderr
            .lines()
            .find_map(|line| line.trim().strip_prefix("code: "))
            .filter(|_| code != 0)
            .unwrap_or("-")
            .to_owned();
        Outcome {
            code,
            diagnostic,
            requests: (self.kind != Kind::Git).then_some(requests),
        }
    }
}

/// A sandbox that may ask servers on the loopback interface.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_cargo_config("");
    std::fs::create_dir(sandbox.path("out")).unwrap();
    sandbox.write("home/.gitconfig", "");
    sandbox
}

/// Runs a command within its bounds. Returns its exit code and standard error.
fn run(sandbox: &Sandbox, kind: Kind, base: &str, fault: &str) -> (i32, String) {
    // An answer may take as long as the server may say nothing.
    let is_slow = fault.starts_with("stall") || fault == "endless-100s";
    let stall = if is_slow { "0.3" } else { "15" };
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    let errors = std::fs::File::create(sandbox.path("stderr")).unwrap();
    let mut child = command
        .args(kind.arguments())
        .envs(kind.variables(base))
        .env("CARGO_PYHACK_STALL_SECONDS", stall)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
        .unwrap();
    let (begun, mut memory) = (Instant::now(), 0);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        memory = memory.max(peak_memory(child.id()));
        if begun.elapsed() > LONGEST {
            child.kill().unwrap();
            panic!("{kind:?} {fault}: the run doesn't end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(memory < MEMORY, "{kind:?} {fault}: {memory} KiB");
    let stderr = std::fs::read_to_string(sandbox.path("stderr")).unwrap();
    (status.code().unwrap(), stderr)
}

/// The most memory that a process had, in KiB, where Linux says it.
fn peak_memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    number.unwrap_or_default()
}

/// What a run has written.
fn written(sandbox: &Sandbox) -> Vec<(String, Vec<u8>)> {
    tree(&sandbox.path("out")).into_iter().collect()
}

/// The same as text, without the server's address.
fn redacted(sandbox: &Sandbox, server: &Server) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&server.address, "SERVER");
    let files = written(sandbox).into_iter();
    files
        .map(|(path, bytes)| (path, without_digests(&text(&bytes))))
        .collect()
}

/// Marks have digests of what a stanza is made from, addresses among them.
fn without_digests(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains("# pyhack: made"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What a run writes if nothing goes wrong.
fn undisturbed(kind: Kind) -> Vec<(String, String)> {
    type Files = Vec<(String, String)>;
    static KNOWN: Mutex<Vec<(Kind, Files)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap();
    if let Some((_, files)) = known.iter().find(|(other, _)| *other == kind) {
        return files.clone();
    }
    let sandbox = sandbox();
    let server = kind.server(&sandbox);
    let base = format!("http://{}", server.address);
    kind.write(&sandbox, &server, &base);
    let (code, said) = run(&sandbox, kind, &base, "");
    assert_eq!(code, 0, "{said}");
    let files = redacted(&sandbox, &server);
    assert!(!files.is_empty());
    known.push((kind, files.clone()));
    files
}

#[test]
fn each_fault_of_a_server_has_its_outcome() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let rows: Vec<_> = lines[1..].iter().map(|line| Row::parse(line)).collect();
    assert!(rows.len() >= 70);
    let next = Mutex::new(0..rows.len());
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some(at) = next.lock().unwrap().next() else {
                        return;
                    };
                    let row: &Row = &rows[at];
                    let outcome = if row.kind == Kind::Git && !has_git() {
                        row.outcome.clone()
                    } else {
                        row.run()
                    };
                    found.lock().unwrap().push((at, row.print(&outcome)));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort();
    let found: Vec<_> = found.into_iter().map(|(_, line)| line).collect();
    if std::env::var_os("BLESS").is_some() {
        let table = format!("{}\n{}\n", lines[0], found.join("\n"));
        std::fs::write(&path, table).unwrap();
        return;
    }
    let wrong: Vec<_> = found
        .iter()
        .zip(&lines[1..])
        .filter(|(new, old)| new != old)
        .collect();
    assert!(wrong.is_empty(), "found and expected: {wrong:#?}");
}
