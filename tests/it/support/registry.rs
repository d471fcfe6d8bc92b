//! A crate registry on the loopback interface.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tiny_http::{Response, Server};

use super::Crate;

/// Serves `config.json` and crates, and remembers what was asked for.
pub struct Registry {
    server: Arc<Server>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    /// Serves these crates; any other answers 404.
    pub fn new(crates: &[Crate]) -> Self {
        let bodies = crates
            .iter()
            .map(|krate| (crate_path(&krate.name, &krate.version), krate.bytes.clone()))
            .collect();
        Self::serving(bodies)
    }

    /// Serves these bodies by path.
    pub fn serving(mut bodies: BTreeMap<String, Vec<u8>>) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let address = server.server_addr().to_ip().unwrap();
        let config = format!("{{\"dl\":\"http://{address}/crates\",\"api\":null}}");
        bodies.insert("/index/config.json".to_owned(), config.into_bytes());
        for _ in 0..4 {
            let (server, requests, bodies) = (server.clone(), requests.clone(), bodies.clone());
            std::thread::spawn(move || {
                // Ends once `unblock` was called.
                while let Ok(request) = server.recv() {
                    let url = request.url().to_owned();
                    let response = match bodies.get(&url) {
                        Some(body) => Response::from_data(body.clone()),
                        None => Response::from_data(Vec::new()).with_status_code(404),
                    };
                    requests.lock().unwrap().push(url);
                    let _ = request.respond(response);
                }
            });
        }
        Self { server, requests }
    }

    /// The paths that were asked for, sorted.
    pub fn requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().unwrap().clone();
        requests.sort();
        requests
    }

    /// `CARGO_HOME/config.toml` that puts this in the place of crates.io.
    pub fn cargo_config(&self) -> String {
        let address = self.server.server_addr().to_ip().unwrap();
        cargo_config(&address.to_string())
    }
}

/// The path that a crate is downloaded from.
pub fn crate_path(name: &str, version: &str) -> String {
    format!("/crates/{name}/{version}/download")
}

/// Puts the registry at `address` in the place of crates.io.
pub fn cargo_config(address: &str) -> String {
    format!(
        "[source.crates-io]\nreplace-with = \"loopback\"\n\n\
         [source.loopback]\nregistry = \"sparse+http://{address}/index/\"\n"
    )
}

impl Drop for Registry {
    fn drop(&mut self) {
        for _ in 0..4 {
            self.server.unblock();
        }
    }
}
