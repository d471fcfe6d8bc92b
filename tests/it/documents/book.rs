//! The pages of the book: that each is listed, that links lead somewhere, and
//! that examples show what is printed.
//!
//! A `console` block after `<!-- run in testdata/projects/NAME -->` is run in a
//! copy of that project, its commands one after the other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::locks::fixtures::{APP, Sdist, serving, uv_lock};
use crate::support::{Crate, Registry, Sandbox, has_parallel, has_slurm};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// README.md and all pages in `docs`, relative to the repository.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![PathBuf::from("README.md")];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if Path::new(ROOT).join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

fn read(page: &Path) -> String {
    fs::read_to_string(Path::new(ROOT).join(page)).unwrap()
}

/// The lines outside fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The targets of `[text](target)` and `[label]: target`.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for line in prose(text) {
        let inline = line.split("](").skip(1);
        links.extend(inline.filter_map(|rest| Some(rest.split_once(')')?.0)));
        let label = line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("]: "));
        links.extend(label.map(|(_, target)| target));
    }
    links
}

/// The anchors of a page's headings, as GitHub and mdBook make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_page_is_in_the_summary() {
    let summary = read(Path::new("docs/SUMMARY.md"));
    let listed: BTreeSet<_> = links(&summary)
        .into_iter()
        .map(|link| Path::new("docs").join(link))
        .collect();
    let pages: BTreeSet<_> = pages()
        .into_iter()
        .filter(|page| page.starts_with("docs") && !page.ends_with("SUMMARY.md"))
        .collect();
    assert_eq!(listed, pages);
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = read(&page);
        for link in links(&text) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                _ => page.parent().unwrap().join(file),
            };
            let is_there = Path::new(ROOT).join(&target).exists();
            let is_broken =
                !is_there || (!anchor.is_empty() && !anchors(&read(&target)).contains(anchor));
            if is_broken {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// mdBook makes no page of its summary, of folders and of files above `docs`.
#[test]
fn links_of_the_book_lead_to_pages_and_files_in_it() {
    let docs = Path::new("docs");
    let mut broken = Vec::new();
    for page in pages().iter().filter(|page| page.starts_with(docs)) {
        let text = read(page);
        for link in links(&text).into_iter().filter(|l| !l.contains("://")) {
            let (file, _) = link.split_once('#').unwrap_or((link, ""));
            let folder = Path::new(ROOT).join(page.parent().unwrap());
            let target = folder.join(file).canonicalize().unwrap();
            let is_inside = target.starts_with(Path::new(ROOT).join(docs).canonicalize().unwrap());
            let is_page = target.is_file() && !target.ends_with("SUMMARY.md");
            let is_found = file.is_empty() || is_inside && is_page;
            if !is_found {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Copies a folder into the sandbox.
fn copy(sandbox: &Sandbox, from: &Path, to: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = format!("{to}/{}", entry.file_name().to_str().unwrap());
        match entry.path().is_dir() {
            true => copy(sandbox, &entry.path(), &to),
            false => drop(sandbox.write(&to, fs::read(entry.path()).unwrap())),
        }
    }
}

/// Runs a line in a shell where `cargo pyhack` is the program under test.
///
/// Returns what a reader has to see: the results, or the messages if there are
/// no results. Notes are left out, because they depend on Cargo's cache.
fn shell(sandbox: &Sandbox, line: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_cargo-pyhack"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [program.parent().unwrap().to_owned()]
        .into_iter()
        .chain(std::env::split_paths(&path));
    let output = sandbox
        .command("sh")
        .args(["-c", line])
        .current_dir(sandbox.path("project"))
        .env("PATH", std::env::join_paths(folders).unwrap())
        .output()
        .unwrap();
    let run = sandbox.redacted(&output);
    match run.stdout.is_empty() {
        true => without_notes(&run.stderr),
        false => run.stdout,
    }
}

fn without_notes(messages: &str) -> String {
    let lines = messages.lines();
    lines
        .filter(|line| !line.starts_with("note: "))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Runs the commands of a block, and returns the block as it has to be.
fn ran(sandbox: &Sandbox, block: &str) -> String {
    let commands = block.lines().filter_map(|line| line.strip_prefix("$ "));
    commands
        .map(|line| format!("$ {line}\n{}", shell(sandbox, line)))
        .collect()
}

/// The page with what its examples print today, and how many were run.
fn with_examples_run(text: &str) -> (String, usize) {
    const START: &str = "<!-- run in testdata/projects/";
    const FENCE: &str = "```console\n";
    let mut parts = text.split(START);
    let mut page = parts.next().unwrap().to_owned();
    let mut count = 0;
    for part in parts {
        let (project, rest) = part.split_once(" -->").unwrap();
        let (before, rest) = rest.split_once(FENCE).unwrap();
        let (block, after) = rest.split_once("```\n").unwrap();
        let sandbox = Sandbox::new();
        let from = Path::new(ROOT).join("testdata/projects").join(project);
        copy(&sandbox, &from, "project");
        let printed = ran(&sandbox, block);
        page.extend([
            START, project, " -->", before, FENCE, &printed, "```\n", after,
        ]);
        count += 1;
    }
    (page, count)
}

/// With `BLESS=1`, writes what is printed instead of comparing it.
#[test]
fn examples_show_what_is_printed() {
    let mut count = 0;
    for page in pages() {
        let text = read(&page);
        let (wanted, examples) = with_examples_run(&text);
        count += examples;
        if std::env::var_os("BLESS").is_some() {
            fs::write(Path::new(ROOT).join(&page), &wanted).unwrap();
        }
        let found = read(&page);
        let page = page.display();
        assert_eq!(
            found, wanted,
            "{page} isn't up to date: run `BLESS=1 cargo test --test it documents`"
        );
    }
    assert!(count > 0, "no page has an example");
}

/// A terminal's text as a picture.
fn picture(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let height = 18 * lines.len() + 22;
    let longest = lines.iter().map(|line| line.chars().count()).max();
    let width = 8 * longest.unwrap_or_default() + 32;
    let start = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"cargo pyhack lock writes an overlay for a uv.lock\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1e1e2e\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\" fill=\"#cdd6f4\">\n"
    );
    let lines = lines.into_iter().enumerate();
    let texts: String = lines
        .map(|(number, line)| picture_line(number, line))
        .collect();
    format!("{start}{texts}</g>\n</svg>\n")
}

/// A line of the terminal, in the colour of a command, a status or a result.
fn picture_line(number: usize, line: &str) -> String {
    let y = 18 * number + 24;
    let text = line
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let colour = match () {
        () if line.starts_with("$ ") => " fill=\"#a6e3a1\"",
        () if line.starts_with(' ') && line.contains('`') => " fill=\"#89b4fa\"",
        () => "",
    };
    format!("<text x=\"16\" y=\"{y}\" xml:space=\"preserve\"{colour}>{text}</text>\n")
}

/// A project `project` with a lock of a package with Rust and one without, and
/// the registry that serves them.
fn locked_project() -> (Sandbox, Registry) {
    let crates = [Crate::new("openssl-sys", "1.0.0")];
    let rust = Sdist::rust("fast-pack", "1.0", &crates);
    let plain = Sdist::built_with("plain-pack", "2.1", &["setuptools>=77"]);
    let sdists = [rust, plain];
    let registry = serving(&crates, &sdists);
    let address = registry.address();
    let entries: Vec<_> = sdists
        .iter()
        .map(|sdist| (sdist.name, sdist.entry(&address, "")))
        .collect();
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.write("project/uv.lock", uv_lock(&entries));
    sandbox.write("project/pyproject.toml", APP);
    (sandbox, registry)
}

/// With `BLESS=1`, writes the picture in README.md instead of comparing it with
/// what was printed.
#[test]
fn the_recording_is_of_a_real_run() {
    let (sandbox, _registry) = locked_project();
    let text = ran(
        &sandbox,
        "$ cargo pyhack lock --write overlay.nix\n$ sed '1,/^}:/d; /# pyhack:/d' overlay.nix\n",
    );
    let svg = picture(&text);
    let path = Path::new(ROOT).join("docs/recording.svg");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &svg).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        found, svg,
        "docs/recording.svg isn't up to date: run `BLESS=1 cargo test --test it documents`"
    );
}

/// The help of a command and of its subcommands, each under a heading.
fn reference(command: &mut clap::Command, name: &str) -> String {
    let help = command.render_long_help().to_string();
    let help: String = help
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect();
    let mut page = format!("\n## `{name}`\n\n```text\n{}\n```\n", help.trim_end());
    let subcommands = command.get_subcommands_mut();
    for subcommand in subcommands.filter(|subcommand| subcommand.get_name() != "help") {
        let name = format!("{name} {}", subcommand.get_name());
        page += &reference(subcommand, &name);
    }
    page
}

/// With `BLESS=1`, writes the page instead of comparing it.
#[test]
fn the_command_line_is_that_of_the_program() {
    const INTRODUCTION: &str = "# Command line\n\n\
        The output of `--help` for each command. [Commands](commands.md) explains them with examples.\n";
    let mut command = cargo_pyhack::testing::command()
        .bin_name("cargo pyhack")
        .term_width(100);
    command.build();
    let wanted = INTRODUCTION.to_owned() + &reference(&mut command, "cargo pyhack");
    let path = Path::new(ROOT).join("docs/command-line.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/command-line.md isn't up to date: run `BLESS=1 cargo test --test it documents`"
    );
}

/// Returns the first block of shell commands after a line of a page.
fn commands_after(page: &str, line: &str) -> String {
    let text = read(Path::new(page));
    let (_, text) = text.split_once(&format!("{line}\n")).unwrap();
    let (_, text) = text.split_once("```sh\n").unwrap();
    text.split_once("```").unwrap().0.to_owned()
}

/// Runs the commands, which split a run into eight parts and merge them, and
/// compares the overlay with that of a run that isn't split.
#[track_caller]
fn writes_the_overlay_of_one_run(sandbox: &Sandbox, commands: &str) {
    let said = shell(sandbox, "cargo pyhack lock --write one.nix");
    assert!(said.contains("Wrote `one.nix`"), "{said}");
    let said = shell(sandbox, commands);
    let read = |name: &str| fs::read_to_string(sandbox.path("project").join(name));
    assert_eq!(read("overlay.nix").expect(&said), read("one.nix").unwrap());
    let parts = (1..=8).map(|part| read(&format!("{part}.jsonl")).unwrap());
    let parts = parts.filter(|part| !part.is_empty());
    assert_eq!(parts.count(), 2, "each package is in a part of its own");
}

#[test]
fn gnu_parallel_writes_the_overlay_of_one_run() {
    if !has_parallel() {
        return;
    }
    let (sandbox, _registry) = locked_project();
    let commands = commands_after("docs/scale.md", "**GNU parallel**");
    writes_the_overlay_of_one_run(&sandbox, &commands);
}

/// On a cluster of one node, by `tests/scripts/slurm`.
#[test]
fn slurm_writes_the_overlay_of_one_run() {
    if !has_slurm() {
        return;
    }
    let (sandbox, _registry) = locked_project();
    let parts = commands_after("docs/scale.md", "**Slurm**");
    sandbox.write("project/parts.sh", parts);
    let merge = commands_after("docs/scale.md", "Submit it, wait for the tasks, and merge:");
    let cluster = sandbox.path("cluster");
    fs::create_dir(&cluster).unwrap();
    sandbox.write("project/commands.sh", merge);
    let commands = format!(
        "SCRATCH='{cluster}' '{ROOT}/tests/scripts/slurm' '{cluster}' sh -e commands.sh",
        cluster = cluster.display()
    );
    writes_the_overlay_of_one_run(&sandbox, &commands);
}
