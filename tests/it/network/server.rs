//! A server that says, byte for byte, what it is told to.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is done on a connection, one after the other; then it is closed.
#[derive(Clone)]
pub enum Step {
    Send(Vec<u8>),
    /// The same bytes until the client goes.
    Forever(Vec<u8>),
    /// Likewise, with a pause before each time.
    Again(Vec<u8>),
    /// Piece by piece, with a pause before each.
    Drip(Vec<u8>),
    /// Nothing more, until the client goes.
    Stall,
}

/// What a server does with requests for a path.
#[derive(Clone, Default)]
pub struct Fault {
    pub steps: Vec<Step>,
    /// How many requests it is done to; the others are answered.
    pub times: usize,
    /// Whether the request is left unread, so that the kernel resets the
    /// connection.
    pub is_reset: bool,
}

pub struct Server {
    pub address: String,
    shared: Arc<Shared>,
}

struct Shared {
    bodies: BTreeMap<String, Vec<u8>>,
    /// The path that goes wrong, and how.
    fault: Mutex<(String, Fault)>,
    is_faulty: AtomicBool,
    asked: Mutex<Vec<String>>,
}

impl Server {
    /// Serves bodies, which may have the server's address in them.
    pub fn new(bodies: impl FnOnce(&str) -> BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            bodies: bodies(&address),
            fault: Mutex::default(),
            is_faulty: AtomicBool::new(false),
            asked: Mutex::default(),
        });
        let served = shared.clone();
        // The thread ends with the process: a listener can't be interrupted.
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let served = served.clone();
                std::thread::spawn(move || served.serve(connection));
            }
        });
        Self { address, shared }
    }

    /// Has requests for a path go wrong from now on.
    pub fn break_path(&self, path: &str, fault: Fault) {
        *self.shared.fault.lock().unwrap() = (path.to_owned(), fault);
        self.shared.is_faulty.store(true, Ordering::SeqCst);
    }

    /// Has all requests be answered again.
    pub fn mend(&self) {
        self.shared.is_faulty.store(false, Ordering::SeqCst);
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        let asked = self.shared.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == path).count()
    }

    pub fn body(&self, path: &str) -> Vec<u8> {
        self.shared.bodies.get(path).cloned().unwrap_or_default()
    }
}

impl Shared {
    /// Answers one request; a client that goes away is no error.
    fn serve(&self, mut connection: TcpStream) -> Option<()> {
        let (path, length) = head(&connection)?;
        let before = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(path.clone());
            asked.iter().filter(|other| **other == path).count() - 1
        };
        let (faulty, fault) = self.fault.lock().unwrap().clone();
        let is_faulty = self.is_faulty.load(Ordering::SeqCst) && path == faulty;
        if !is_faulty || before >= fault.times {
            connection.read_exact(&mut vec![0; length]).ok()?;
            return connection.write_all(&answer(self.bodies.get(&path))).ok();
        }
        if !fault.is_reset {
            connection.read_exact(&mut vec![0; length]).ok()?;
        }
        fault
            .steps
            .iter()
            .try_for_each(|step| step.take(&mut connection))
    }
}

impl Step {
    fn take(&self, connection: &mut TcpStream) -> Option<()> {
        match self {
            Self::Send(bytes) => connection.write_all(bytes).ok(),
            Self::Forever(bytes) => loop {
                connection.write_all(bytes).ok()?;
            },
            Self::Again(bytes) => loop {
                std::thread::sleep(Duration::from_millis(20));
                connection.write_all(bytes).ok()?;
            },
            Self::Drip(bytes) => bytes.chunks(bytes.len() / 20 + 1).try_for_each(|piece| {
                std::thread::sleep(Duration::from_millis(20));
                connection.write_all(piece).ok()
            }),
            Self::Stall => {
                let _ = connection.read(&mut [0]);
                Some(())
            }
        }
    }
}

fn answer(body: Option<&Vec<u8>>) -> Vec<u8> {
    let status = if body.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let body = body.map_or(&[][..], Vec::as_slice);
    [head_of(status, body.len(), &[]).as_slice(), body].concat()
}

/// The head of an answer, with more lines.
pub fn head_of(status: &str, length: usize, lines: &[&str]) -> Vec<u8> {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{lines}\r\n")
        .into_bytes()
}

/// Looks at a request without taking it. Returns its path and length.
fn head(connection: &TcpStream) -> Option<(String, usize)> {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let count = connection.peek(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
        // Who speaks TLS is answered, too: with what is no TLS.
        if count == 0 || text.starts_with('\u{16}') {
            return (count > 0).then(|| ("TLS".to_owned(), count));
        }
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let path = head.split(' ').nth(1)?.to_owned();
            return Some((path, head.len() + 4));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
