//! Tests of edits.

use proptest::prelude::*;

use super::*;
use crate::overlay::count_parses;
use crate::overlay::fixtures::{
    block, block_of, nested, parse, put, put_anyway, says_the_same, stanza, written,
};

/// The text after stanzas were put into a file together.
fn with_all(text: &str, names: &[&str]) -> String {
    let document = parse(text);
    let mut edits = Edits::new(&document);
    for name in names {
        put(&mut edits, name, &stanza(name, "1")).unwrap();
    }
    edits.apply().unwrap()
}

/// The text after stanzas were put into a file one after the other.
fn with_each(text: &str, names: &[&str]) -> String {
    names
        .iter()
        .fold(text.to_owned(), |text, name| with_all(&text, &[name]))
}

fn without(text: &str, names: &[&str]) -> String {
    let document = parse(text);
    let mut edits = Edits::new(&document);
    for name in names {
        edits.remove(name);
    }
    edits.apply().unwrap()
}

fn mark(recipe: &str) -> PythonLockMark {
    PythonLockMark::new(recipe.to_owned(), std::iter::empty())
}

#[test]
fn several_new_stanzas_are_laid_out_as_one_after_the_other() {
    for text in [
        "final: prev: { }\n",
        "final: prev: {}",
        "final: prev: {\n}\n",
        "final: prev: {\n\n}\n",
        "final: prev: {\n  x = 1;\n}\n",
        "final: prev: {\n  x = 1;\n\n}\n",
        "final: prev: {\n    x = 1;\n}\n",
        "final: prev: {\n\tx = 1;\n}\n",
        "final: prev: { x = 1; }\n",
        "final: prev: { x = 1;\n}\n",
        "final: prev: {\n  x = 1; }\n",
        "{\n  overlay = final: prev: { };\n}\n",
        "{\n  overlay =\n    final: prev: {\n      # none\n    };\n}\n",
        "final: prev: {\r\n  x = 1;\r\n}\r\n",
        "final: prev: { }\r\n",
    ] {
        let names = ["a", "b", "c"];
        assert_eq!(with_all(text, &names), with_each(text, &names), "{text:?}");
    }
}

#[test]
fn new_stanzas_keep_the_order_in_which_they_come() {
    let text = with_all("final: prev: { }\n", &["b", "a"]);
    let blocks = [block("b"), block("a")].map(|block| block.replace('\n', "\n  "));
    let expected = format!(
        "final: prev: {{\n  {}\n\n  {}\n}}\n",
        blocks[0].trim_end(),
        blocks[1].trim_end()
    );
    assert_eq!(text, expected);
}

