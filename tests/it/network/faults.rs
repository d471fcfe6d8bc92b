//! What a server may do wrong, by name.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::server::{Fault, Step, head_of};

/// The right answer, and where it is.
pub struct Good {
    pub body: Vec<u8>,
    pub path: String,
    pub address: String,
}

impl Good {
    fn half(&self) -> Vec<u8> {
        self.body[..self.body.len() / 2].to_vec()
    }

    fn head(&self, status: &str, lines: &[&str]) -> Vec<u8> {
        head_of(status, self.body.len(), lines)
    }

    /// The answer with this head.
    fn under(&self, head: impl Into<Vec<u8>>) -> Vec<Step> {
        vec![Step::Send(head.into()), Step::Send(self.body.clone())]
    }

    fn with_lines(&self, lines: &[&str]) -> Vec<Step> {
        self.under(self.head("200 OK", lines))
    }

    fn moved(&self, status: &str, to: &str) -> Vec<Step> {
        let line = format!("Location: {to}");
        vec![Step::Send(self.head(status, &[&line]))]
    }

    fn without_length(&self, body: Vec<u8>) -> Vec<Step> {
        let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        let _ = self;
        vec![Step::Send(head), Step::Send(body)]
    }

    fn chunked(&self, chunks: &[&[u8]]) -> Vec<Step> {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        let _ = self;
        vec![Step::Send(head), Step::Send(chunks.concat())]
    }
}

fn status(status: &str) -> Vec<Step> {
    status_with(status, &[])
}

fn status_with(status: &str, lines: &[&str]) -> Vec<Step> {
    vec![Step::Send(head_of(status, 0, lines))]
}

/// An answer with a body of its own.
fn body(bytes: impl AsRef<[u8]>) -> Vec<Step> {
    let bytes = bytes.as_ref();
    let head = head_of("200 OK", bytes.len(), &[]);
    vec![Step::Send(head), Step::Send(bytes.to_vec())]
}

fn raw(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Send(bytes.into())]
}

/// A gigabyte of zeros, as many files in gzip one behind the other.
fn gigabyte_of_zeros() -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&vec![0; 4 << 20]).unwrap();
    gzip.finish().unwrap().repeat(256)
}

/// Returns what the server does to the first `times` requests.
pub fn fault(name: &str, times: usize, good: &Good) -> Fault {
    let is_reset = name.starts_with("reset-");
    let steps = connections(name, good)
        .or_else(|| bodies(name, good))
        .or_else(|| statuses(name, good))
        .or_else(|| redirects(name, good))
        .or_else(|| heads(name, good))
        .or_else(|| contents(name, good));
    Fault {
        steps: steps.unwrap_or_else(|| panic!("no fault is named {name}")),
        times,
        is_reset,
    }
}

fn connections(name: &str, good: &Good) -> Option<Vec<Step>> {
    let head = good.head("200 OK", &[]);
    let half_head = head[..head.len() / 2].to_vec();
    Some(match name {
        "reset-at-once" | "closed-at-once" => Vec::new(),
        "reset-in-head" | "closed-in-head" => raw(half_head),
        "reset-midway" | "truncated" => vec![Step::Send(head), Step::Send(good.half())],
        "stall-at-once" => vec![Step::Stall],
        "stall-in-head" => vec![Step::Send(half_head), Step::Stall],
        "stall-midway" => vec![Step::Send(head), Step::Send(good.half()), Step::Stall],
        "drip" => vec![Step::Send(head), Step::Drip(good.body.clone())],
        _ => return None,
    })
}

fn bodies(name: &str, good: &Good) -> Option<Vec<Step>> {
    let size = good.body.len();
    let chunk = |bytes: &[u8]| {
        let mut text = format!("{:x}\r\n", bytes.len()).into_bytes();
        text.extend(bytes);
        [&text, b"\r\n".as_slice()].concat()
    };
    let first = chunk(&good.half());
    Some(match name {
        "length-too-small" => good.under(head_of("200 OK", size - 10, &[])),
        "length-too-large" => good.under(head_of("200 OK", size + 100, &[])),
        "no-length-truncated" => good.without_length(good.half()),
        "no-length-more" => good.without_length([&good.body[..], b"more"].concat()),
        "no-length" => good.without_length(good.body.clone()),
        "chunked" => good.chunked(&[&chunk(&good.body), b"0\r\n\r\n"]),
        "chunked-bad-size" => good.chunked(&[&first, b"ZZ\r\nx\r\n0\r\n\r\n"]),
        "chunked-without-end" => good.chunked(&[&first]),
        "chunked-huge-size" => good.chunked(&[&first, b"FFFFFFFFFFFFFFFFF\r\nx"]),
        "endless" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
            Step::Forever(vec![b' '; 1 << 20]),
        ],
        "claims-a-terabyte" => good.under(head_of("200 OK", 1 << 40, &[])),
        "empty" => body(""),
        "wrong-bytes" => {
            let mut bytes = good.body.clone();
            bytes[size / 2] ^= 1;
            body(bytes)
        }
        _ => return None,
    })
}

