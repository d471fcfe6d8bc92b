//! Chooses the login for a server, by uv's rules: first that of the address
//! itself, then that of an index whose address is a prefix. Only after the
//! server has asked for a login come those of other indexes on the same server,
//! and netrc.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::netrc::Netrc;
use crate::io::network::Token;
use crate::io::read::read_string;
use crate::python_lock::{NamedIndex, named_index};

/// The known logins. There is no `Debug`, as they hold passwords.
#[derive(Clone, Default)]
pub struct Credentials {
    /// Environment variables that start with `UV_`.
    variables: BTreeMap<String, String>,
    netrc: Option<PathBuf>,
    /// The parsed netrc file; the error is the line that makes no sense, or
    /// `None` if the file can't be read.
    read: OnceLock<Result<Netrc, Option<usize>>>,
    indexes: Vec<Index>,
}

#[derive(Clone)]
struct Index {
    /// Without a login.
    url: Url,
    /// The index's name, spelled as in environment variables.
    variable: Option<String>,
    login: Option<Login>,
}

/// A user name, and mostly a password.
#[derive(Clone)]
pub(super) struct Login {
    user: String,
    password: Option<String>,
    /// Where the login was found, for messages.
    pub(super) origin: String,
}

/// Variables with index addresses, and the character between the addresses.
const ADDRESSES: [(&str, char); 5] = [
    ("UV_DEFAULT_INDEX", ' '),
    ("UV_INDEX", ' '),
    ("UV_INDEX_URL", ' '),
    ("UV_EXTRA_INDEX_URL", ' '),
    ("UV_FIND_LINKS", ','),
];

