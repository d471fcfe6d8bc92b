//! The address of a crate in a registry.

use crate::hash::Sha256;
use crate::project::LockedCrate;

/// Fills in a `dl` template. Without one of the markers of the Cargo
/// Reference's "Index Format", the path of the API is added.
pub(in crate::io) fn download_url(
    template: &str,
    krate: &LockedCrate,
    checksum: &Sha256,
) -> String {
    const MARKERS: [&str; 5] = [
        "{crate}",
        "{version}",
        "{prefix}",
        "{lowerprefix}",
        "{sha256-checksum}",
    ];
    let (name, version) = (krate.name.as_str(), krate.version.to_string());
    if !MARKERS.iter().any(|marker| template.contains(marker)) {
        return format!(
            "{}/{name}/{version}/download",
            template.trim_end_matches('/')
        );
    }
    let prefix = index_prefix(name);
    let lower = prefix.to_lowercase();
    let values = [name, &version, &prefix, &lower, &checksum.to_hex()];
    MARKERS
        .iter()
        .zip(values)
        .fold(template.to_owned(), |url, (marker, value)| {
            url.replace(marker, value)
        })
}

/// Returns what nixpkgs' `importCargoLock` can fetch from: it adds the path of
/// the API itself, and knows no markers.
pub(in crate::io) fn nix_download(template: &str) -> Option<&str> {
    let plain = template.strip_suffix("/{crate}/{version}/download");
    let plain = plain.unwrap_or(template).trim_end_matches('/');
    (!plain.contains('{')).then_some(plain)
}

/// Returns the folder of a crate in an index. Names of crates are ASCII.
fn index_prefix(name: &str) -> String {
    match name.len() {
        1 | 2 => name.len().to_string(),
        3 => format!("3/{}", &name[..1]),
        _ => format!("{}/{}", &name[..2], &name[2..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nixpkgs_knows_no_markers() {
        let api = Some("https://example.org/crates");
        assert_eq!(nix_download("https://example.org/crates/"), api);
        assert_eq!(
            nix_download("https://example.org/crates/{crate}/{version}/download"),
            api
        );
        assert_eq!(
            nix_download("https://example.org/{prefix}/{crate}.crate"),
            None
        );
    }

    fn url(template: &str, name: &str) -> String {
        let krate = LockedCrate::example(name, "1.0.0+b");
        download_url(template, &krate, &Sha256::of(b""))
    }

    #[test]
    fn without_markers_the_path_of_the_api_is_added() {
        let expected = "https://example.org/crates/serde/1.0.0+b/download";
        assert_eq!(url("https://example.org/crates", "serde"), expected);
        assert_eq!(url("https://example.org/crates/", "serde"), expected);
    }

    #[test]
    fn markers_are_filled_in() {
        let template = "x:{prefix}/{lowerprefix}/{crate}-{version}/{sha256-checksum}";
        let sum = Sha256::of(b"");
        assert_eq!(
            url(template, "Serde"),
            format!("x:Se/rd/se/rd/Serde-1.0.0+b/{sum}")
        );
        assert_eq!(url("x:{prefix}", "a"), "x:1");
        assert_eq!(url("x:{prefix}", "ab"), "x:2");
        assert_eq!(url("x:{prefix}", "abc"), "x:3/a");
    }
}
