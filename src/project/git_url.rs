//! URLs of git repositories as git reads them: `scheme://`, ssh's short
//! `host:path`, and plain paths.
//!
//! They come from a `Cargo.lock` or a `.gitmodules`, so they aren't trusted.

use crate::secrets::credentials_in;

/// Returns why a URL must not be given to git; `None` if it may.
///
/// `may_be_local` says whether the URL may name a repository on this machine:
/// one in a lockfile may, a submodule's in a repository from the network may
/// not.
pub fn url_problem(url: &str, may_be_local: bool) -> Option<&'static str> {
    if url.is_empty() {
        return Some("is empty");
    }
    if url.starts_with('-') {
        return Some("starts with `-` like an option");
    }
    if url.chars().any(char::is_control) {
        return Some("contains a control character");
    }
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let scheme_end = url.find(|c| !is_of_scheme(c)).unwrap_or(url.len());
    let (scheme, rest) = url.split_at(scheme_end);
    if rest.starts_with("::") {
        return Some("would run a program");
    }
    let is_local = if rest.starts_with("://") {
        match scheme.to_ascii_lowercase().as_str() {
            "https" | "http" | "ssh" | "git" | "git+ssh" | "ssh+git" => false,
            "file" => true,
            _ => return Some("has an unsupported scheme"),
        }
    } else {
        !is_short_ssh(url)
    };
    (is_local && !may_be_local)
        .then_some("refers to the local disk, but is from a remote repository")
}

/// Returns whether a URL leads to this machine's disk.
pub fn is_local(url: &str) -> bool {
    url_problem(url, true).is_none() && url_problem(url, false).is_some()
}

/// Returns whether a URL has ssh's short form `host:path`.
fn is_short_ssh(url: &str) -> bool {
    let colon = url.find(':');
    colon.is_some_and(|colon| url.find('/').is_none_or(|slash| colon < slash))
}

/// Resolves the URL of a submodule, which may be relative to the repository's
/// own, as `git submodule` does. Returns `None` if it leads above the host.
pub fn submodule_url(parent: &str, url: &str) -> Option<String> {
    if !url.starts_with("./") && !url.starts_with("../") {
        return Some(url.to_owned());
    }
    let (mut base, mut url, mut separator) = (parent.trim_end_matches('/'), url, '/');
    loop {
        if let Some(rest) = url.strip_prefix("../") {
            url = rest;
            let authority = base.find("://").map_or(0, |at| at + 3);
            match base[authority..].rfind('/') {
                Some(slash) => base = &base[..authority + slash],
                None if authority == 0 => {
                    base = &base[..base.rfind(':')?];
                    separator = ':';
                }
                None => return None,
            }
        } else if let Some(rest) = url.strip_prefix("./") {
            url = rest;
        } else {
            break;
        }
    }
    let url = url.trim_end_matches('/');
    Some(format!("{base}{separator}{url}"))
}

/// Replaces the credentials of the URLs in a text with `***`. A user name
/// without a password is a credential too, except for ssh: over HTTP, tokens
/// are given as the user.
pub fn without_credentials(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut done = 0;
    for credentials in credentials_in(text) {
        redacted.push_str(&text[done..credentials.start]);
        redacted.push_str("***");
        done = credentials.end;
    }
    redacted.push_str(&text[done..]);
    redacted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_or_reads_something_here_is_refused() {
        for url in [
            "https://example.org/a",
            "ssh://git@example.org/a.git",
            "git@example.org:a/b.git",
            "git+ssh://example.org/a",
            "git://example.org/a",
        ] {
            assert_eq!(url_problem(url, false), None, "{url}");
            assert!(!is_local(url), "{url}");
        }
        for url in ["file:///srv/a", "/srv/a", "../a", "./a:b"] {
            assert!(url_problem(url, false).is_some(), "{url}");
            assert!(is_local(url), "{url}");
        }
        for url in [
            "",
            "-uecho",
            "--upload-pack=echo",
            "ext::sh -c echo",
            "https::https://example.org/a",
            "https://example.org/a\nb",
            "ftp://example.org/a",
            "javascript://x",
        ] {
            assert!(url_problem(url, true).is_some(), "{url:?}");
        }
    }

    #[test]
    fn relative_urls_start_from_the_parent_s() {
        let of = |parent, url| submodule_url(parent, url);
        let parent = "https://example.org/a/b.git/";
        assert_eq!(of(parent, "../c"), Some("https://example.org/a/c".into()));
        assert_eq!(of(parent, "../../c/"), Some("https://example.org/c".into()));
        assert_eq!(
            of(parent, "./c"),
            Some("https://example.org/a/b.git/c".into())
        );
        assert_eq!(of(parent, "../../../c"), None);
        assert_eq!(of("git@h:a/b", "../c"), Some("git@h:a/c".into()));
        assert_eq!(of("git@h:b", "../c"), Some("git@h:c".into()));
        assert_eq!(of(parent, "ssh://h/x"), Some("ssh://h/x".into()));
        assert_eq!(of("file:///srv/a", "../b"), Some("file:///srv/b".into()));
    }

    #[test]
    fn credentials_are_not_shown() {
        let shown = without_credentials;
        assert_eq!(
            shown("fatal: unable to access 'https://u:p@ss@example.org/a/': no"),
            "fatal: unable to access 'https://***@example.org/a/': no"
        );
        assert_eq!(
            shown("https://token@h/a and http://u:p@h"),
            "https://***@h/a and http://***@h"
        );
        assert_eq!(shown("ssh://git@h/a"), "ssh://git@h/a");
        assert_eq!(shown("ssh://git:secret@h/a"), "ssh://***@h/a");
        assert_eq!(shown("https://h/a@b"), "https://h/a@b");
    }
}