impl Credentials {
    /// Reads the logins of the user who runs the program.
    #[must_use]
    pub fn of_user() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::new(std::env::vars_os().filter_map(text), netrc_file())
    }

    /// Reads the logins of these variables and of a netrc file.
    #[must_use]
    pub fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        netrc: Option<PathBuf>,
    ) -> Self {
        let variables = variables.into_iter();
        let mut credentials = Self {
            variables: variables
                .filter(|(name, value)| name.starts_with("UV_") && !value.is_empty())
                .collect(),
            netrc,
            ..Self::default()
        };
        for (variable, separator) in ADDRESSES {
            let texts = credentials.variables.get(variable).cloned();
            let is_end = |c: char| c == separator || c.is_whitespace();
            for text in texts.unwrap_or_default().split(is_end) {
                credentials.add(&named_index(text), &format!("`{variable}`"));
            }
        }
        credentials
    }

    /// Adds a project's indexes, after those of the variables.
    pub(super) fn add_indexes(&mut self, indexes: &[NamedIndex]) {
        for index in indexes {
            self.add(index, "`[tool.uv]`");
        }
    }

    fn add(&mut self, index: &NamedIndex, place: &str) {
        let Ok(mut url) = Url::parse(&index.url) else {
            return;
        };
        let in_address = take_login(&mut url, &format!("the index URL in {place}"));
        let variable = index.name.as_deref().map(env_form);
        let in_variables = variable.as_ref().and_then(|name| {
            let [user, password] = variables_of(name);
            let origin = format!("the variables `{user}` and `{password}`");
            let [user, password] = [user, password].map(|name| self.variables.get(&name).cloned());
            let is_any = user.is_some() || password.is_some();
            is_any.then(|| Login {
                user: user.unwrap_or_default(),
                password,
                origin,
            })
        });
        self.indexes.push(Index {
            url,
            variable,
            login: in_variables.or(in_address),
        });
    }

    /// Returns the login for the first request to `url`; `index` is the address
    /// of the package's index in the lock.
    pub(super) fn at_first(&self, url: &Url, index: Option<&str>) -> Option<Login> {
        let mut bare = url.clone();
        let own = take_login(&mut bare, "its URL in the lockfile");
        let of_index = || self.index(url, index)?.login.clone();
        let login = own.or_else(of_index).or_else(|| {
            let with_login = self.indexes.iter().filter(|index| index.login.is_some());
            let fitting = with_login.filter_map(|index| Some((index.shared(url)?, index)));
            // Of several with the same length, the first one counts.
            let best = fitting.rev().max_by_key(|(shared, _)| *shared);
            best.and_then(|(_, index)| index.login.clone())
        })?;
        if login.password.is_some() {
            return Some(login);
        }
        let known = self.on_server(url, Some(&login.user));
        Some(known.unwrap_or(login))
    }

    /// Returns the login to use after a server has asked for one.
    pub(super) fn when_asked(&self, url: &Url) -> Option<Login> {
        self.on_server(url, None)
    }

    /// Returns a login with a password for the server of `url`.
    fn on_server(&self, url: &Url, user: Option<&str>) -> Option<Login> {
        let usable =
            |login: &&Login| login.password.is_some() && user.is_none_or(|user| login.user == user);
        let here = self
            .indexes
            .iter()
            .filter(|index| index.url.origin() == url.origin());
        let mut logins = here.filter_map(|index| index.login.as_ref());
        let of_netrc = || {
            let netrc = self.netrc()?.as_ref().ok()?;
            let (login, password) = netrc.find(url.host_str()?, user)?;
            Some(Login {
                user: login.to_owned(),
                password: Some(password.to_owned()),
                origin: format!("`{}`", self.netrc.as_ref()?.display()),
            })
        };
        logins.find(usable).cloned().or_else(of_netrc)
    }

    /// Says what to do where no login is known.
    pub(super) fn advice(&self, url: &Url, index: Option<&str>) -> String {
        let host = url.host_str().unwrap_or_default();
        let file = self.netrc.as_ref();
        let file = file.map_or("~/.netrc".into(), |file| file.to_string_lossy());
        let line = format!("`machine {host} login NAME password SECRET` into `{file}`");
        let mut here = self
            .indexes
            .iter()
            .filter(|index| index.shared(url).is_some());
        let known = self.index(url, index).or(here.next());
        let advice = if let Some(name) = known.and_then(|index| index.variable.as_ref()) {
            let [user, password] = variables_of(name);
            format!("set `{user}` and `{password}`, or write {line}")
        } else {
            let [user, password] = variables_of("NAME");
            format!(
                "write {line}, or give the index a name in `[[tool.uv.index]]` and set `{user}` and `{password}`"
            )
        };
        match self.netrc() {
            Some(Err(Some(at))) => format!("{advice}; line {at} of that file is invalid"),
            Some(Err(None)) => format!("{advice}; that file can't be read"),
            _ => advice,
        }
    }

    /// Returns the index that the lock names, if it is on the same server as
    /// the file.
    fn index(&self, url: &Url, index: Option<&str>) -> Option<&Index> {
        let wanted = Url::parse(index?).ok()?;
        if wanted.origin() != url.origin() {
            return None;
        }
        let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
        self.indexes.iter().find(|known| {
            known.url.origin() == wanted.origin() && path(&known.url) == path(&wanted)
        })
    }

    /// Returns the parsed netrc file, or the line at which it isn't one.
    /// `None` if the file doesn't exist.
    fn netrc(&self) -> Option<&Result<Netrc, Option<usize>>> {
        let path = self.netrc.as_deref().filter(|path| path.exists())?;
        Some(self.read.get_or_init(|| read(path)))
    }
}

impl Index {
    /// Returns the length of the path that a file shares with the index, if it
    /// is below it. As in uv, `simple` at the end of the index's path doesn't
    /// count.
    fn shared(&self, url: &Url) -> Option<usize> {
        let path = self.url.path().trim_end_matches('/');
        let path = match path.rsplit_once('/') {
            Some((before, "simple" | "+simple")) => before,
            _ => path,
        };
        let rest = url.path().strip_prefix(path)?;
        let is_below =
            self.url.origin() == url.origin() && (rest.is_empty() || rest.starts_with('/'));
        is_below.then_some(path.len())
    }
}

impl Login {
    pub(super) fn token(&self) -> Token {
        Token::basic(&self.user, self.password.as_deref().unwrap_or_default())
    }
}

