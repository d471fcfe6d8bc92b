//! SHA-256 digests and their notations.
//!
//! Cargo writes a digest as 64 lower-case hexadecimal digits, Nix as SRI
//! (<https://www.w3.org/TR/SRI/>): `sha256-` and padded base64. Nix also reads
//! `sha256:` and hexadecimal, base64 or "nix32": a base-32 of its own, whose
//! digits go from the last bit to the first.

use std::fmt;
use std::io;
use std::sync::LazyLock;

use data_encoding::{BASE64, BitOrder, Encoding, HEXLOWER, HEXLOWER_PERMISSIVE, Specification};
use sha2::Digest;

/// nix32, with the digits in reverse.
static NIX32_REVERSED: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("0123456789abcdfghijklmnpqrsvwxyz");
    specification.bit_order = BitOrder::LeastSignificantFirst;
    specification
        .encoding()
        .expect("the alphabet has 32 digits")
});

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Hashes `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest from its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Parses 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// Parses any notation that Nix reads: SRI, or hexadecimal, base64 or nix32
    /// with or without `sha256:` before it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(base64) = text.strip_prefix("sha256-") {
            return Self::from_base64(base64);
        }
        let text = text.strip_prefix("sha256:").unwrap_or(text);
        match text.len() {
            64 => Self::from_hex(text),
            52 => Self::from_nix32(text),
            44 => Self::from_base64(text),
            _ => None,
        }
    }

    fn from_base64(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    fn from_nix32(text: &str) -> Option<Self> {
        let reversed: Vec<u8> = text.bytes().rev().collect();
        let bytes = NIX32_REVERSED.decode(&reversed).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// The 52 digits of nix32.
    pub fn to_nix32(&self) -> String {
        NIX32_REVERSED.encode(&self.0).chars().rev().collect()
    }

    /// Padded base64.
    #[must_use]
    pub fn to_base64(&self) -> String {
        BASE64.encode(&self.0)
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// SRI, as in Nix's `hash = "..."`.
    #[must_use]
    pub fn to_sri(&self) -> String {
        format!("sha256-{}", BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// Hashes what is written to it.
#[derive(Clone, Default)]
pub struct Sha256Writer(sha2::Sha256);

impl Sha256Writer {
    /// Returns the digest of everything that was written.
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

impl io::Write for Sha256Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn hexadecimal_is_read_and_written() {
        assert_eq!(Sha256::of(b"").to_hex(), EMPTY);
        assert_eq!(Sha256::from_hex(EMPTY), Some(Sha256::of(b"")));
        assert_eq!(
            Sha256::from_hex(&EMPTY.to_uppercase()),
            Some(Sha256::of(b""))
        );
    }

    #[test]
    fn sri_is_padded_base64() {
        assert_eq!(
            Sha256::of(b"").to_sri(),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }

    #[test]
    fn texts_that_are_not_digests_are_refused() {
        for text in ["", "e3b0", &EMPTY[1..], &EMPTY.replace('e', "g")] {
            assert_eq!(Sha256::from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn all_notations_of_nix_are_read() {
        let hash = Sha256::of(b"");
        let nix32 = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
        assert_eq!(hash.to_nix32(), nix32);
        let texts = [hash.to_hex(), hash.to_nix32(), hash.to_base64()];
        for text in texts.iter().chain([&hash.to_sri()]) {
            assert_eq!(Sha256::parse(text), Some(hash), "{text}");
        }
        for text in &texts {
            assert_eq!(Sha256::parse(&format!("sha256:{text}")), Some(hash));
            assert_eq!(Sha256::parse(&format!("{text} ")), None);
            assert_eq!(Sha256::parse(&format!("sha512:{text}")), None);
        }
        // Invalid digits, and bits after the last byte.
        for text in [
            nix32.replace('m', "e"),
            format!("z{}", &nix32[1..]),
            format!("sha256-{}", &hash.to_base64()[..43]),
            format!("sha256-{}", hash.to_base64().replace("U=", "V=")),
            format!("sha256-{}", hash.to_hex()),
        ] {
            assert_eq!(Sha256::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn writing_in_pieces_hashes_the_whole() {
        use std::io::Write;
        let mut writer = Sha256Writer::default();
        writer.write_all(b"ab").unwrap();
        writer.write_all(b"c").unwrap();
        assert_eq!(writer.finish(), Sha256::of(b"abc"));
    }
}
