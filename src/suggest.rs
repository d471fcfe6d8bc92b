//! What a mistyped name may have meant.

/// How alike two names are that may be meant for each other, between 0 and 1.
const LIKENESS: f64 = 0.8;

/// Returns the known name that is most like another one, if any is like it. Of
/// several, the first one counts.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .filter(|(likeness, _)| *likeness > LIKENESS);
    let best = alike.reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_likeness() {
        let known = ["inspect", "nix-snippet", "why", "zlib", "openssl"];
        for (name, meant) in [
            ("nix-snipet", Some("nix-snippet")),
            ("opnessl", Some("openssl")),
            ("inspct", Some("inspect")),
            ("tokenizers", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
    }
}