/// Removes the login from an address and returns it.
pub(super) fn take_login(url: &mut Url, origin: &str) -> Option<Login> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let login = Login {
        user: decoded(url.username()),
        password: url.password().map(decoded),
        origin: origin.to_owned(),
    };
    // These fail for addresses that can't have a login.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    (!login.user.is_empty() || login.password.is_some()).then_some(login)
}

fn variables_of(name: &str) -> [String; 2] {
    ["USERNAME", "PASSWORD"].map(|part| format!("UV_INDEX_{name}_{part}"))
}

/// Returns an index's name as environment variables spell it.
fn env_form(name: &str) -> String {
    let letter = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    name.chars().map(letter).collect()
}

fn read(path: &Path) -> Result<Netrc, Option<usize>> {
    // Reading a pipe may never end.
    if !path.is_file() {
        return Err(None);
    }
    let text = read_string(path).map_err(|_| None)?;
    Netrc::parse(&text).map_err(Some)
}

/// Finds the user's netrc file where uv does.
fn netrc_file() -> Option<PathBuf> {
    let variable = std::env::var_os("NETRC").filter(|path| !path.is_empty());
    variable.map(PathBuf::from).or_else(|| {
        let home = etcetera::home_dir().ok()?;
        let [usual, other] = [".netrc", "_netrc"].map(|name| home.join(name));
        let is_other = !usual.exists() && other.exists();
        Some(if is_other { other } else { usual })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Credentials {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Credentials::new(variables.iter().map(owned), None)
    }

    #[test]
    fn an_index_is_asked_for_what_is_below_it() {
        let corp = "https://ada:x@example.org/corp/simple/";
        let credentials = of(&[("UV_INDEX", corp)]);
        for (url, at_first, when_asked) in [
            ("https://example.org/corp/files/a.zip", true, true),
            ("https://example.org:443/corp/simple/a.zip", true, true),
            ("https://example.org/corporation/a.zip", false, true),
            ("https://example.org/files/a.zip", false, true),
            ("http://example.org/corp/a.zip", false, false),
            ("https://example.org:8443/corp/a.zip", false, false),
            ("https://evil.example.org/corp/a.zip", false, false),
            ("https://example.org.evil.example/corp/a.zip", false, false),
        ] {
            let address = Url::parse(url).unwrap();
            let first = credentials.at_first(&address, None);
            assert_eq!(first.is_some(), at_first, "{url}");
            let asked = credentials.when_asked(&address);
            assert_eq!(asked.is_some(), when_asked, "{url}");
        }
    }

    #[test]
    fn variables_have_addresses_with_and_without_names() {
        let credentials = of(&[
            (
                "UV_INDEX",
                "a.b=https://example.org/a https://b:x@example.org/b",
            ),
            ("UV_INDEX_A_B_USERNAME", "a"),
            ("UV_INDEX_A_B_PASSWORD", "x"),
            ("UV_FIND_LINKS", "./folder,https://c%40:x@example.org/c?d=e"),
            ("UV_DEFAULT_INDEX", ""),
        ]);
        let first = |path: &str| {
            let url = Url::parse(&format!("https://example.org/{path}/f.zip")).unwrap();
            credentials.at_first(&url, None).map(|login| login.user)
        };
        assert_eq!(first("a").as_deref(), Some("a"));
        assert_eq!(first("b").as_deref(), Some("b"));
        assert_eq!(first("c").as_deref(), Some("c@"));
        assert_eq!(first("d"), None);
    }

    #[test]
    fn a_name_without_a_password_is_sent_where_none_is_known() {
        let credentials = of(&[("UV_INDEX", "https://bob:x@example.org/b")]);
        let token = |url: &str| {
            let login = credentials.at_first(&Url::parse(url).unwrap(), None);
            login.unwrap().token()
        };
        assert!(token("https://token@example.org/a.zip") == Token::basic("token", ""));
        assert!(token("https://bob@example.org/a.zip") == Token::basic("bob", "x"));
    }
}
