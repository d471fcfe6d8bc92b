//! Putting a stanza into an overlay file.

use std::ops::Range;

use miette::{NamedSource, SourceSpan};
use rnix::ast;
use rnix::{SyntaxKind, SyntaxNode};
use rowan::ast::AstNode;

use super::{Block, KEEP, Made, Overlay, OverlayError, PREFIX, keep, text_digest};

/// A stanza to be put into a file.
pub struct NewBlock<'a> {
    /// The package.
    pub name: &'a str,
    /// Its version.
    pub version: Option<&'a str>,
    /// What it is made from, as an object of JSON.
    pub recipe: &'a str,
    /// Digests of what it was made from; that of the text is filled in.
    pub made: Made,
    /// `NAME = ...;`, as it is laid out behind so many spaces, which aren't in
    /// it.
    pub stanza: &'a dyn Fn(usize) -> Result<String, OverlayError>,
    /// Whether a stanza that was edited by hand is replaced.
    pub force: bool,
}

/// Puts a stanza into a file: in the place of the old one, or, where there is
/// none, at the end of the overlay's set. What comes out is Nix.
///
/// # Errors
/// Where there is no place for it, the name is taken, or the old one was
/// edited by hand.
pub fn with_block(overlay: &Overlay, new: &NewBlock) -> Result<String, OverlayError> {
    let text = match overlay.block(new.name) {
        Some(block) => overlay.replaced(block, new)?,
        None => overlay.inserted(new)?,
    };
    let changed = Overlay::parse(overlay.place, &text)?;
    // Whatever is in the stanza, it is between its marks and nowhere else.
    let others = |overlay: &Overlay| -> Vec<String> {
        let names = overlay.blocks.iter().map(|block| block.name.clone());
        names.filter(|name| name != new.name).collect()
    };
    let is_there = changed.block(new.name).is_some();
    if !is_there || others(&changed) != others(overlay) {
        return Err(OverlayError::Keep {
            place: overlay.place.to_owned(),
            name: new.name.to_owned(),
            kept: "what it is made from".to_owned(),
        });
    }
    drop(changed);
    Ok(text)
}

/// Takes a stanza out, with its marks and the empty line before it.
#[must_use]
pub fn without_block(overlay: &Overlay, block: &Block) -> String {
    let mut text = overlay.text.to_owned();
    let end = text[block.range.end..]
        .find('\n')
        .map_or(text.len(), |newline| block.range.end + newline + 1);
    let above = &text[..block.range.start];
    let start = above
        .strip_suffix("\n\n")
        .map_or(block.range.start, |rest| rest.len() + 1);
    text.replace_range(start..end, "");
    text
}

