//! Tests of where kept lines go.

use super::*;

const OLD: &str = "a = f {\n  x = 1;\n  own = true; # pyhack: keep\n  y = [\n    p\n  ];\n};\n";

fn carry(old: &str, new: &str) -> Result<String, String> {
    carry_over(old, new, Versions::default())
}

#[test]
fn a_line_stays_where_it_was() {
    let new = "a = f {\n  x = 2;\n  y = [\n    p\n    q\n  ];\n};\n";
    let expected =
        "a = f {\n  x = 2;\n  own = true; # pyhack: keep\n  y = [\n    p\n    q\n  ];\n};\n";
    assert_eq!(carry(OLD, new).unwrap(), expected);
    assert_eq!(carry(expected, new).unwrap(), expected);
}

#[test]
fn it_takes_the_place_of_what_it_sets() {
    let new = "a = f {\n  x = 1;\n  own = [\n    1\n  ];\n  y = [\n    p\n  ];\n};\n";
    assert_eq!(carry(OLD, new).unwrap(), OLD);
}

#[test]
fn a_list_is_told_from_another() {
    let old = "a = [\n  p\n];\nb = [\n  q\n  own # pyhack: keep\n];\n";
    let new = "a = [\n  p\n];\n";
    assert_eq!(carry(old, new).unwrap_err(), "own # pyhack: keep");
    let new = "a = [\n  p\n];\nb = [\n  r\n];\n";
    let expected = "a = [\n  p\n];\nb = [\n  r\n  own # pyhack: keep\n];\n";
    assert_eq!(carry(old, new).unwrap(), expected);
    // A list on one line.
    let new = "a = [ p ];\nb = [ r (s t) ];\n";
    let expected = "a = [ p ];\nb = [\n  r\n  (s t)\n  own # pyhack: keep\n];\n";
    assert_eq!(carry(old, new).unwrap(), expected);
}

#[test]
fn a_value_of_several_lines_stays_one() {
    let old = "a = 1;\nx = [ # pyhack: keep\n  1 # pyhack: keep\n]; # pyhack: keep\ny = 2; # pyhack: keep\nb = 1;\n";
    let new = "a = 2;\nb = 1;\ny = 3;\n";
    let expected = "a = 2;\nx = [ # pyhack: keep\n  1 # pyhack: keep\n]; # pyhack: keep\nb = 1;\ny = 2; # pyhack: keep\n";
    assert_eq!(carry(old, new).unwrap(), expected);
}

#[test]
fn where_it_fits_nowhere_it_is_told() {
    let own = "own = true; # pyhack: keep";
    assert_eq!(carry(OLD, "b = 1;\n").unwrap_err(), own);
    // A part of an entry, and what would set a name twice.
    let part = "a =\n  [ 1 ]\n  ++ [ 2 ] # pyhack: keep\n;\n";
    assert_eq!(
        carry(part, "a = [ 1 ];\n").unwrap_err(),
        "++ [ 2 ] # pyhack: keep"
    );
    let inner = "a = 1;\nb.c = 1; # pyhack: keep\n";
    assert_eq!(
        carry(inner, "a = 1;\nb = f;\n").unwrap_err(),
        "b.c = 1; # pyhack: keep"
    );
}

/// What `nix-snippet` prints of a crate with OpenSSL.
const NEW: &str = "a =
  if (prev.a.passthru.format or null) != \"wheel\" then
    (hacks.importCargoLock {
      prev = prev.a;
      cargoRoot = \"src\";
    }).overrideAttrs
      (old: {
        nativeBuildInputs =
          old.nativeBuildInputs
          ++ final.resolveBuildSystem {
            maturin = [ ];
          };
        buildInputs = (old.buildInputs or [ ]) ++ [
          pkgs.openssl
        ];
      })
  else
    prev.a;
";

