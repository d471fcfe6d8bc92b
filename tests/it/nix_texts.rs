//! What is printed as Nix is, to real Nix, what it was meant to be.
//!
//! `PYHACK_NIX_TEXTS=100000` sets how many texts are tried.

use cargo_pyhack::testing::{Binding, Expr, NixString, Part, print};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::nix_snippet::evaluate;
use crate::support::{Sandbox, has_nix};

/// The texts in one expression for Nix.
const BATCH: usize = 2_000;

/// What has a meaning to Nix's lexer, to shells or to terminals, and words
/// that are names.
fn fragments() -> impl Strategy<Value = String> {
    const SPECIAL: &[&str] = &[
        "$", "${", "}", "{", "$$", "\"", "\\", "'", "''", "'''", "''$", "''\\", "\n", "\r", "\r\n",
        "\t", " ", "  ", "#", "/*", "*/", ";", "=", "==", ".", "..", "/", "//", "./", "~/", "<x>",
        "@", "?", ":", ",", "|", "++", "->", "!", "-", "_", "+", "%", "&", "(", ")", "[", "]",
    ];
    const WORDS: &[&str] = &[
        "or",
        "if",
        "then",
        "else",
        "let",
        "in",
        "inherit",
        "with",
        "rec",
        "assert",
        "true",
        "null",
        "builtins",
        "import",
        "__toString",
        "outPath",
        "numpy",
        "0",
        "1.0",
        "é",
        "\u{1f980}",
        "\u{200b}",
        "\u{202e}",
        "\u{2028}",
        "\u{85}",
        "\u{feff}",
        "\u{1}",
        "\u{1b}[2J",
        "\u{7f}",
        "\u{fffd}",
        "\u{10ffff}",
    ];
    prop_oneof![
        4 => prop::sample::select(SPECIAL).prop_map(str::to_owned),
        2 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => any::<char>().prop_map(|c| c.to_string().replace('\0', "")),
    ]
}

/// Fragments in a row; one in a hundred is long.
fn hostile() -> impl Strategy<Value = String> {
    let joined = |count| prop::collection::vec(fragments(), count).prop_map(|parts| parts.concat());
    prop_oneof![
        90 => joined(0..12),
        9 => joined(12..60),
        1 => joined(1..4).prop_map(|text| text.repeat(500)),
    ]
}

/// Names, versions, paths, hashes and URLs as they are, and with something
/// hostile in them.
fn texts() -> impl Strategy<Value = String> {
    const SOUND: &[&str] = &[
        "rpds-py",
        "1.0.0-rc.1+build",
        "src/rust/Cargo.lock",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "https://example.org/a/b.git?rev=1#v2",
        "git+https://user:secret@example.org/a?branch=main",
        "OPENSSL_NO_VENDOR",
        "3to2",
        "",
    ];
    let sound = || prop::sample::select(SOUND);
    let spoilt =
        (sound(), hostile(), any::<prop::sample::Index>()).prop_map(|(sound, hostile, place)| {
            let (before, after) = sound.split_at(place.index(sound.len() + 1));
            format!("{before}{hostile}{after}")
        });
    prop_oneof![1 => sound().prop_map(str::to_owned), 3 => spoilt, 6 => hostile()]
}

/// Puts a text into an expression that gives the text.
type Place = fn(&str) -> Expr;

