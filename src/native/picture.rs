//! Draws dependency paths: as Graphviz' dot, as Mermaid and as SVG.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::needs::Needed;
use super::why::DependencyPath;

/// A graph of crates and of what they need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    nodes: Vec<Node>,
    edges: BTreeSet<Edge>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    /// A crate and its version, an attribute path or a variable.
    label: String,
    /// Whether it is something that a crate needs, not a crate.
    is_need: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: usize,
    to: usize,
    /// The feature that enabled the dependency; may be empty.
    label: String,
    /// Whether it is a build dependency, which is drawn dashed.
    is_build: bool,
}

impl Picture {
    /// Draws paths; what they have in common is drawn once.
    pub fn new(paths: &[DependencyPath]) -> Self {
        let mut picture = Self::default();
        let mut indices = BTreeMap::new();
        for path in paths {
            let mut from = None;
            for step in &path.crates {
                let label = format!("{} {}", step.krate, step.version);
                let to = picture.node(&mut indices, label, false);
                if let Some(from) = from {
                    picture.edges.insert(Edge {
                        from,
                        to,
                        label: step.features.first().cloned().unwrap_or_default(),
                        is_build: step.is_build_dependency,
                    });
                }
                from = Some(to);
            }
            for need in &path.needs {
                let label = match &need.what {
                    Needed::Variable(name, _) => name.clone(),
                    package => package.to_string(),
                };
                let to = picture.node(&mut indices, label, true);
                if let Some(from) = from {
                    picture.edges.insert(Edge {
                        from,
                        to,
                        label: String::new(),
                        is_build: false,
                    });
                }
            }
        }
        picture
    }

    /// The index of the node with this label.
    fn node(
        &mut self,
        indices: &mut BTreeMap<String, usize>,
        label: String,
        is_need: bool,
    ) -> usize {
        *indices.entry(label.clone()).or_insert_with(|| {
            self.nodes.push(Node { label, is_need });
            self.nodes.len() - 1
        })
    }

    /// Prints the graph in Graphviz' language.
    pub fn dot(&self) -> String {
        let mut text = "digraph native {\n  rankdir = LR;\n  node [shape = box];\n".to_owned();
        for (index, node) in self.nodes.iter().enumerate() {
            let label = dot_string(&node.label);
            let shape = if node.is_need {
                ", shape = ellipse"
            } else {
                ""
            };
            let _ = writeln!(text, "  n{index} [label = {label}{shape}];");
        }
        for edge in &self.edges {
            let mut attributes = Vec::new();
            if !edge.label.is_empty() {
                attributes.push(format!("label = {}", dot_string(&edge.label)));
            }
            if edge.is_build {
                attributes.push("style = dashed".to_owned());
            }
            let attributes = if attributes.is_empty() {
                String::new()
            } else {
                format!(" [{}]", attributes.join(", "))
            };
            let _ = writeln!(text, "  n{} -> n{}{attributes};", edge.from, edge.to);
        }
        text + "}\n"
    }

