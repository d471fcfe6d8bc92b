//! Tokens of registries, from where `cargo login` and CI put them.
//!
//! Credential providers in Cargo's configuration are programs, and aren't run.

use std::collections::BTreeMap;
use std::path::Path;

use cargo_config2::Config;
use serde::Deserialize;

use super::super::network::Token;
use super::sources::{CRATES_IO, env_form};
use crate::io::read::read_string;

/// The known tokens, by the name of the registry as environment variables spell
/// it.
#[derive(Debug, Clone, Default)]
pub struct Tokens(BTreeMap<String, Token>);

/// The format of `credentials.toml`.
#[derive(Default, Deserialize)]
struct Credentials {
    #[serde(default)]
    registry: Entry,
    #[serde(default)]
    registries: BTreeMap<String, Entry>,
}

#[derive(Default, Deserialize)]
struct Entry {
    token: Option<Token>,
}

impl Tokens {
    /// Reads the tokens. Those of the environment come first, then those of
    /// `credentials.toml`, then those of Cargo's configuration.
    #[must_use]
    pub fn load(config: &Config, home: Option<&Path>) -> Self {
        let mut tokens = Self::default();
        let registries = config.registries.iter();
        let written = registries.map(|(name, r)| (name.as_str(), r.token.clone()));
        for (name, token) in written.chain([(CRATES_IO, config.registry.token.clone())]) {
            tokens.add(name, token.map(Token::new));
        }
        let credentials = home.map(credentials).unwrap_or_default();
        for (name, entry) in credentials.registries {
            tokens.add(&name, entry.token);
        }
        tokens.add(CRATES_IO, credentials.registry.token);
        for (variable, value) in std::env::vars_os() {
            let name = variable.to_str().and_then(|variable| {
                let name = variable.strip_prefix("CARGO_REGISTRIES_")?;
                name.strip_suffix("_TOKEN")
            });
            if let Some(name) = name {
                tokens.add(name, value.into_string().ok().map(Token::new));
            } else if variable == "CARGO_REGISTRY_TOKEN" {
                tokens.add(CRATES_IO, value.into_string().ok().map(Token::new));
            }
        }
        tokens
    }

    fn add(&mut self, name: &str, token: Option<Token>) {
        if let Some(token) = token.filter(|token| !token.secret().is_empty()) {
            self.0.insert(env_form(name), token);
        }
    }

    /// Returns the token of the first of these registries that has one.
    pub(super) fn of(&self, names: &[&str]) -> Option<&Token> {
        names.iter().find_map(|name| self.0.get(&env_form(name)))
    }
}

/// Reads the file that cargo would. A file that can't be read has no tokens: no
/// text of it may get into a message.
fn credentials(home: &Path) -> Credentials {
    let files = [home.join("credentials"), home.join("credentials.toml")];
    let text = files.iter().find_map(|file| read_string(file).ok());
    text.and_then(|text| toml::from_str(&text).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use fs_err as fs;

    use super::*;

    #[test]
    fn no_token_is_shown() {
        let mut tokens = Tokens::default();
        tokens.add("my-corp", Some(Token::new("secret".to_owned())));
        tokens.add("empty", Some(Token::new(String::new())));
        assert!(!format!("{tokens:?}").contains("secret"));
        assert_eq!(tokens.of(&["x", "MY_CORP"]).unwrap().secret(), "secret");
        assert_eq!(tokens.of(&["empty"]), None);
    }

    #[test]
    fn credentials_are_read_as_cargo_writes_them() {
        let home = tempfile::tempdir().unwrap();
        assert!(credentials(home.path()).registries.is_empty());
        let text =
            "[registry]\ntoken = \"a\"\n[registries.corp]\ntoken = \"b\"\nsecret-key = \"c\"\n";
        fs::write(home.path().join("credentials.toml"), text).unwrap();
        let read = credentials(home.path());
        assert_eq!(read.registry.token.unwrap().secret(), "a");
        let token = read.registries["corp"].token.as_ref();
        assert_eq!(token.unwrap().secret(), "b");
    }
}
