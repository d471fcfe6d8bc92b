//! Lines between the marks that users want to keep.

use similar::{DiffOp, capture_diff_slices};

use super::{KEEP, digest as digest_of};

/// Tells whether a line is marked to be kept.
pub(super) fn is_kept(line: &str) -> bool {
    line.trim_end().ends_with(KEEP)
}

/// Returns the lines that aren't marked to be kept.
pub(super) fn generated_lines(body: &str) -> impl Iterator<Item = &str> {
    body.lines().filter(|line| !is_kept(line))
}

/// Returns the digest of the lines to keep; empty if there are none.
pub(super) fn digest(body: &str) -> String {
    let kept = body.lines().filter(|line| is_kept(line)).map(str::trim);
    let kept: Vec<&str> = kept.collect();
    if kept.is_empty() {
        return String::new();
    }
    digest_of(kept.join("\n").as_bytes())
}

/// A gap between lines of the old stanza, in which kept lines are.
struct Gap<'a> {
    /// The lines around it, trimmed: the generated ones, and the kept ones that
    /// were carried over.
    lines: Vec<&'a str>,
    /// Number of lines before the gap.
    at: usize,
}

impl<'a> Gap<'a> {
    /// Adds kept lines, which go before the gap.
    fn fill(&mut self, kept: &[&'a str]) {
        let kept = kept.iter().map(|line| line.trim());
        let before = self.lines.len();
        self.lines.splice(self.at..self.at, kept);
        self.at += self.lines.len() - before;
    }
}

/// Inserts the kept lines of `old` into `new`, next to the lines that they are
/// next to in `old`. A kept line that sets a name replaces the statement of
/// `new` that sets it. `is_sound` tells whether the result is Nix.
///
/// # Errors
/// Returns the first line that fits nowhere.
pub(super) fn carry_over(
    old: &str,
    new: &str,
    is_sound: impl Fn(&str) -> bool,
) -> Result<String, String> {
    let mut gap = Gap {
        lines: generated_lines(old).map(str::trim).collect(),
        at: 0,
    };
    let mut lines: Vec<String> = new.lines().map(str::to_owned).collect();
    let mut old = old.lines().peekable();
    while let Some(line) = old.next() {
        if !is_kept(line) {
            gap.at += 1;
            continue;
        }
        // A value may go over several lines.
        let mut run = vec![line];
        while let Some(line) = old.next_if(|line| is_kept(line)) {
            run.push(line);
        }
        lines =
            insert_run(&run, &mut gap, lines, &is_sound).ok_or_else(|| line.trim().to_owned())?;
    }
    Ok(lines
        .into_iter()
        .flat_map(|line| [line, "\n".to_owned()])
        .collect())
}

/// Inserts adjacent kept lines: each statement by itself if it is sound alone,
/// otherwise together with the lines after it.
fn insert_run<'a>(
    run: &[&'a str],
    gap: &mut Gap<'a>,
    mut lines: Vec<String>,
    is_sound: &impl Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let mut start = 0;
    while start < run.len() {
        let ends = start + 1..=run.len();
        let (end, inserted) = ends.into_iter().find_map(|end| {
            let inserted = insert_piece(&run[start..end], gap, &lines, is_sound)?;
            Some((end, inserted))
        })?;
        lines = inserted;
        gap.fill(&run[start..end]);
        start = end;
    }
    Some(lines)
}

/// Inserts one piece of a run at the first place where the result is sound.
fn insert_piece(
    piece: &[&str],
    gap: &Gap,
    lines: &[String],
    is_sound: &impl Fn(&str) -> bool,
) -> Option<Vec<String>> {
    let trimmed: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let around = open_names(&gap.lines[..gap.at]);
    candidate_places(gap, &trimmed)
        .into_iter()
        .find_map(|place| {
            if open_names(&trimmed[..place]) != around {
                return None;
            }
            let mut lines = lines.to_vec();
            let indentation = indentation_at(&lines, place);
            let least = piece
                .iter()
                .map(|line| line.len() - line.trim_start().len());
            let least = least.min().unwrap_or_default();
            let own = piece
                .iter()
                .map(|line| format!("{indentation}{}", line[least..].trim_end()));
            let name = name_set_by(piece[0]);
            match name.and_then(|name| find_statement(&trimmed, place, name)) {
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

/// Returns the brackets that are open after some lines: for each, the name that
/// is being set inside it, if there is one.
fn open_names(lines: &[&str]) -> Vec<Option<String>> {
    let mut open: Vec<Option<String>> = vec![None];
    for line in lines {
        let code = line.split(" # ").next().unwrap_or(line);
        if let (Some(name), Some(last)) = (name_set_by(line), open.last_mut()) {
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

/// Returns where in `new` the lines of a gap may go: after each line before the
/// gap that both texts have, and before each after it, the nearest first.
fn candidate_places(gap: &Gap, new: &[&str]) -> Vec<usize> {
    // Each with its distance from the gap.
    let mut found: Vec<(usize, usize)> = Vec::new();
    for op in capture_diff_slices(similar::Algorithm::Myers, &gap.lines, new) {
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
            found.push(if old < gap.at {
                (gap.at - 1 - old, new + 1)
            } else {
                (old - gap.at, new)
            });
        }
    }
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().map(|(_, place)| place).collect()
}

/// Returns by how much a line changes the depth in brackets. Brackets in
/// strings count as well, which is the same in both texts.
fn depth_change(line: &str) -> i64 {
    line.chars()
        .map(|c| match c {
            '{' | '[' | '(' => 1,
            '}' | ']' | ')' => -1,
            _ => 0,
        })
        .sum()
}

/// Returns the indentation of the line before a place or of the one after it,
/// whichever is deeper.
fn indentation_at(lines: &[String], place: usize) -> String {
    let of = |line: &String| line.len() - line.trim_start().len();
    let before = place
        .checked_sub(1)
        .and_then(|place| lines.get(place))
        .map_or(0, of);
    let behind = lines.get(place).map_or(0, of);
    " ".repeat(before.max(behind))
}

/// Returns `name` of a line `name = ...;`.
fn name_set_by(line: &str) -> Option<&str> {
    let (name, _) = line.trim().split_once('=')?;
    let name = name.trim_end();
    let is_name =
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "\"'[({:".contains(c));
    is_name.then_some(name)
}

/// Returns the lines of the statement that sets `name` in the same set as
/// `place`.
fn find_statement(lines: &[&str], place: usize, name: &str) -> Option<std::ops::Range<usize>> {
    let start = (0..lines.len()).find(|&start| {
        let (from, to) = (start.min(place), start.max(place));
        let mut level = 0;
        let mut lowest = 0;
        for line in &lines[from..to] {
            level += depth_change(line);
            lowest = lowest.min(level);
        }
        name_set_by(lines[start]) == Some(name) && level == 0 && lowest == 0
    })?;
    let mut level = 0;
    let end = (start..lines.len()).find(|&end| {
        level += depth_change(lines[end]);
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
