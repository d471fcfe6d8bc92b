//! Days, as far as pins need them.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

/// A day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

const SECONDS: i64 = 24 * 60 * 60;
/// Gregorian calendars repeat after so many days, which are 400 years.
const ERA: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const OFFSET: i64 = 719_468;

impl Day {
    /// The day of a number of seconds since 1970.
    #[must_use]
    pub const fn of_unix(seconds: i64) -> Self {
        Self(seconds.div_euclid(SECONDS))
    }

    /// The day of a date; months and days that there aren't are counted on.
    #[must_use]
    pub const fn new(year: i64, month: i64, day: i64) -> Self {
        // Years begin in March, so that leap days are last in them.
        let year = if month > 2 { year } else { year - 1 };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Self(era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - OFFSET)
    }

    /// So many days later.
    #[must_use]
    pub const fn plus(self, days: i64) -> Self {
        Self(self.0 + days)
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
        let days = self.0 + OFFSET;
        let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
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
        assert_eq!(Day::new(2023, 11, 16).plus(1092).to_string(), "2026-11-12");
    }
}
