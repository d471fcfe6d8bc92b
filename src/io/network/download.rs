//! One download in as many tries as it takes. If a body is cut short, the next
//! try asks for the rest.

use std::io::{self, Read as _};
use std::time::{Duration, Instant, SystemTime};

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_RANGE, HeaderMap, HeaderValue, RANGE};

use super::client::with_causes;
use super::retry::{may_pass, pauses, retry_after};
use super::{Body, HttpSettings, Request};
use crate::io::progress::Progress;

/// Upper bound on a body, in bytes: larger than any crate or sdist, so that a
/// server can't fill the disk.
pub(in crate::io) const MAX_BODY: u64 = 512 << 20;

/// A server that sends a byte now and then is given up after this time.
const MAX_TIME: Duration = Duration::from_mins(10);

/// How a try failed.
enum Failure {
    /// The server will answer the same next time.
    Status(StatusCode),
    /// No other try will help.
    Final(String),
    /// Another try may help, after this pause if the server named one.
    Passing(String, Option<Duration>),
}

pub(super) struct Download<'a> {
    client: &'a Client,
    request: Request<'a>,
    settings: &'a HttpSettings,
    progress: &'a dyn Progress,
    begun: Instant,
    /// What has come so far.
    body: Body,
}

impl<'a> Download<'a> {
    pub(super) fn new(
        client: &'a Client,
        request: Request<'a>,
        settings: &'a HttpSettings,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            client,
            request,
            settings,
            progress,
            begun: Instant::now(),
            body: Body::empty(),
        }
    }

    /// Returns the body, or the status that the server answered instead.
    pub(super) fn run(mut self) -> Result<Result<Body, StatusCode>, String> {
        let mut pauses = pauses(self.settings);
        loop {
            let (message, asked) = match self.attempt() {
                Ok(()) => break,
                Err(Failure::Status(status)) => return Ok(Err(status)),
                Err(Failure::Final(message)) => return Err(message),
                Err(Failure::Passing(message, asked)) => (message, asked),
            };
            let Some(pause) = pauses.next() else {
                return Err(message);
            };
            let pause = asked.unwrap_or(pause);
            if self.begun.elapsed() + pause > MAX_TIME {
                return Err(message);
            }
            std::thread::sleep(pause);
        }
        Ok(Ok(self.body))
    }

    fn attempt(&mut self) -> Result<(), Failure> {
        let response = self.send()?;
        let status = response.status();
        if may_pass(status) {
            let asked = retry_after(response.headers(), SystemTime::now());
            let message = format!("the server responded with status {status}");
            return Err(Failure::Passing(message, asked));
        }
        // The file may have been replaced by a shorter one.
        if status == StatusCode::RANGE_NOT_SATISFIABLE && self.body.size() > 0 {
            return Err(self.start_anew("the server can't resume the download"));
        }
        if !status.is_success() {
            return Err(Failure::Status(status));
        }
        if status == StatusCode::PARTIAL_CONTENT {
            if first_byte(response.headers()) != Some(self.body.size()) {
                return Err(self.start_anew("the server sent a different range than requested"));
            }
            self.body.was_resumed |= self.body.size() > 0;
        } else {
            self.body.clear();
        }
        self.body.url = response.url().to_string();
        self.read(response)
    }

    fn start_anew(&mut self, message: &str) -> Failure {
        self.body.clear();
        Failure::Passing(message.to_owned(), None)
    }

    fn send(&self) -> Result<Response, Failure> {
        let mut request = self.client.get(self.request.url);
        if let Some(token) = self.request.token {
            let value = HeaderValue::from_str(token.secret());
            let mut value = value.map_err(|_| {
                Failure::Final("the token contains characters that HTTP doesn't allow".to_owned())
            })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(accept) = self.request.accept {
            request = request.header(ACCEPT, accept);
        }
        if self.body.size() > 0 {
            request = request.header(RANGE, format!("bytes={}-", self.body.size()));
        }
        request.send().map_err(|error| {
            let error = error.without_url();
            if error.is_redirect() || error.is_builder() {
                return Failure::Final(with_causes(&error));
            }
            Failure::Passing(self.describe(&error, error.is_timeout()), None)
        })
    }

    fn read(&mut self, mut response: Response) -> Result<(), Failure> {
        let begun = self.body.size();
        let length = response.content_length().unwrap_or_default();
        let mut part = vec![0; 64 << 10];
        loop {
            let limit = self.request.limit;
            if begun.saturating_add(length) > limit || self.body.size() > limit {
                let message = format!("the response is larger than {} MiB", limit >> 20);
                return Err(Failure::Final(message));
            }
            if self.begun.elapsed() > MAX_TIME {
                let message = format!("it took longer than {} minutes", MAX_TIME.as_secs() / 60);
                return Err(Failure::Final(message));
            }
            match response.read(&mut part) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    self.progress.receive(count as u64);
                    self.body.add(&part[..count]).map_err(|error| {
                        Failure::Final(format!("failed to write the response to disk: {error}"))
                    })?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let inner = error.get_ref().and_then(|e| e.downcast_ref());
                    let is_stall = inner.is_some_and(reqwest::Error::is_timeout);
                    return Err(Failure::Passing(self.describe(&error, is_stall), None));
                }
            }
        }
    }

    fn describe(&self, error: &dyn std::error::Error, is_stall: bool) -> String {
        if is_stall {
            let seconds = self.settings.stall.as_secs_f64();
            return format!("the server sent nothing for {seconds} seconds");
        }
        with_causes(error)
    }
}

/// Returns where a part begins, by `Content-Range: bytes 5-9/10`.
fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (first, _) = text.trim().strip_prefix("bytes ")?.split_once('-')?;
    first.trim().parse().ok()
}
