//! Pictures of the ways to what is needed: Graphviz's dot, Mermaid, SVG.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;

use super::needs::Needed;
use super::why::Way;

/// A picture's nodes and edges.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture {
    /// Labels, and whether it is something needed rather than a crate.
    nodes: Vec<(String, bool)>,
    /// From, to, label; dashed where a build script needs it.
    edges: BTreeSet<(usize, usize, String, bool)>,
}

const FONT: usize = 14;

impl Picture {
    /// Draws ways, parts that they share once.
    #[must_use]
    pub fn new(ways: &[Way]) -> Self {
        let mut picture = Self::default();
        let mut places = BTreeMap::new();
        for way in ways {
            let mut before = None;
            for step in &way.steps {
                let label = format!("{} {}", step.krate, step.version);
                let place = picture.node(&mut places, label, false);
                if let Some(before) = before {
                    let label = step.features.first().cloned().unwrap_or_default();
                    picture.edges.insert((before, place, label, step.is_build));
                }
                before = Some(place);
            }
            for need in &way.needs {
                let label = match &need.what {
                    Needed::Library(attr) | Needed::Program(attr) => format!("pkgs.{attr}"),
                    Needed::Variable(name, _) => name.clone(),
                };
                let place = picture.node(&mut places, label, true);
                if let Some(before) = before {
                    picture.edges.insert((before, place, String::new(), false));
                }
            }
        }
        picture
    }

    fn node(
        &mut self,
        places: &mut BTreeMap<String, usize>,
        label: String,
        is_need: bool,
    ) -> usize {
        *places.entry(label.clone()).or_insert_with(|| {
            self.nodes.push((label, is_need));
            self.nodes.len() - 1
        })
    }

    /// As Graphviz reads it.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut text = "digraph native {\n  rankdir = LR;\n  node [shape = box];\n".to_owned();
        for (place, (label, is_need)) in self.nodes.iter().enumerate() {
            let shape = if *is_need { ", shape = ellipse" } else { "" };
            let _ = writeln!(text, "  n{place} [label = {}{shape}];", dot_string(label));
        }
        for (from, to, label, is_build) in &self.edges {
            let mut attributes = Vec::new();
            if !label.is_empty() {
                attributes.push(format!("label = {}", dot_string(label)));
            }
            if *is_build {
                attributes.push("style = dashed".to_owned());
            }
            let attributes = if attributes.is_empty() {
                String::new()
            } else {
                format!(" [{}]", attributes.join(", "))
            };
            let _ = writeln!(text, "  n{from} -> n{to}{attributes};");
        }
        text.push_str("}\n");
        text
    }

    /// As Mermaid reads it.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (place, (label, is_need)) in self.nodes.iter().enumerate() {
            let label = mermaid_string(label);
            let _ = if *is_need {
                writeln!(text, "  n{place}([{label}])")
            } else {
                writeln!(text, "  n{place}[{label}]")
            };
        }
        for (from, to, label, is_build) in &self.edges {
            let arrow = if *is_build { "-.->" } else { "-->" };
            let label = if label.is_empty() {
                String::new()
            } else {
                format!("|{}|", mermaid_string(label))
            };
            let _ = writeln!(text, "  n{from} {arrow}{label} n{to}");
        }
        text
    }

    /// Drawn.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut graph = VisualGraph::new(Orientation::LeftToRight);
        let look = |fill: Option<Color>| StyleAttr::new(Color::fast("black"), 1, fill, 4, FONT);
        let nodes: Vec<_> = self
            .nodes
            .iter()
            .map(|(label, is_need)| {
                // The writer takes labels as they are.
                let label = escaped(label);
                let width = 12.0 + 8.0 * f64::from(u32::try_from(label.len()).unwrap_or(80));
                let (shape, fill) = if *is_need {
                    (ShapeKind::new_box(&label), Some(Color::fast("lightblue")))
                } else {
                    (ShapeKind::new_box(&label), None)
                };
                let size = Point::new(width, 32.0);
                let orientation = Orientation::LeftToRight;
                graph.add_node(Element::create(shape, look(fill), orientation, size))
            })
            .collect();
        for (from, to, label, _) in &self.edges {
            graph.add_edge(Arrow::simple(&escaped(label)), nodes[*from], nodes[*to]);
        }
        let mut writer = SVGWriter::new();
        if !nodes.is_empty() {
            graph.do_it(false, false, false, &mut writer);
        }
        let text = with_sorted_styles(&writer.finalize());
        if text.ends_with('\n') {
            text
        } else {
            text + "\n"
        }
    }
}

/// The writer keeps its styles in no order.
fn with_sorted_styles(svg: &str) -> String {
    let (open, close) = ("<style>\n", "</style>");
    let (Some(start), Some(end)) = (svg.find(open), svg.find(close)) else {
        return svg.to_owned();
    };
    let start = start + open.len();
    let mut styles: Vec<_> = svg[start..end].lines().collect();
    styles.sort_unstable();
    format!("{}{}\n{}", &svg[..start], styles.join("\n"), &svg[end..])
}

fn dot_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn mermaid_string(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "#quot;"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
