//! Lines within our marks that users want to keep.

use similar::{DiffOp, capture_diff_slices};

use super::{KEEP, Made};

/// Whether a line is to be kept.
pub(super) fn is_kept(line: &str) -> bool {
    line.trim_end().ends_with(KEEP)
}

/// The lines that are ours.
pub(super) fn ours(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter(|line| !is_kept(line))
}

/// The digest of the lines that are kept; empty without any.
pub(super) fn digest(body: &str) -> String {
    let kept = body.lines().filter(|line| is_kept(line)).map(str::trim);
    let kept: Vec<&str> = kept.collect();
    if kept.is_empty() {
        return String::new();
    }
    Made::digest(kept.join("\n").as_bytes())
}

/// Puts the lines that were kept in `old` into `new`, behind the lines that
/// they stand behind in `old`; those that set what `new` sets take its place.
/// `is_sound` tells whether what comes out is Nix.
///
/// # Errors
/// Gives the first of the lines that fit nowhere.
pub(super) fn carry_over(
    old: &str,
    new: &str,
    is_sound: impl Fn(&str) -> bool,
) -> Result<String, String> {
    let mut base: Vec<&str> = ours(old).map(str::trim).collect();
    let mut lines: Vec<String> = new.lines().map(str::to_owned).collect();
    let mut behind = 0;
    let mut old = old.lines().peekable();
    while let Some(line) = old.next() {
        if !is_kept(line) {
            behind += 1;
            continue;
        }
        // A value may go over several lines.
        let mut run = vec![line];
        while let Some(line) = old.next_if(|line| is_kept(line)) {
            run.push(line);
        }
        lines = put_all(&run, (&base, behind), &lines, &is_sound)
            .ok_or_else(|| line.trim().to_owned())?;
        // They are there from now on, for those that follow.
        base.splice(behind..behind, run.iter().map(|line| line.trim()));
        behind += run.len();
    }
    Ok(lines
        .into_iter()
        .flat_map(|line| [line, "\n".to_owned()])
        .collect())
}

/// Puts neighbouring lines in, statement by statement where that makes sense,
/// else as one.
fn put_all(
    run: &[&str],
    (base, behind): (&[&str], usize),
    lines: &[String],
    is_sound: &impl Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let mut base: Vec<&str> = base.to_vec();
    let mut lines = lines.to_vec();
    let (mut start, mut behind) = (0, behind);
    while start < run.len() {
        let ends = start + 1..=run.len();
        let (end, put) = ends.into_iter().find_map(|end| {
            let piece = &run[start..end];
            let put = put(piece, (&base, behind), &lines, is_sound)?;
            Some((end, put))
        })?;
        lines = put;
        base.splice(
            behind..behind,
            run[start..end].iter().map(|line| line.trim()),
        );
        behind += end - start;
        start = end;
    }
    Some(lines)
}

/// Puts lines that stand behind `behind` lines of `base` into `lines`.
fn put(
    piece: &[&str],
    (base, behind): (&[&str], usize),
    lines: &[String],
    is_sound: &impl Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let places = places(base, &trimmed, behind);
    let around = around(&base[..behind]);
    places.into_iter().find_map(|place| {
        if self::around(&trimmed[..place]) != around {
            return None;
        }
        let mut lines = lines.to_vec();
        let indentation = indentation(&lines, place);
        let least = piece
            .iter()
            .map(|line| line.len() - line.trim_start().len());
        let least = least.min().unwrap_or_default();
        let own = piece
            .iter()
            .map(|line| format!("{indentation}{}", line[least..].trim_end()));
        let name = set_by(piece[0]);
        match name.and_then(|name| statement(&trimmed, place, name)) {
            Some(statement) => {
                lines.splice(statement, own);
            }
            None => {
                lines.splice(place..place, own);
            }
        }
        let text: String = lines.iter().flat_map(|line| [&**line, "\n"]).collect();
        is_sound(&text).then_some(lines)
    })
}

/// What the end of some lines is in: for each bracket that is open, the name
/// that is being set there, if one is.
fn around(lines: &[&str]) -> Vec<Option<String>> {
    let mut open: Vec<Option<String>> = vec![None];
    for line in lines {
        let code = line.split(" # ").next().unwrap_or(line);
        if let (Some(name), Some(last)) = (set_by(line), open.last_mut()) {
            *last = Some(name.to_owned());
        }
        for c in code.chars() {
            match c {
                '{' | '[' | '(' => open.push(None),
                '}' | ']' | ')' if open.len() > 1 => {
                    open.pop();
                }
                _ => {}
            }
        }
        if let (true, Some(last)) = (code.trim_end().ends_with(';'), open.last_mut()) {
            *last = None;
        }
    }
    open
}

/// Where in `new` a line may stand that stands behind `behind` lines of
/// `base`: behind the nearest line before it that is in both, or before the
/// nearest behind it; its neighbours first.
fn places(base: &[&str], new: &[&str], behind: usize) -> Vec<usize> {
    // Each with how far it is away in `base`.
    let mut found: Vec<(usize, usize)> = Vec::new();
    for op in capture_diff_slices(similar::Algorithm::Myers, base, new) {
        let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        else {
            continue;
        };
        for step in 0..len {
            let (old, new) = (old_index + step, new_index + step);
            found.push(if old < behind {
                (behind - 1 - old, new + 1)
            } else {
                (old - behind, new)
            });
        }
    }
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().map(|(_, place)| place).collect()
}

