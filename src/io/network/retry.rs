//! When a request is sent again.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::HttpSettings;

/// Upper bound on a pause, whatever the server asks for.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Returns the pauses between tries: each about twice as long as the one
/// before, with a random part so that many clients don't come back at once.
pub(in crate::io) fn pauses(settings: &HttpSettings) -> impl Iterator<Item = Duration> + use<> {
    ExponentialBuilder::default()
        .with_min_delay(settings.first_pause)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(settings.retries)
        .with_jitter()
        .build()
}

/// Whether the server may answer otherwise another time.
pub(super) fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
}

/// Returns how long the server asks to wait: a number of seconds, or until a
/// date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default(),
    };
    Some(pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_understood_and_bounded() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        for (text, pause) in [
            ("3", Some(3)),
            ("3600", Some(60)),
            ("99999999999999999999999", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Sat, 06 Nov 2094 08:49:37 GMT", Some(60)),
            ("soon", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            let pause = pause.map(Duration::from_secs);
            assert_eq!(retry_after(&headers, now), pause, "{text}");
        }
    }

    #[test]
    fn the_number_of_tries_is_bounded() {
        assert_eq!(pauses(&HttpSettings::default()).count(), 3);
    }
}