impl Overlay<'_> {
    fn replaced(&self, block: &Block, new: &NewBlock) -> Result<String, OverlayError> {
        let set = self.set_around(block);
        if let Some(set) = &set {
            self.require_free(set, new.name, Some(&block.range))?;
        }
        let old = &self.text[block.body.clone()];
        let stanza = (new.stanza)(block.indentation)?;
        let kept = self.with_kept_lines(old, &stanza, new.name)?;
        let is_edited = match &block.made {
            Some(made) => text_digest(old) != made.text,
            None => keep::ours(old).any(|line| !line.trim().is_empty()),
        };
        if is_edited && !new.force {
            let indented = indented(&kept, block.indentation, self.newline());
            if text_digest(&kept) != text_digest(old) {
                return Err(OverlayError::Edited {
                    place: self.place.to_owned(),
                    line: block.line,
                    name: new.name.to_owned(),
                    diff: super::unified_diff(old, &indented, self.place),
                });
            }
        }
        // Without what kept lines take the place of.
        let made = Made {
            text: text_digest(&kept),
            kept: keep::digest(&kept),
            ..new.made.clone()
        };
        let marked = marked(new, &made, &kept);
        let block_text = indented(&marked, block.indentation, self.newline());
        let mut text = self.text.to_owned();
        text.replace_range(block.range.clone(), block_text.trim_end());
        Ok(text)
    }

    fn with_kept_lines(&self, old: &str, stanza: &str, name: &str) -> Result<String, OverlayError> {
        let is_sound = |text: &str| {
            rnix::Root::parse(&format!("{{\n{text}\n}}"))
                .errors()
                .is_empty()
        };
        if !old.lines().any(keep::is_kept) {
            return Ok(stanza.to_owned());
        }
        keep::carry_over(old, stanza, is_sound).map_err(|line| OverlayError::Keep {
            place: self.place.to_owned(),
            name: name.to_owned(),
            kept: line.trim_end_matches(KEEP).trim().to_owned(),
        })
    }

    fn inserted(&self, new: &NewBlock) -> Result<String, OverlayError> {
        let set = self.overlay_set(new.name)?;
        self.require_free(&set, new.name, None)?;
        let brace = set
            .last_token()
            .map_or(0, |brace| brace.text_range().start().into());
        let line = line_start(self.text, brace);
        let has_own_line = self.text[line..brace].trim().is_empty();
        let outer = if has_own_line {
            brace - line
        } else {
            let start = line_start(self.text, set.text_range().start().into());
            spaces(&self.text[start..])
        };
        let indentation = self.inner_indentation(&set).unwrap_or(outer + 2);
        let stanza = (new.stanza)(indentation)?;
        let made = Made {
            text: text_digest(&stanza),
            ..new.made.clone()
        };
        let newline = self.newline();
        let mut block = indented(&marked(new, &made, &stanza), indentation, newline);
        let mut text = self.text.to_owned();
        if has_own_line {
            // Stanzas are paragraphs.
            let above = self.text[..line].trim_end_matches(' ');
            let is_first = above.trim_end().ends_with('{');
            let has_gap = above.ends_with("\n\n") || above.ends_with("\r\n\r\n");
            if !is_first && !has_gap {
                block.insert_str(0, newline);
            }
            text.insert_str(line, &block);
        } else {
            let gap = self.text[..brace].trim_end_matches([' ', '\t']).len();
            let end = " ".repeat(outer);
            text.replace_range(gap..brace, &format!("{newline}{block}{end}"));
        }
        Ok(text)
    }

    /// How far the first entry of a set is indented, if it has a line of its
    /// own.
    fn inner_indentation(&self, set: &SyntaxNode) -> Option<usize> {
        let start: usize = set.children().next()?.text_range().start().into();
        let line = line_start(self.text, start);
        let before = &self.text[line..start];
        before.chars().all(|c| c == ' ').then_some(before.len())
    }

    fn newline(&self) -> &'static str {
        if self.text.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    /// The set that a stanza stands in.
    fn set_around(&self, block: &Block) -> Option<SyntaxNode> {
        let at = u32::try_from(block.range.start + block.indentation).ok()?;
        let token = self.root.token_at_offset(at.into()).right_biased()?;
        token.parent()
    }

    /// The set that new stanzas go into: that of `final: prev: { }`, or the
    /// one that has stanzas of ours, if there is only one.
    fn overlay_set(&self, name: &str) -> Result<SyntaxNode, OverlayError> {
        let mut ours: Vec<SyntaxNode> = Vec::new();
        for block in &self.blocks {
            ours.extend(self.set_around(block).filter(|set| !ours.contains(set)));
        }
        let sets = if ours.is_empty() {
            self.overlay_sets()
        } else {
            ours
        };
        let found = match &sets[..] {
            [set] if set.kind() == SyntaxKind::NODE_ATTR_SET => return Ok(set.clone()),
            [] | [_] => "no place (no `final: prev: { }`)",
            _ => "several places",
        };
        Err(OverlayError::NoPlace {
            place: self.place.to_owned(),
            found: found.to_owned(),
            name: name.to_owned(),
        })
    }

    fn overlay_sets(&self) -> Vec<SyntaxNode> {
        let lambdas = self.root.descendants().filter_map(ast::Lambda::cast);
        let sets = lambdas.filter_map(|outer| {
            let inner = without_parentheses(outer.body()?);
            let ast::Expr::Lambda(inner) = inner? else {
                return None;
            };
            let is_overlay = parameter(&outer)? == "final" && parameter(&inner)? == "prev";
            if !is_overlay {
                return None;
            }
            Some(set_of(inner.body()?)?.syntax().clone())
        });
        sets.collect()
    }

    /// Refuses a name that the user sets, or inherits, in the same set.
    fn require_free(
        &self,
        set: &SyntaxNode,
        name: &str,
        own: Option<&Range<usize>>,
    ) -> Result<(), OverlayError> {
        for entry in set.children() {
            let start: usize = entry.text_range().start().into();
            if own.is_some_and(|own| own.contains(&start)) || !sets(&entry, name) {
                continue;
            }
            let end: usize = entry.text_range().end().into();
            return Err(OverlayError::Taken {
                place: self.place.to_owned(),
                line: self.line(start),
                name: name.to_owned(),
                text: NamedSource::new(self.place, self.text.to_owned()),
                at: Some(SourceSpan::from(start..end)),
            });
        }
        Ok(())
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether an entry of a set sets an attribute, or something in it.
fn sets(entry: &SyntaxNode, name: &str) -> bool {
    let is_it = |attr: ast::Attr| match attr {
        ast::Attr::Ident(ident) => ident.to_string() == name,
        ast::Attr::Str(string) => string.to_string().trim_matches('"') == name,
        ast::Attr::Dynamic(_) => false,
    };
    if let Some(entry) = ast::AttrpathValue::cast(entry.clone()) {
        let first = entry.attrpath().and_then(|path| path.attrs().next());
        return first.is_some_and(is_it);
    }
    let inherit = ast::Inherit::cast(entry.clone());
    inherit.is_some_and(|inherit| inherit.attrs().any(is_it))
}

fn without_parentheses(expr: ast::Expr) -> Option<ast::Expr> {
    match expr {
        ast::Expr::Paren(paren) => without_parentheses(paren.expr()?),
        expr => Some(expr),
    }
}

fn parameter(lambda: &ast::Lambda) -> Option<String> {
    match lambda.param()? {
        ast::Param::IdentParam(param) => Some(param.ident()?.to_string()),
        ast::Param::Pattern(_) => None,
    }
}

/// The set that an overlay's body gives, or the last of those that it joins.
fn set_of(body: ast::Expr) -> Option<ast::AttrSet> {
    match body {
        ast::Expr::AttrSet(set) => Some(set),
        ast::Expr::Paren(paren) => set_of(paren.expr()?),
        ast::Expr::LetIn(let_in) => set_of(let_in.body()?),
        ast::Expr::With(with) => set_of(with.body()?),
        ast::Expr::Assert(assert) => set_of(assert.body()?),
        ast::Expr::Apply(apply) => {
            // These give the set that they take, or less of it.
            let function = apply.lambda()?.syntax().to_string();
            let is_known = ["builtins.intersectAttrs ", "lib.optionalAttrs "]
                .iter()
                .any(|known| function.starts_with(known));
            is_known.then(|| set_of(apply.argument()?))?
        }
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
            set_of(op.rhs()?).or_else(|| set_of(op.lhs()?))
        }
        _ => None,
    }
}

/// The stanza between its marks.
pub(super) fn marked(new: &NewBlock, made: &Made, stanza: &str) -> String {
    let version = new
        .version
        .map_or_else(String::new, |version| format!(" {version}"));
    let (name, recipe) = (new.name, new.recipe);
    format!(
        "{PREFIX} begin {name}{version}\n{PREFIX} from {recipe}\n{PREFIX} made {made}\n{stanza}\
         {PREFIX} end {name}\n"
    )
}

/// Each line behind so many spaces.
fn indented(text: &str, indentation: usize, newline: &str) -> String {
    let spaces = " ".repeat(indentation);
    let lines = text.lines().map(|line| match line {
        "" => newline.to_owned(),
        line => format!("{spaces}{line}{newline}"),
    });
    lines.collect()
}