fn kept_in(text: &str) -> Vec<(String, usize)> {
    let lines = text.lines().enumerate().filter(|(_, line)| is_kept(line));
    lines.map(|(at, line)| (line.to_owned(), at)).collect()
}

#[test]
fn the_layout_of_the_old_stanza_does_not_matter() {
    let mut expected: Option<String> = None;
    for old in [
        // By hand.
        "a = (hacks.importCargoLock {\n  prev = prev.a;\n  doUnpack = false; # pyhack: keep\n}).overrideAttrs (old: {\n  buildInputs = [\n    own # pyhack: keep\n  ];\n  FLAG = \"1\"; # pyhack: keep\n});\n",
        // As nixfmt has it.
        "a =\n  (hacks.importCargoLock {\n    prev = prev.a;\n    doUnpack = false; # pyhack: keep\n  }).overrideAttrs\n    (old: {\n      buildInputs = (old.buildInputs or [ ]) ++ [\n        own # pyhack: keep\n      ];\n      FLAG = \"1\"; # pyhack: keep\n    });\n",
        // As alejandra has it.
        "a =\n  if x\n  then\n    (hacks.importCargoLock {\n      prev = prev.a;\n      doUnpack = false; # pyhack: keep\n    })\n    .overrideAttrs\n    (old: {\n      buildInputs =\n        (old.buildInputs or [])\n        ++ [\n          own # pyhack: keep\n        ];\n      FLAG = \"1\"; # pyhack: keep\n    })\n  else null;\n",
        // With tabs, and none.
        "a = x: (hacks.importCargoLock {\nprev = prev.a;\n\tdoUnpack = false; # pyhack: keep\n}).overrideAttrs (_: let y = 1; in {\nbuildInputs = with pkgs; [\nown # pyhack: keep\n];\nFLAG = \"1\"; # pyhack: keep\n});\n",
    ] {
        let text = carry(old, NEW).unwrap();
        let expected = expected.get_or_insert_with(|| text.clone());
        assert_eq!(&text, expected, "{old}");
        let kept = kept_in(&text);
        assert_eq!(
            kept,
            [
                ("      doUnpack = false; # pyhack: keep".to_owned(), 4),
                ("          own # pyhack: keep".to_owned(), 15),
                ("        FLAG = \"1\"; # pyhack: keep".to_owned(), 17),
            ],
            "{text}"
        );
    }
}

#[test]
fn a_line_follows_its_version() {
    let of = |version: &str, line: &str| {
        format!("if prev.a.version == \"{version}\" then\n  f {{\n    x = 1;\n{line}  }}\nelse ")
    };
    let two =
        |one: &str, other: &str| format!("a =\n{}{}null;\n", of("1.0", one), of("2.0", other));
    let line = "    own = 1; # pyhack: keep\n";
    for old in [two(line, ""), two("", line)] {
        assert_eq!(carry(&old, &two("", "")).unwrap(), old);
    }
    let one = "a = f {\n  x = 1;\n};\n";
    let versions = |old, new| Versions {
        old: Some(old),
        new: Some(new),
    };
    let with = "a = f {\n  x = 1;\n  own = 1; # pyhack: keep\n};\n";
    assert_eq!(
        carry_over(&two(line, ""), one, versions("1.0,2.0", "1.0")).unwrap(),
        with
    );
    assert!(carry_over(&two(line, ""), one, versions("1.0,2.0", "2.0")).is_err());
    assert_eq!(
        carry_over(with, &two("", ""), versions("2.0", "1.0,2.0")).unwrap(),
        two("", line)
    );
}

#[test]
fn a_condition_stays_one() {
    let list = |item: &str| format!("a = [\n  p\n] ++ lib.optionals isDarwin [\n  q\n{item}];\n");
    let old = list("  own # pyhack: keep\n");
    assert_eq!(carry(&old, &list("")).unwrap(), old);
    assert!(carry(&old, "a = [\n  p\n];\n").is_err());
}
