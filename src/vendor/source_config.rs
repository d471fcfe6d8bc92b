//! The source replacement that makes cargo build from a vendored folder.

use camino::Utf8Path;

/// Writes the lines for `.cargo/config.toml`, as `cargo vendor` prints them.
#[must_use]
pub fn source_replacement(vendor_dir: &Utf8Path) -> String {
    // `toml` chooses the quotes, so that no folder name can break out of them.
    let directory = toml::Value::String(vendor_dir.as_str().replace('\\', "/"));
    format!(
        "[source.crates-io]\n\
         replace-with = \"vendored-sources\"\n\
         \n\
         [source.vendored-sources]\n\
         directory = {directory}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_folder_name_stays_a_string() {
        for name in ["vendor", "a \"b\"", "it's", "line\nbreak", "täst"] {
            let text = source_replacement(Utf8Path::new(name));
            let value: toml::Table = text.parse().unwrap();
            let directory = value["source"]["vendored-sources"]["directory"].as_str();
            assert_eq!(directory, Some(name));
        }
    }
}
