//! A crate registry on the loopback interface.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::Crate;

/// Serves `config.json` and crates, and remembers what was asked for. Each
/// connection has a thread and one request, so that none waits for another.
pub struct Registry {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    /// Serves these crates; any other answers 404.
    pub fn new(crates: &[Crate]) -> Self {
        let mut bodies: BTreeMap<String, Vec<u8>> = crates
            .iter()
            .map(|krate| (crate_path(&krate.name, &krate.version), krate.bytes.clone()))
            .collect();
        for krate in crates {
            let lines = bodies.entry(index_path(&krate.name)).or_default();
            lines.extend(index_line(krate).as_bytes());
        }
        Self::serving(bodies)
    }

    /// Serves these bodies by path.
    pub fn serving(mut bodies: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = format!("{{\"dl\":\"http://{address}/crates\",\"api\":null}}");
        bodies.insert("/index/config.json".to_owned(), config.into_bytes());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (bodies, seen) = (Arc::new(bodies), requests.clone());
        // The thread ends with the process: a listener can't be interrupted.
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (bodies, seen) = (bodies.clone(), seen.clone());
                std::thread::spawn(move || answer(connection, &bodies, &seen));
            }
        });
        Self { address, requests }
    }

    /// The paths that were asked for, sorted.
    pub fn requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().unwrap().clone();
        requests.sort();
        requests
    }

    /// `CARGO_HOME/config.toml` that puts this in the place of crates.io.
    pub fn cargo_config(&self) -> String {
        cargo_config(&self.address.to_string())
    }
}

/// Answers one request; a client that goes away is no error.
fn answer(
    mut connection: TcpStream,
    bodies: &BTreeMap<String, Vec<u8>>,
    seen: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut lines = BufReader::new(connection.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    lines
        .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
        .for_each(drop);
    let path = request.split(' ').nth(1)?.to_owned();
    let body = bodies.get(&path);
    seen.lock().unwrap().push(path);
    let status = if body.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let body = body.map_or(&[][..], Vec::as_slice);
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).ok()?;
    connection.write_all(body).ok()
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