#[test]
fn any_number_of_edits_takes_one_parse() {
    let names: Vec<String> = (0..50).map(|n| format!("p{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (document, first) = count_parses(|| parse("final: prev: { }\n"));
    let mut edits = Edits::new(&document);
    let (text, then) = count_parses(|| {
        for name in &names {
            put(&mut edits, name, &stanza(name, "1")).unwrap();
        }
        edits.set_python_lock_mark(mark("{}"));
        edits.apply().unwrap()
    });
    assert_eq!((first, then), (1, 1));
    assert_eq!(parse(&text).blocks().len(), 50);
}

#[test]
fn what_changes_nothing_is_not_parsed() {
    let text = written(&["a", "b"]);
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    let same = put(&mut edits, "a", &stanza("a", "1")).unwrap();
    edits.remove("other");
    let (applied, parses) = count_parses(|| edits.apply().unwrap());
    assert_eq!((same, applied, parses), (Change::Same, text.clone(), 0));
}

#[test]
fn putting_tells_what_changes() {
    let text = written(&["a", "b"]);
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    let changes = [("a", "1"), ("b", "2"), ("c", "1"), ("c", "2")];
    let changes = changes.map(|(name, value)| put(&mut edits, name, &stanza(name, value)));
    let changes = changes.map(Result::unwrap);
    let expected = [Change::Same, Change::Changed, Change::Added, Change::Added];
    assert_eq!(changes, expected);
    let text = edits.apply().unwrap();
    assert_eq!(text.matches("c = ").count(), 1);
    assert!(text.contains("c = 2;"), "{text}");
}

#[test]
fn applying_twice_is_applying_once() {
    let text = written(&["a", "b"]);
    let change = |text: &str| {
        let document = parse(text);
        let mut edits = Edits::new(&document);
        put(&mut edits, "b", &stanza("b", "2")).unwrap();
        put(&mut edits, "c", &stanza("c", "1")).unwrap();
        edits.remove("a");
        edits.set_python_lock_mark(mark("{}"));
        (edits.apply().unwrap(), edits.apply().unwrap())
    };
    let (once, again) = change(&text);
    assert_eq!(once, again);
    assert_eq!(change(&once).0, once);
}

#[test]
fn of_several_edits_of_a_stanza_the_last_counts() {
    let text = written(&["a"]);
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    edits.remove("a");
    assert!(edits.removes("a"));
    put(&mut edits, "a", &stanza("a", "2")).unwrap();
    assert!(!edits.removes("a"));
    assert_eq!(edits.apply().unwrap().matches("a = 2;").count(), 1);
    put(&mut edits, "b", &stanza("b", "1")).unwrap();
    edits.remove("b");
    edits.remove("a");
    assert_eq!(edits.apply().unwrap(), without(&text, &["a"]));
}

#[test]
fn a_refused_stanza_leaves_the_others_alone() {
    let edited = written(&["a", "b"]).replace("a = 1;", "a = 7;");
    let text = edited.replace("{\n", "{\n  taken = 1;\n");
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    put(&mut edits, "c", &stanza("c", "1")).unwrap();
    let broken = |name: &str| format!("{name} = ;\n");
    let refused = [
        put(&mut edits, "a", &stanza("a", "2")),
        put(&mut edits, "taken", &stanza("taken", "1")),
        put(&mut edits, "broken", &broken("broken")),
        put(&mut edits, "b", &broken("b")),
        put(&mut edits, "c", &broken("c")),
    ];
    let refused = refused.map(|result| match result.unwrap_err() {
        OverlayError::Edited { name, .. } => format!("edited {name}"),
        OverlayError::Taken { name, at } => format!("taken {name} {at}"),
        OverlayError::Syntax { .. } => "syntax".to_owned(),
        error => panic!("{error}"),
    });
    let expected = [
        "edited a",
        "taken taken overlay.nix:2:3",
        "syntax",
        "syntax",
        "syntax",
    ];
    assert_eq!(refused, expected);
    put(&mut edits, "b", &stanza("b", "2")).unwrap();
    let expected = with_all(&text, &["c"]).replace(
        block("b").trim_end().replace('\n', "\n  ").as_str(),
        block_of("b", &stanza("b", "2"))
            .trim_end()
            .replace('\n', "\n  ")
            .as_str(),
    );
    assert_eq!(edits.apply().unwrap(), expected);
}

#[test]
fn an_edited_stanza_is_shown_and_replaced_by_force_alone() {
    let text = written(&["a"]).replace("a = 1;", "a = 7;");
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    let error = put(&mut edits, "a", &stanza("a", "2")).unwrap_err();
    let OverlayError::Edited { at, diff, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(at.line(), Some(2));
    assert!(diff.ends_with("-  a = 7;\n+  a = 2;\n"), "{diff}");
    let change = put_anyway(&mut edits, "a", &stanza("a", "2")).unwrap();
    assert_eq!(change, Change::Changed);
    assert!(edits.apply().unwrap().contains("  a = 2;\n"));
}

#[test]
fn an_edit_that_is_what_would_be_written_is_taken() {
    let text = written(&["a"]).replace("a = 1;", "a = 2;");
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    assert_eq!(
        put(&mut edits, "a", &stanza("a", "2")).unwrap(),
        Change::Same
    );
    let text = edits.apply().unwrap();
    assert!(!parse(&text).blocks()[0].is_edited());
}

#[test]
fn marks_of_a_user_s_choose_the_place() {
    let text = "{\n  x = {\n    # pyhack: begin a\n    # pyhack: end a\n  };\n  y = 1;\n}\n";
    let text = with_all(text, &["a"]);
    let expected = block("a").replace('\n', "\n    ");
    assert_eq!(
        text,
        format!(
            "{{\n  x = {{\n    {}\n  }};\n  y = 1;\n}}\n",
            expected.trim_end()
        )
    );
}

#[test]
fn a_new_stanza_goes_to_those_that_are_there() {
    let text = "{\n  o = final: prev: { };\n  p = {\n    # pyhack: begin a\n    # pyhack: end a\n  };\n}\n";
    let text = with_all(text, &["b", "a"]);
    let document = parse(&text);
    let sets = document.blocks().iter().map(|block| block.set);
    assert_eq!(
        sets.collect::<Vec<_>>(),
        [text.find("{\n    #").unwrap(); 2]
    );
}

#[test]
fn of_several_sets_none_is_chosen() {
    let marks =
        |name: &str| format!("{{\n    # pyhack: begin {name}\n    # pyhack: end {name}\n  }}");
    let text = format!("{{\n  x = {};\n  y = {};\n}}\n", marks("a"), marks("b"));
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    let error = put(&mut edits, "c", &stanza("c", "1")).unwrap_err();
    assert!(
        matches!(&error, OverlayError::NoPlace { found, .. } if found == "it has several sets (lines 2, 6)"),
        "{error}"
    );
    for name in ["b", "a"] {
        put(&mut edits, name, &stanza(name, "1")).unwrap();
    }
    let names = ["a", "b"].map(str::to_owned);
    let text = edits.apply().unwrap();
    let document = parse(&text);
    let found = document.blocks().iter().map(|block| block.name.clone());
    assert_eq!(found.collect::<Vec<_>>(), names);
}

#[test]
fn without_an_overlay_there_is_no_place() {
    for text in [
        "{ }\n",
        "final: prev: 1\n",
        "a: b: { }\n",
        "let\n  # pyhack: begin a\n  # pyhack: end a\n  x = 1;\nin\nx\n",
    ] {
        let document = parse(text);
        let mut edits = Edits::new(&document);
        let error = put(&mut edits, "c", &stanza("c", "1")).unwrap_err();
        assert!(
            matches!(&error, OverlayError::NoPlace { found, .. } if found.starts_with("it has no `final")),
            "{text}"
        );
    }
}

#[test]
fn a_stanza_can_t_bring_marks_of_its_own() {
    let document = parse("final: prev: { }\n");
    let mut edits = Edits::new(&document);
    for text in [
        "a = 1;\n# pyhack: end a\n# pyhack: begin b\n# pyhack: end b\n# pyhack: begin a\n",
        "a = 1;\n# pyhack: lock {} without=\n",
        "a = 1;\n}\n{\n",
        "# pyhack: end a\na = 1;\n",
    ] {
        assert!(put(&mut edits, "a", text).is_err(), "{text}");
    }
    let harmless = "a = \"# pyhack: end a\"; # see pyhack: end a\n";
    put(&mut edits, "a", harmless).unwrap();
    let text = edits.apply().unwrap();
    assert!(text.contains(harmless), "{text}");
}

#[test]
fn marks_around_a_bracket_are_no_place() {
    for text in [
        "rec # pyhack: no mark\n  # pyhack: begin a\n{\n  # pyhack: end a\n}\n",
        "let\n  x = 1;\nin\n# pyhack: begin a\n# pyhack: end a\n{ }\n",
    ] {
        let text = text.replace(" # pyhack: no mark", "");
        let document = parse(&text);
        let mut edits = Edits::new(&document);
        let error = put_anyway(&mut edits, "a", &stanza("a", "1")).unwrap_err();
        assert!(
            matches!(error, OverlayError::Syntax { .. }),
            "{text}: {error}"
        );
        assert_eq!(edits.apply().unwrap(), text);
    }
}

#[test]
fn adjacent_stanzas_are_removed_with_one_blank_line() {
    let blocks = ["a", "b"].map(|name| block(name).replace('\n', "\n  "));
    let [a, b] = blocks.each_ref().map(|block| block.trim_end());
    for (text, expected) in [
        (
            format!("{{\n  x = 1;\n\n  {a}\n\n  {b}\n}}\n"),
            "{\n  x = 1;\n}\n",
        ),
        (
            format!("{{\n  x = 1;\n\n  {a}\n  {b}\n}}\n"),
            "{\n  x = 1;\n}\n",
        ),
        (format!("{{\n  {a}\n\n  {b}\n}}\n"), "{\n}\n"),
        (
            format!("{{\n\n\n  {a}\n  {b}\n  x = 1;\n}}\n"),
            "{\n  x = 1;\n}\n",
        ),
    ] {
        assert_eq!(without(&text, &["b", "a"]), expected);
        assert_eq!(without(&without(&text, &["a"]), &["b"]), expected);
    }
}

#[test]
fn the_lock_s_mark_is_replaced_or_goes_to_the_top() {
    let document = parse("final: prev: { }\r\n");
    let mut edits = Edits::new(&document);
    edits.set_python_lock_mark(mark("{}"));
    let text = edits.apply().unwrap();
    assert_eq!(text, "# pyhack: lock {} without=\r\nfinal: prev: { }\r\n");
    let text = format!("# mine\n{text}");
    let document = parse(&text);
    assert_eq!(document.python_lock_mark().unwrap().recipe, "{}");
    let mut edits = Edits::new(&document);
    edits.set_python_lock_mark(mark("{\"lock\":\"uv.lock\"}"));
    assert_eq!(
        edits.apply().unwrap(),
        text.replace("{} ", "{\"lock\":\"uv.lock\"} ")
    );
}

#[test]
fn a_lock_s_mark_in_a_stanza_goes_with_it() {
    let text = written(&["a"]).replace("  a = 1;\n", "  a = 1;\n  # pyhack: lock {} without=\n");
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    edits.set_python_lock_mark(mark("{}"));
    assert_eq!(edits.apply().unwrap(), text);
    put(&mut edits, "a", &stanza("a", "2")).unwrap();
    let text = edits.apply().unwrap();
    assert!(text.starts_with("# pyhack: lock {} without=\n"), "{text}");
    assert_eq!(text.matches("# pyhack: lock").count(), 1);
}

#[test]
fn kept_lines_are_carried_over_and_counted() {
    let text = format!("{{\n{}}}\n", block_of("a", &nested("a", "1")));
    let text = text.replace("  y = 1;\n", "  y = 1;\n  own = 1; # pyhack: keep\n");
    let document = parse(&text);
    assert!(!document.blocks()[0].is_edited());
    assert!(!document.blocks()[0].is_as_written());
    let mut edits = Edits::new(&document);
    put(&mut edits, "a", &nested("a", "2")).unwrap();
    let text = edits.apply().unwrap();
    let body = "a = map {\n  x = 2;\n  y = 1;\n  own = 1; # pyhack: keep\n};\n";
    let document = parse(&text);
    let block = &document.blocks()[0];
    assert_eq!(block.body(), body);
    assert_eq!(block.digests.as_ref().unwrap().kept, block.kept_digest());
    assert!(!block.kept_digest().is_empty());
}

#[test]
fn a_kept_line_without_a_place_is_named() {
    let text = written(&["a"]).replace("a = 1;\n", "a = {\n  x = 1; # pyhack: keep\n  };\n");
    let document = parse(&text);
    let mut edits = Edits::new(&document);
    let error = put_anyway(&mut edits, "a", &stanza("a", "2")).unwrap_err();
    assert!(
        matches!(&error, OverlayError::Keep { kept, .. } if kept == "x = 1;"),
        "{error}"
    );
}

#[test]
fn layout_is_no_difference() {
    let text = written(&["a"]).replace("a = 1;", "a   =\n      1;");
    let document = parse(&text);
    let (answers, parses) =
        count_parses(|| ["1", "2"].map(|value| says_the_same(&document, "a", &stanza("a", value))));
    assert_eq!((answers, parses), ([true, false], 0));
}

#[test]
fn what_is_nested_deeply_is_edited_without_overflow() {
    let deep = 100;
    let text = format!("{}final: prev: {{ }}{}", "(".repeat(deep), ")".repeat(deep));
    assert!(with_all(&text, &["a"]).contains("  a = 1;\n"));
    let Err(error) = Document::parse("overlay.nix", &"(".repeat(3_000)) else {
        panic!("it is too deep");
    };
    assert!(error.to_string().contains("nested too deeply"), "{error}");
}

/// A part of a file between its brackets.
#[derive(Debug, Clone)]
enum Part {
    Entry,
    Comment,
    BlankLine,
    Stanza { has_kept_line: bool },
}

/// What is done with the package of a part, or with a new one.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Action {
    Leave,
    Put,
    Remove,
}

fn parts() -> impl Strategy<Value = Vec<(Part, Action)>> {
    let part = prop_oneof![
        1 => Just(Part::Entry),
        1 => Just(Part::Comment),
        2 => Just(Part::BlankLine),
        5 => any::<bool>().prop_map(|has_kept_line| Part::Stanza { has_kept_line }),
    ];
    let action = prop_oneof![Just(Action::Leave), Just(Action::Put), Just(Action::Remove)];
    prop::collection::vec((part, action), 0..9)
}

/// A file, and what is done to it.
struct Case {
    text: String,
    put: Vec<String>,
    removed: Vec<String>,
}

impl Case {
    fn of(parts: &[(Part, Action)], indentation: usize) -> Self {
        let mut inside = String::new();
        let mut case = Self {
            text: String::new(),
            put: Vec::new(),
            removed: Vec::new(),
        };
        for (place, (part, action)) in parts.iter().enumerate() {
            let name = format!("p{place}");
            let part = match part {
                Part::Entry => format!("entry{place} = 1;\n"),
                Part::Comment => "# a comment\n".to_owned(),
                Part::BlankLine => "\n".to_owned(),
                Part::Stanza { has_kept_line } => {
                    let block = block_of(&name, &nested(&name, "1"));
                    let kept = "  own = 1; # pyhack: keep\n};";
                    block.replace("};", if *has_kept_line { kept } else { "};" })
                }
            };
            inside.push_str(&part);
            match action {
                Action::Leave => {}
                Action::Put => case.put.push(name),
                Action::Remove => case.removed.push(name),
            }
        }
        let inside = indent(&inside, indentation, "\n");
        case.text = format!("final: prev: {{\n{inside}}}\n");
        case
    }
}

/// Files of marks and brackets in any order; most of them are refused.
fn wild_files() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# pyhack: begin a 1\n",
        "# pyhack: end a\n",
        "# pyhack: from {}\n",
        "# pyhack: begin a\n# pyhack: end a\n",
        "# pyhack: begin b\n  b = 1;\n# pyhack: end b\n",
        "\n# pyhack: begin c\n  c = 1;\n  o = 2; # pyhack: keep\n# pyhack: end c\n\n",
        "# pyhack: lock {} without=\n",
        "x = 1;\n",
        "y = {\n",
        "};\n",
        "}\n",
        "\r\n",
        "  ",
        "let\n",
        "in\n",
        "rec ",
        "inherit a;",
        "final: prev: {\n",
        "# c\n",
    ]);
    let inside = prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat());
    (0..3, inside).prop_map(|(around, inside)| match around {
        0 => format!("final: prev: {{\n{inside}}}\n"),
        1 => format!("final: prev:\nlet\n{inside}\nin {{ }}\n"),
        _ => inside,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn edits_together_are_edits_one_by_one(
        parts in parts(),
        indentation in 0..5_usize,
        is_crlf in any::<bool>(),
    ) {
        let Case { mut text, put: names, removed } = Case::of(&parts, indentation);
        if is_crlf {
            text = text.replace('\n', "\r\n");
        }
        let first = parse(&text);
        let mut together = Edits::new(&first);
        let mut one_by_one = text.clone();
        let mut edit = |edit: &dyn Fn(&mut Edits)| {
            edit(&mut together);
            let document = parse(&one_by_one);
            let mut alone = Edits::new(&document);
            edit(&mut alone);
            one_by_one = alone.apply().unwrap();
        };
        for name in &names {
            edit(&|edits| {
                put(edits, name, &nested(name, "2")).unwrap();
            });
        }
        for name in &removed {
            edit(&|edits| edits.remove(name));
        }
        edit(&|edits| edits.set_python_lock_mark(mark("{}")));
        prop_assert_eq!(together.apply().unwrap(), one_by_one);
    }

    #[test]
    fn the_order_of_edits_is_of_no_matter(
        parts in parts(),
        order in prop::collection::vec(any::<u8>(), 10),
    ) {
        let Case { text, put: names, removed } = Case::of(&parts, 2);
        let document = parse(&text);
        let is_new = |name: &&String| document.block(name).is_none();
        let apply = |names: &[(u8, Option<&String>, Action)]| {
            let mut edits = Edits::new(&document);
            for (_, name, action) in names {
                match (name, action) {
                    (Some(name), Action::Put) => {
                        put(&mut edits, name, &nested(name, "2")).unwrap();
                    }
                    (Some(name), _) => edits.remove(name),
                    (None, _) => edits.set_python_lock_mark(mark("{}")),
                }
            }
            edits.apply().unwrap()
        };
        let new = names.iter().filter(is_new).take(1);
        let old = names.iter().filter(|name| !is_new(name));
        let put = new.chain(old).map(|name| (Some(name), Action::Put));
        let removed = removed.iter().map(|name| (Some(name), Action::Remove));
        let all = put.chain(removed).chain([(None, Action::Leave)]);
        let order = order.into_iter().cycle();
        let mut all: Vec<_> = all.zip(order).map(|((name, action), key)| (key, name, action)).collect();
        let text = apply(&all);
        all.sort_by_key(|(key, ..)| *key);
        prop_assert_eq!(apply(&all), text);
    }

    #[test]
    fn what_is_outside_of_the_marks_keeps_every_byte(
        text in wild_files(),
        name in prop::sample::select(vec!["a", "b", "c", "d"]),
    ) {
        let Ok(before) = Document::parse("overlay.nix", &text) else {
            return Ok(());
        };
        let mut edits = Edits::new(&before);
        if put_anyway(&mut edits, name, &stanza(name, "1")).is_err() {
            prop_assert_eq!(edits.apply().unwrap(), text);
            return Ok(());
        }
        if before.require_sound_outside().is_err() {
            prop_assert!(edits.apply().is_err());
            return Ok(());
        }
        let changed = edits.apply().unwrap();
        let after = parse(&changed);
        let range = &after.block(name).unwrap().range;
        let (head, tail) = (&changed[..range.start], &changed[range.end..]);
        if let Some(block) = before.block(name) {
            prop_assert_eq!(head, &text[..block.range.start]);
            prop_assert_eq!(tail, &text[block.range.end..]);
        } else {
            let words = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(words(head) + &words(tail), words(&text));
        }
    }
}