    /// Prints the graph as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (index, node) in self.nodes.iter().enumerate() {
            let label = mermaid_string(&node.label);
            let (open, close) = if node.is_need {
                ("([", "])")
            } else {
                ("[", "]")
            };
            let _ = writeln!(text, "  n{index}{open}{label}{close}");
        }
        for edge in &self.edges {
            let arrow = if edge.is_build { "-.->" } else { "-->" };
            let label = if edge.label.is_empty() {
                String::new()
            } else {
                format!("|{}|", mermaid_string(&edge.label))
            };
            let _ = writeln!(text, "  n{} {arrow}{label} n{}", edge.from, edge.to);
        }
        text
    }

    /// Draws the graph in columns, so that edges lead to the right.
    pub fn svg(&self) -> String {
        let centres = self.centres();
        let right = |node: usize| centres[node].x + self.nodes[node].width() / 2;
        let width = (0..self.nodes.len()).map(right).max().unwrap_or_default() + MARGIN;
        let height = centres.iter().map(|centre| centre.y).max();
        let height = height.unwrap_or_default() + ROW / 2 + MARGIN;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             font-family=\"monospace\" font-size=\"13\" text-anchor=\"middle\">\n\
             <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" \
             markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
             <path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        for edge in &self.edges {
            let (start, end) = (right(edge.from), centres[edge.to].x);
            let end = end - self.nodes[edge.to].width() / 2;
            let middle = start.midpoint(end);
            let (from_y, to_y) = (centres[edge.from].y, centres[edge.to].y);
            let dashes = if edge.is_build {
                " stroke-dasharray=\"5 3\""
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "<path d=\"M{start} {from_y}C{middle} {from_y} {middle} {to_y} {end} {to_y}\" \
                 fill=\"none\" stroke=\"black\"{dashes} marker-end=\"url(#arrow)\"/>\n\
                 <text x=\"{middle}\" y=\"{}\">{}</text>",
                from_y.midpoint(to_y) - 4,
                xml_text(&edge.label)
            );
        }
        // Nodes hide the edges that pass below them.
        for (node, centre) in self.nodes.iter().zip(&centres) {
            let (radius, fill) = if node.is_need {
                (14, "lightblue")
            } else {
                (2, "white")
            };
            let (width, left, top) = (node.width(), centre.x - node.width() / 2, centre.y - 14);
            let _ = writeln!(
                text,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"28\" \
                 rx=\"{radius}\" fill=\"{fill}\" stroke=\"black\"/>\n\
                 <text x=\"{}\" y=\"{}\">{}</text>",
                centre.x,
                centre.y + 4,
                xml_text(&node.label)
            );
        }
        text + "</svg>\n"
    }

    /// The centres of the nodes. A node's column is the length of the longest
    /// path to it, its row follows from those of the nodes before it.
    fn centres(&self) -> Vec<Point> {
        let count = self.nodes.len();
        let mut columns = vec![0; count];
        // Cycles would go on for ever.
        for _ in 1..count {
            for edge in &self.edges {
                let next = (columns[edge.from] + 1).min(count - 1);
                columns[edge.to] = columns[edge.to].max(next);
            }
        }
        let mut centres = vec![Point::default(); count];
        let mut left = MARGIN;
        for column in 0..count {
            let mut nodes: Vec<_> = (0..count).filter(|&node| columns[node] == column).collect();
            nodes.sort_by_cached_key(|&node| {
                let before: Vec<_> = self
                    .edges
                    .iter()
                    .filter(|edge| edge.to == node)
                    .map(|edge| centres[edge.from].y)
                    .collect();
                before.iter().sum::<usize>() / before.len().max(1)
            });
            let width = nodes.iter().map(|&node| self.nodes[node].width()).max();
            let width = width.unwrap_or_default();
            for (row, &node) in nodes.iter().enumerate() {
                centres[node] = Point {
                    x: left + width / 2,
                    y: MARGIN + row * ROW + ROW / 2,
                };
            }
            left += width + GAP;
        }
        centres
    }
}

/// Lengths in an SVG, in pixels: the height of a row, the space between
/// columns, which has the labels of edges, and the margin.
const ROW: usize = 48;
const GAP: usize = 120;
const MARGIN: usize = 16;

#[derive(Debug, Clone, Copy, Default)]
struct Point {
    x: usize,
    y: usize,
}

impl Node {
    /// The width in an SVG.
    fn width(&self) -> usize {
        8 * self.label.chars().count() + 20
    }
}

fn dot_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn mermaid_string(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;"))
}

fn xml_text(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::why::PathStep;

    fn path(crates: &[&str]) -> DependencyPath {
        let crates = crates.iter().map(|krate| PathStep {
            krate: (*krate).to_owned(),
            version: "1.0.0".to_owned(),
            is_build_dependency: false,
            features: vec!["f<>&".to_owned()],
        });
        DependencyPath {
            crates: crates.collect(),
            needs: Vec::new(),
            platforms: BTreeSet::new(),
        }
    }

    #[test]
    fn edges_lead_to_the_right_and_nodes_do_not_overlap() {
        let paths = [path(&["a", "b", "c"]), path(&["a", "c"]), path(&["a", "d"])];
        let picture = Picture::new(&paths);
        let centres = picture.centres();
        for edge in &picture.edges {
            assert!(centres[edge.from].x < centres[edge.to].x);
        }
        let places: BTreeSet<_> = centres.iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(places.len(), 4);
    }

    #[test]
    fn cycles_and_empty_pictures_are_drawn() {
        let cycle = Picture::new(&[path(&["a", "b", "a"])]).svg();
        assert_eq!(cycle.matches("<path d=\"M").count(), 3);
        assert!(Picture::default().svg().ends_with("</svg>\n"));
    }

    #[test]
    fn labels_are_escaped() {
        let picture = Picture::new(&[path(&["a\"\\", "b"])]);
        assert!(picture.svg().contains(">f&lt;&gt;&amp;</text>"));
        assert!(picture.dot().contains(r#"[label = "a\"\\ 1.0.0"]"#));
        assert!(picture.mermaid().contains("[\"a#quot;\\ 1.0.0\"]"));
    }
}
