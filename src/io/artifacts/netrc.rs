//! Reads `.netrc` files as curl and Python do. The crates for it show passwords
//! in their messages, or know only one login for each host.

use std::iter::Peekable;
use std::str::Chars;

/// The entries of a file. There is no `Debug`, as they hold passwords.
#[derive(Clone)]
pub(super) struct Netrc(Vec<Entry>);

#[derive(Clone, Default)]
struct Entry {
    /// `None` for the `default` entry.
    host: Option<String>,
    login: Option<String>,
    password: Option<String>,
}

impl Netrc {
    /// Parses a file. The error is the line that makes no sense.
    pub(super) fn parse(text: &str) -> Result<Self, usize> {
        let mut words = Words {
            rest: text.chars().peekable(),
            line: 1,
        };
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(word) = words.next()? {
            match word.as_str() {
                "machine" => entries.push(Entry {
                    host: Some(words.value()?),
                    ..Entry::default()
                }),
                "default" => entries.push(Entry::default()),
                "macdef" => words.skip_macro(),
                "login" | "user" | "password" | "account" => {
                    let value = words.value()?;
                    let entry = entries.last_mut().ok_or(words.line)?;
                    match word.as_str() {
                        "password" => entry.password = Some(value),
                        "account" => {}
                        _ => entry.login = Some(value),
                    }
                }
                _ => return Err(words.line),
            }
        }
        Ok(Self(entries))
    }

    /// Returns login and password for a host, and for that login if one is
    /// given: the first entry that fits, and `default` only after all others.
    pub(super) fn find(&self, host: &str, login: Option<&str>) -> Option<(&str, &str)> {
        let usable = |entry: &'_ &Entry| {
            entry.password.is_some()
                && login.is_none_or(|login| entry.login.as_deref() == Some(login))
        };
        let is_of_host = |entry: &&Entry| {
            let other = entry.host.as_deref();
            other.is_some_and(|other| other.eq_ignore_ascii_case(host))
        };
        let mut own = self.0.iter().filter(is_of_host).filter(usable);
        let mut default = self.0.iter().filter(|entry| entry.host.is_none());
        let entry = own.next().or_else(|| default.find(usable))?;
        let password = entry.password.as_deref()?;
        Some((entry.login.as_deref().unwrap_or_default(), password))
    }
}

/// Words between white space, of which some are quoted.
struct Words<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
}

impl Words<'_> {
    /// Returns the next word that isn't in a comment.
    fn next(&mut self) -> Result<Option<String>, usize> {
        loop {
            let word = self.word()?;
            match word {
                Some(word) if word.starts_with('#') => self.skip_line(),
                word => return Ok(word),
            }
        }
    }

    /// Returns the next word, whatever it starts with: a password may start
    /// with `#`.
    fn value(&mut self) -> Result<String, usize> {
        self.word()?.ok_or(self.line)
    }

    fn word(&mut self) -> Result<Option<String>, usize> {
        while self.rest.peek().is_some_and(|c| c.is_whitespace()) {
            self.char();
        }
        let Some(first) = self.rest.peek().copied() else {
            return Ok(None);
        };
        let is_quoted = first == '"';
        if is_quoted {
            self.char();
        }
        let mut word = String::new();
        loop {
            match self.rest.peek().copied() {
                None if is_quoted => return Err(self.line),
                Some('"') if is_quoted => {
                    self.char();
                    return Ok(Some(word));
                }
                Some(c) if c.is_whitespace() && !is_quoted => return Ok(Some(word)),
                None => return Ok(Some(word)),
                Some('\\') => {
                    self.char();
                    word.push(self.char().ok_or(self.line)?);
                }
                Some(c) => {
                    self.char();
                    word.push(c);
                }
            }
        }
    }

    fn char(&mut self) -> Option<char> {
        let c = self.rest.next();
        self.line += usize::from(c == Some('\n'));
        c
    }

    /// Skips the rest of the line, but not its end.
    fn skip_line(&mut self) {
        while self.rest.peek().is_some_and(|c| *c != '\n') {
            self.char();
        }
    }

    /// Skips a macro, which ends with an empty line.
    fn skip_macro(&mut self) {
        let mut was_end = false;
        while let Some(c) = self.char() {
            if c == '\n' && was_end {
                return;
            }
            was_end = c == '\n' || (was_end && c == '\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(netrc: &'a Netrc, host: &str, login: Option<&str>) -> Option<(&'a str, &'a str)> {
        netrc.find(host, login)
    }

    #[test]
    fn logins_are_found_by_host_and_name() {
        let text = "# mine\nmachine a.example.org login ada password one # work\n\
            machine a.example.org\n\tlogin bob\n\tpassword \"two words\"\n\
            machine b.example.org password #three account x login \"\"\n\
            macdef init\nmachine evil login no password no\n\nmachine C.example.org user c password p\\\\q\n\
            default login anonymous password me";
        let Ok(netrc) = Netrc::parse(text) else {
            panic!("it is sound");
        };
        assert_eq!(find(&netrc, "a.example.org", None), Some(("ada", "one")));
        assert_eq!(
            find(&netrc, "A.example.org", Some("bob")),
            Some(("bob", "two words"))
        );
        assert_eq!(find(&netrc, "a.example.org", Some("eve")), None);
        assert_eq!(find(&netrc, "b.example.org", None), Some(("", "#three")));
        assert_eq!(find(&netrc, "c.example.org", None), Some(("c", "p\\q")));
        assert_eq!(find(&netrc, "evil", None), Some(("anonymous", "me")));
    }

    #[test]
    fn a_host_without_a_password_has_no_login() {
        let Ok(netrc) = Netrc::parse("machine a.example.org login ada\r\n") else {
            panic!("it is sound");
        };
        assert_eq!(find(&netrc, "a.example.org", None), None);
        assert_eq!(find(&netrc, "b.example.org", None), None);
    }

    #[test]
    fn the_line_of_an_error_is_told() {
        for (text, line) in [
            ("machine", 1),
            ("machine a\nlogin", 2),
            ("\nlogin a", 2),
            ("machine a\n\nsecret", 3),
            ("machine a password \"open\n", 2),
            ("machine a password x\\", 1),
        ] {
            assert_eq!(Netrc::parse(text).err(), Some(line), "{text:?}");
        }
        assert!(Netrc::parse("").is_ok());
        assert!(Netrc::parse("macdef never ends").is_ok());
    }
}