/// The places of a text in what is printed.
const PLACES: &[(&str, Place)] = &[
    ("a string", Expr::string),
    ("the value of a variable", |text| {
        let env = Binding::Set(vec!["env".into(), text.into()], Expr::string(text));
        Expr::AttrSet(vec![env]).select(["env", text])
    }),
    ("a name that is asked for", |text| {
        let set = Expr::attr_set([(text, Expr::var("null"))]);
        set.has(text).then(Expr::string(text), Expr::var("null"))
    }),
    ("a name with a default", |text| {
        let none = Expr::AttrSet(Vec::new());
        none.select([text]).or(Expr::string(text))
    }),
    ("the text around an interpolation", |text| {
        let inner = Expr::Template(vec![Part::Expr(Expr::string(text)), Part::text("")]);
        let whole = vec![Part::text(text), Part::Expr(inner), Part::text(text)];
        let end = Expr::string(&text.repeat(2))
            .equals(Expr::Template(vec![Part::text(text), Part::text(text)]));
        let twice = Expr::Template(whole).equals(Expr::string(&text.repeat(3)));
        twice.and(end).then(Expr::string(text), Expr::var("null"))
    }),
    ("a script", |text| {
        // Its first line isn't indented, so that none loses its indentation.
        let script = Expr::IndentedTemplate(vec![
            Part::text("ln -s "),
            Part::text(text),
            Part::Expr(Expr::string(text)),
            Part::text(text),
            Part::text("\n"),
        ]);
        let expected = Expr::string(&format!("ln -s {}\n", text.repeat(3)));
        let is_same = script.equals(expected);
        is_same.then(Expr::string(text), Expr::var("null"))
    }),
    ("a comment above an item", |text| {
        let item = Expr::string(text).commented(Some(text));
        let items = Expr::List(vec![item]).concat(Expr::List(vec![]));
        let function = Expr::var("builtins").select(["head"]);
        function.apply(items)
    }),
    ("a comment above an attribute", |text| {
        let value = Expr::string(text).commented(Some(text));
        Expr::attr_set([("name", value)]).select(["name"])
    }),
    ("a comment between operands", |text| {
        let left = Expr::strings([text]).commented(Some(text));
        let right = Expr::strings([text]).commented(Some(text));
        let function = Expr::var("builtins").select(["head"]);
        function.apply(left.concat(right))
    }),
];

/// Generates the same texts in each run.
fn generate(count: usize) -> Vec<String> {
    let strategy = prop::collection::vec(texts(), count);
    let mut runner = TestRunner::deterministic();
    strategy.new_tree(&mut runner).unwrap().current()
}

fn count() -> usize {
    let variable = std::env::var("PYHACK_NIX_TEXTS");
    variable.map_or(2_000, |count| count.parse().unwrap())
}

#[test]
fn any_text_is_itself_again_in_every_place() {
    if !has_nix() {
        return;
    }
    let sandbox = Sandbox::new();
    for batch in generate(count()).chunks(BATCH) {
        for (place, expr) in PLACES {
            let list = batch.iter().map(|text| expr(text)).collect();
            let evaluated: Vec<Option<String>> = evaluated(&sandbox, list);
            for (text, evaluated) in batch.iter().zip(evaluated) {
                assert_eq!(evaluated.as_ref(), Some(text), "as {place}");
            }
        }
    }
}

#[test]
fn any_path_is_itself_again() {
    if !has_nix() {
        return;
    }
    let sandbox = Sandbox::new();
    let base = sandbox.path(".").canonicalize().unwrap();
    let base = base.to_str().unwrap();
    for batch in generate(count()).chunks(BATCH) {
        let paths: Vec<String> = batch.iter().filter_map(|text| normal_path(text)).collect();
        let list = paths.iter().map(|path| {
            let path = Expr::Path(NixString::new(path));
            Expr::var("toString").apply(path)
        });
        let evaluated: Vec<String> = evaluated(&sandbox, list.collect());
        for (path, evaluated) in paths.iter().zip(evaluated) {
            assert_eq!(evaluated, format!("{base}/{path}"));
        }
    }
}

/// Leaves out what paths are without once they are resolved.
fn normal_path(text: &str) -> Option<String> {
    let parts = text.split('/');
    let parts: Vec<_> = parts
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn evaluated<T: serde::de::DeserializeOwned>(sandbox: &Sandbox, list: Vec<Expr>) -> Vec<T> {
    let text = print(&Expr::List(list));
    let json = evaluate(sandbox, &text, &["--eval", "--strict", "--json"]);
    serde_json::from_str(&json).unwrap()
}
