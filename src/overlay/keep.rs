//! Lines within our marks that users want to keep.

use similar::{DiffOp, capture_diff_slices};

use super::KEEP;

/// Whether a line is to be kept.
pub(super) fn is_kept(line: &str) -> bool {
    line.trim_end().ends_with(KEEP)
}

/// The lines that are ours.
pub(super) fn ours(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter(|line| !is_kept(line))
}

/// Puts the lines that were kept in `old` into `new`, behind the lines that
/// they stand behind in `old`; one that sets what a line of `new` sets takes
/// its place. `is_sound` tells whether what comes out is Nix.
///
/// # Errors
/// Gives the line that fits nowhere.
pub(super) fn carry_over(
    old: &str,
    new: &str,
    is_sound: impl Fn(&str) -> bool,
) -> Result<String, String> {
    let mut base: Vec<&str> = ours(old).map(str::trim).collect();
    let mut lines: Vec<String> = new.lines().map(str::to_owned).collect();
    let mut behind = 0;
    for line in old.lines() {
        if !is_kept(line) {
            behind += 1;
            continue;
        }
        lines =
            put(line, (&base, behind), &lines, &is_sound).ok_or_else(|| line.trim().to_owned())?;
        // It is there from now on, for those that follow it.
        base.insert(behind, line.trim());
        behind += 1;
    }
    Ok(lines
        .into_iter()
        .flat_map(|line| [line, "\n".to_owned()])
        .collect())
}

/// Puts a line that stands behind `behind` lines of `base` into `lines`.
fn put(
    line: &str,
    (base, behind): (&[&str], usize),
    lines: &[String],
    is_sound: &impl Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let places = places(base, &trimmed, behind);
    let depth = depth(base[..behind].iter().copied());
    places.into_iter().find_map(|place| {
        if self::depth(trimmed[..place].iter().copied()) != depth {
            return None;
        }
        let mut lines = lines.to_vec();
        let indentation = indentation(&lines, place);
        let own = format!("{indentation}{}", line.trim());
        match set_by(line).and_then(|name| statement(&trimmed, place, name)) {
            Some(statement) => {
                lines.splice(statement, [own]);
            }
            None => lines.insert(place, own),
        }
        let text: String = lines.iter().flat_map(|line| [&**line, "\n"]).collect();
        is_sound(&text).then_some(lines)
    })
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
    fn where_it_fits_nowhere_it_is_told() {
        assert_eq!(
            carried("b = 1;\n").unwrap_err(),
            "own = true; # pyhack: keep"
        );
    }
}
