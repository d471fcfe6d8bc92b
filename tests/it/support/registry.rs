//! A crate registry on the loopback interface.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::Crate;

/// Serves `config.json` and crates, and remembers what was asked for. Each
/// connection has a thread and one request, so that none waits for another.
pub struct Registry {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// How often this path was asked for before.
    pub before: usize,
}

/// What is answered.
#[derive(Clone)]
pub struct Reply {
    pub status: &'static str,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
    /// What `Content-Length` claims, where it isn't the body's.
    pub length: Option<u64>,
    pub end: End,
}

/// What becomes of the connection after the body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Close,
    /// Nothing more comes, until the client goes.
    Stall,
    /// No answer at all: the connection is reset.
    Reset,
}

impl Reply {
    pub const fn status(status: &'static str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            length: None,
            end: End::Close,
        }
    }

    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..Self::status("200 OK")
        }
    }

    pub fn header(mut self, line: impl Into<String>) -> Self {
        self.headers.push(line.into());
        self
    }

    /// Claims to have all of the body, sends `count` bytes, and ends.
    pub fn cut(mut self, count: usize, end: End) -> Self {
        self.length = Some(self.body.len() as u64);
        self.body.truncate(count);
        self.end = end;
        self
    }

    /// What comes before the body.
    pub fn head(&self) -> String {
        let length = self.length.unwrap_or(self.body.len() as u64);
        let own = [
            format!("HTTP/1.1 {}", self.status),
            "Connection: close".to_owned(),
            format!("Content-Length: {length}"),
        ];
        own.iter()
            .chain(&self.headers)
            .map(|line| format!("{line}\r\n"))
            .collect::<String>()
            + "\r\n"
    }

    /// What is left of the body from the byte that the request's `Range`
    /// names.
    pub fn rest(mut self, asked: &Asked) -> Self {
        let Some(range) = asked.headers.get("range") else {
            return self;
        };
        let first = range.trim_start_matches("bytes=").trim_end_matches('-');
        let (first, length): (usize, _) = (first.parse().unwrap(), self.body.len());
        self.body.drain(..first);
        self.status = "206 Partial Content";
        self.header(format!(
            "Content-Range: bytes {first}-{}/{length}",
            length - 1
        ))
    }
}

impl Registry {
    /// Serves these crates; any other answers 404.
    pub fn new(crates: &[Crate]) -> Self {
        Self::serving(bodies(crates))
    }

    /// Serves these bodies by path.
    pub fn serving(bodies: BTreeMap<String, Vec<u8>>) -> Self {
        Self::answering(move |_, asked| bodies.get(&asked.path).cloned().map(Reply::body))
    }

    /// Serves these crates and answers to some requests otherwise.
    pub fn with(
        crates: &[Crate],
        answer: impl Fn(SocketAddr, &Asked) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let bodies = bodies(crates);
        Self::answering(move |address, asked| {
            let body = || bodies.get(&asked.path).cloned().map(Reply::body);
            answer(address, asked).or_else(body)
        })
    }

    /// Answers as it is told; without an answer there is `config.json` and
    /// else nothing.
    pub fn answering(
        answer: impl Fn(SocketAddr, &Asked) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), asked.clone());
        // The thread ends with the process: a listener can't be interrupted.
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (answer, seen) = (answer.clone(), seen.clone());
                std::thread::spawn(move || {
                    serve(connection, &seen, |asked| {
                        let reply = answer(address, asked);
                        reply.unwrap_or_else(|| default_reply(address, asked))
                    })
                });
            }
        });
        Self { address, asked }
    }

    /// The paths that were asked for, sorted.
    pub fn requests(&self) -> Vec<String> {
        let mut paths: Vec<_> = self.asked().into_iter().map(|asked| asked.path).collect();
        paths.sort();
        paths
    }

    /// What was asked for, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How often the crates' files were asked for.
    pub fn downloads(&self) -> usize {
        let is_download = |path: &&String| path.ends_with("/download");
        self.requests().iter().filter(is_download).count()
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The sparse index, as locks name it.
    pub fn id(&self) -> String {
        format!("sparse+http://{}/index/", self.address)
    }

    /// `CARGO_HOME/config.toml` that puts this in the place of crates.io.
    pub fn cargo_config(&self) -> String {
        cargo_config(&self.address.to_string())
    }
}

fn bodies(crates: &[Crate]) -> BTreeMap<String, Vec<u8>> {
    let mut bodies: BTreeMap<String, Vec<u8>> = crates
        .iter()
        .map(|krate| (crate_path(&krate.name, &krate.version), krate.bytes.clone()))
        .collect();
    for krate in crates {
        let lines = bodies.entry(index_path(&krate.name)).or_default();
        lines.extend(index_line(krate).as_bytes());
    }
    bodies
}

fn default_reply(address: SocketAddr, asked: &Asked) -> Reply {
    if asked.path == "/index/config.json" {
        return Reply::body(format!(
            "{{\"dl\":\"http://{address}/crates\",\"api\":null}}"
        ));
    }
    Reply::status("404 Not Found")
}

/// Answers one request; a client that goes away is no error.
fn serve(
    mut connection: TcpStream,
    seen: &Mutex<Vec<Asked>>,
    answer: impl Fn(&Asked) -> Reply,
) -> Option<()> {
    let (mut asked, length) = head(&connection)?;
    {
        let mut seen = seen.lock().unwrap();
        asked.before = seen.iter().filter(|other| other.path == asked.path).count();
        seen.push(asked.clone());
    }
    let reply = answer(&asked);
    if reply.end == End::Reset {
        // What wasn't read makes the kernel reset the connection.
        return None;
    }
    connection.read_exact(&mut vec![0; length]).ok()?;
    connection.write_all(reply.head().as_bytes()).ok()?;
    connection.write_all(&reply.body).ok()?;
    if reply.end == End::Stall {
        let _ = connection.read(&mut [0]);
    }
    Some(())
}

/// Looks at a request without taking it, and tells its length.
fn head(connection: &TcpStream) -> Option<(Asked, usize)> {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let count = connection.peek(&mut bytes).ok()?;
        if count == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        let Some((head, _)) = text.split_once("\r\n\r\n") else {
            std::thread::sleep(std::time::Duration::from_millis(1));
            continue;
        };
        let mut lines = head.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let asked = Asked {
            path,
            headers,
            before: 0,
        };
        return Some((asked, head.len() + 4));
    }
}

/// The path that a crate is downloaded from.
pub fn crate_path(name: &str, version: &str) -> String {
    format!("/crates/{name}/{version}/download")
}

/// Where the index has a crate: the Cargo Reference's "Index Format".
fn index_path(name: &str) -> String {
    match name.len() {
        1 | 2 => format!("/index/{}/{name}", name.len()),
        3 => format!("/index/3/{}/{name}", &name[..1]),
        _ => format!("/index/{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

fn index_line(krate: &Crate) -> String {
    format!(
        "{{\"name\":\"{}\",\"vers\":\"{}\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":false}}\n",
        krate.name,
        krate.version,
        krate.checksum()
    )
}

/// Puts the registry at `address` in the place of crates.io.
pub fn cargo_config(address: &str) -> String {
    format!(
        "[source.crates-io]\nreplace-with = \"loopback\"\n\n\
         [source.loopback]\nregistry = \"sparse+http://{address}/index/\"\n"
    )
}