/// How deep in brackets the end of some lines is. Brackets in strings count,
/// too: in both texts alike.
fn depth<'a>(lines: impl Iterator<Item = &'a str>) -> i64 {
    lines
        .flat_map(str::chars)
        .map(|c| match c {
            '{' | '[' | '(' => 1,
            '}' | ']' | ')' => -1,
            _ => 0,
        })
        .sum()
}

/// That of the line before, or of the one behind if it is deeper.
fn indentation(lines: &[String], place: usize) -> String {
    let of = |line: &String| line.len() - line.trim_start().len();
    let before = place
        .checked_sub(1)
        .and_then(|place| lines.get(place))
        .map_or(0, of);
    let behind = lines.get(place).map_or(0, of);
    " ".repeat(before.max(behind))
}

/// `name` of a line `name = ...;`.
fn set_by(line: &str) -> Option<&str> {
    let (name, _) = line.trim().split_once('=')?;
    let name = name.trim_end();
    let is_name =
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "\"'[({:".contains(c));
    is_name.then_some(name)
}

/// The lines of the statement that sets `name` in the set around `place`.
fn statement(lines: &[&str], place: usize, name: &str) -> Option<std::ops::Range<usize>> {
    let start = (0..lines.len()).find(|&start| {
        let (from, to) = (start.min(place), start.max(place));
        let between = &lines[from..to];
        let mut level = 0;
        let mut lowest = 0;
        for line in between {
            level += depth(std::iter::once(*line));
            lowest = lowest.min(level);
        }
        set_by(lines[start]) == Some(name) && level == 0 && lowest == 0
    })?;
    let mut level = 0;
    let end = (start..lines.len()).find(|&end| {
        level += depth(std::iter::once(lines[end]));
        level == 0 && lines[end].ends_with(';')
    })?;
    Some(start..end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "a = f {\n  x = 1;\n  own = true; # pyhack: keep\n  y = [\n    p\n  ];\n};\n";

    fn carried(new: &str) -> Result<String, String> {
        let is_sound = |text: &str| {
            rnix::Root::parse(&format!("{{{text}}}"))
                .errors()
                .is_empty()
        };
        carry_over(OLD, new, is_sound)
    }

    #[test]
    fn a_line_stays_where_it_was() {
        let new = "a = f {\n  x = 2;\n  y = [\n    p\n    q\n  ];\n};\n";
        let expected =
            "a = f {\n  x = 2;\n  own = true; # pyhack: keep\n  y = [\n    p\n    q\n  ];\n};\n";
        assert_eq!(carried(new).unwrap(), expected);
        assert_eq!(carry_over(expected, new, |_| true).unwrap(), expected);
    }

    #[test]
    fn it_takes_the_place_of_what_it_sets() {
        let new = "a = f {\n  x = 1;\n  own = [\n    1\n  ];\n  y = [\n    p\n  ];\n};\n";
        assert_eq!(carried(new).unwrap(), OLD);
    }

    #[test]
    fn a_list_is_told_from_another() {
        let old = "a = [\n  p\n];\nb = [\n  q\n  own # pyhack: keep\n];\n";
        let is_sound = |text: &str| {
            rnix::Root::parse(&format!("{{{text}}}"))
                .errors()
                .is_empty()
        };
        let carried = |new: &str| carry_over(old, new, is_sound);
        let new = "a = [\n  p\n];\n";
        assert_eq!(carried(new).unwrap_err(), "own # pyhack: keep");
        let new = "a = [\n  p\n];\nb = [\n  r\n];\n";
        let expected = "a = [\n  p\n];\nb = [\n  r\n  own # pyhack: keep\n];\n";
        let other = "a = [\n  p\n];\nb = [\n  own # pyhack: keep\n  r\n];\n";
        let found = carried(new).unwrap();
        assert!(found == expected || found == other, "{found}");
    }

    #[test]
    fn a_value_of_several_lines_stays_one() {
        let old = "a = 1;\nx = [ # pyhack: keep\n  1 # pyhack: keep\n]; # pyhack: keep\ny = 2; # pyhack: keep\nb = 1;\n";
        let is_sound = |text: &str| {
            rnix::Root::parse(&format!("{{{text}}}"))
                .errors()
                .is_empty()
        };
        let new = "a = 2;\nb = 1;\ny = 3;\n";
        let expected = "a = 2;\nx = [ # pyhack: keep\n  1 # pyhack: keep\n]; # pyhack: keep\nb = 1;\ny = 2; # pyhack: keep\n";
        assert_eq!(carry_over(old, new, is_sound).unwrap(), expected);
    }

    #[test]
    fn where_it_fits_nowhere_it_is_told() {
        assert_eq!(
            carried("b = 1;\n").unwrap_err(),
            "own = true; # pyhack: keep"
        );
    }
}
