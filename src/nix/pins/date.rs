//! Days of the calendar, as far as pins need them.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: i64,
    month: i64,
    of_month: i64,
}

impl Day {
    pub const fn new(year: i64, month: i64, day: i64) -> Self {
        Self {
            year,
            month,
            of_month: day,
        }
    }

    /// The day in UTC of a Unix time, in seconds.
    pub const fn of_unix(seconds: i64) -> Self {
        // The days of an era, which is 400 years, and those from 0000-03-01 to
        // 1970-01-01. A year that begins in March ends with its leap day.
        const ERA: i64 = 146_097;
        const OFFSET: i64 = 719_468;
        let days = seconds.div_euclid(24 * 60 * 60) + OFFSET;
        let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, next_year) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        Self::new(year + era * 400 + next_year, month, day)
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<i64> = text.split('-').filter_map(|n| n.parse().ok()).collect();
        match parts[..] {
            [year, month @ 1..=12, day @ 1..=31] => Ok(Self::new(year, month, day)),
            _ => Err(format!("`{text}` is no date such as 2026-05-27")),
        }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_times_are_days_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_779_840_000, "2026-05-27"),
            (1_779_926_399, "2026-05-27"),
            (1_779_926_400, "2026-05-28"),
            (-1, "1969-12-31"),
        ] {
            let day = Day::of_unix(seconds);
            assert_eq!(day.to_string(), date);
            assert_eq!(date.parse(), Ok(day));
        }
        assert!("2026-13-01".parse::<Day>().is_err());
    }
}