fn statuses(name: &str, good: &Good) -> Option<Vec<Step>> {
    let part = format!(
        "Content-Range: bytes 5-{}/{}",
        good.body.len(),
        good.body.len()
    );
    let rest = format!("Content-Range: bytes 0-9/{}", good.body.len());
    Some(match name {
        "204" => raw("HTTP/1.1 204 No Content\r\n\r\n"),
        "206-another-part" => good.under(good.head("206 Partial Content", &[&part])),
        "206-a-part" => [
            raw(head_of("206 Partial Content", 10, &[&rest])),
            raw(&good.body[..10]),
        ]
        .concat(),
        "206-without-range" => good.under(good.head("206 Partial Content", &[])),
        "304" => raw("HTTP/1.1 304 Not Modified\r\n\r\n"),
        "401" => status("401 Unauthorized"),
        "403" => status("403 Forbidden"),
        "404" => status("404 Not Found"),
        "408" => status("408 Request Timeout"),
        "410" => status("410 Gone"),
        "416" => status("416 Range Not Satisfiable"),
        "418" => status("418 I'm a teapot"),
        "429" => status("429 Too Many Requests"),
        "429-soon" => status_with("429 Too Many Requests", &["Retry-After: soon"]),
        "429-negative" => status_with("429 Too Many Requests", &["Retry-After: -1"]),
        "429-empty" => status_with("429 Too Many Requests", &["Retry-After: "]),
        "429-two" => status_with(
            "429 Too Many Requests",
            &["Retry-After: 0", "Retry-After: 9999"],
        ),
        "429-beyond-numbers" => status_with(
            "429 Too Many Requests",
            &["Retry-After: 99999999999999999999999"],
        ),
        "500" => status("500 Internal Server Error"),
        "502" => status("502 Bad Gateway"),
        "503-at-once" => status_with("503 Service Unavailable", &["Retry-After: 0"]),
        "503-in-the-past" => status_with(
            "503 Service Unavailable",
            &["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"],
        ),
        "599" => status("599 Unknown"),
        "999" => status("999 Unknown"),
        _ => return None,
    })
}

fn redirects(name: &str, good: &Good) -> Option<Vec<Step>> {
    let elsewhere = good.address.replace("127.0.0.1", "localhost");
    let again = format!("http://{}{}", good.address, good.path);
    let elsewhere = format!("http://{elsewhere}{}", good.path);
    Some(match name {
        "redirect-loop" => good.moved("302 Found", &again),
        "redirect-to-another-host" => good.moved("307 Temporary Redirect", &elsewhere),
        "redirect-for-ever" => good.moved("308 Permanent Redirect", &good.path),
        "redirect-to-file" => good.moved("302 Found", "file:///etc/passwd"),
        "redirect-to-ftp" => good.moved("302 Found", "ftp://127.0.0.1/x"),
        "redirect-to-data" => good.moved("302 Found", "data:text/plain,x"),
        "redirect-to-nothing" => good.moved("302 Found", ""),
        "redirect-to-no-address" => good.moved("302 Found", "http://["),
        "redirect-without-address" => status("302 Found"),
        "redirect-to-nobody" => good.moved("302 Found", "http://127.0.0.1:1/x"),
        _ => return None,
    })
}

fn heads(name: &str, good: &Good) -> Option<Vec<Step>> {
    let long = format!("X-Long: {}", "x".repeat(1 << 20));
    let many: Vec<_> = (0..2000).map(|n| format!("X-{n}: 1")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let two = format!("Content-Length: {}", good.body.len() + 1);
    Some(match name {
        "long-header" => good.with_lines(&[&long]),
        "many-headers" => good.with_lines(&many),
        "endless-headers" => vec![
            Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Step::Forever(b"X-Header: x\r\n".repeat(1000)),
        ],
        "endless-100s" => vec![Step::Again(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec())],
        "100-first" => good.under(
            [
                b"HTTP/1.1 100 Continue\r\n\r\n".as_slice(),
                &good.head("200 OK", &[]),
            ]
            .concat(),
        ),
        "two-lengths" => good.with_lines(&[&two]),
        "length-and-chunks" => good.with_lines(&["Transfer-Encoding: chunked"]),
        "negative-length" => raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"),
        "no-http" => raw("HELLO\r\n\r\n"),
        "tls-alert" => raw([0x15, 3, 3, 0, 2, 2, 40]),
        "http2" => raw(b"\0\0\x12\x04\0\0\0\0\0".repeat(3)),
        "nul-in-header" => good.with_lines(&["X-Nul: a\0b"]),
        "body-alone" => raw(good.body.clone()),
        _ => return None,
    })
}

fn contents(name: &str, good: &Good) -> Option<Vec<Step>> {
    let encoded = |encoding: &str, bytes: &[u8]| {
        let line = format!("Content-Encoding: {encoding}");
        let head = head_of("200 OK", bytes.len(), &[&line]);
        vec![Step::Send(head), Step::Send(bytes.to_vec())]
    };
    Some(match name {
        "gzip-encoding" => {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(&good.body).unwrap();
            encoded("gzip", &gzip.finish().unwrap())
        }
        "gzip-encoding-of-the-body" => encoded("gzip", &good.body),
        "brotli-encoding" => encoded("br", b"\x0b\x02\x80x\x03"),
        "gzip-bomb" => encoded("gzip", &gigabyte_of_zeros()),
        "gzip-bomb-as-body" => body(gigabyte_of_zeros()),
        "html" => body("<!DOCTYPE html><html><body>Please log in</body></html>"),
        "json" => body("{\"message\":\"rate limited\"}"),
        "json-without-dl" => body("{\"api\":null}"),
        "json-with-a-file" => body("{\"dl\":\"file:///etc\"}"),
        "json-without-end" => body("{\"dl\":\"http"),
        "json-of-brackets" => body("[".repeat(100_000)),
        "json-of-2-mb" => body(format!("{{\"x\":\"{}\"}}", "x".repeat(2 << 20))),
        "no-utf-8" => body(b"{\"dl\":\"\xff\xfe\"}"),
        "future-json" => body("{\"meta\":{\"api-version\":\"9.9\"},\"files\":[]}"),
        "empty-html" => body("<!DOCTYPE html><html><body></body></html>"),
        "escape-sequences" => body("\u{1b}]0;title\u{7}\u{1b}[31m"),
        "pkt-line-without-end" => body("001e# service=git-upload-pack\n0000ffff"),
        _ => return None,
    })
}
