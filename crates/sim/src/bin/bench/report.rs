//! What was measured, as tables for people and as one JSON document.

use serde_json::{Value, json};

/// A whole run.
pub(crate) struct Report {
    machine: Value,
    sections: Vec<Section>,
}

/// One benchmark, or a part of one.
pub(crate) struct Section {
    /// For the JSON document.
    pub(crate) key: &'static str,
    /// What was measured beside what.
    pub(crate) title: String,
    /// The table's head.
    pub(crate) head: Vec<String>,
    /// The table's lines, as wide as the head.
    pub(crate) lines: Vec<Vec<String>>,
    /// What a reader of the table has to know.
    pub(crate) notes: Vec<String>,
    /// The figures, unrounded.
    pub(crate) figures: Vec<Value>,
}

impl Section {
    /// An empty one.
    pub(crate) fn new(key: &'static str, title: impl Into<String>, head: &[&str]) -> Self {
        let head = head.iter().map(|&h| h.to_owned()).collect();
        Self { key, title: title.into(), head, lines: Vec::new(), notes: Vec::new(), figures: Vec::new() }
    }

    /// Adds a line of the table and its figures.
    pub(crate) fn line<const N: usize>(&mut self, cells: [String; N], figures: Value) {
        self.lines.push(cells.into());
        self.figures.push(figures);
    }

    /// Adds a note.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn print(&self) {
        println!("\n## {}\n", self.title);
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                let cells = std::iter::once(&self.head).chain(&self.lines).filter_map(|line| line.get(column));
                cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
            })
            .collect();
        let print = |line: &[String]| {
            let cells: Vec<String> = line
                .iter()
                .zip(&widths)
                .enumerate()
                .map(
                    |(column, (cell, &width))| {
                        if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                    },
                )
                .collect();
            println!("| {} |", cells.join(" | "));
        };
        print(&self.head);
        let rules: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(column, &width)| if column == 0 { "-".repeat(width) } else { format!("{}:", "-".repeat(width - 1)) })
            .collect();
        print(&rules);
        self.lines.iter().for_each(|line| print(line));
        if !self.notes.is_empty() {
            println!();
        }
        for note in &self.notes {
            println!("- {note}");
        }
    }
}

impl Report {
    /// Begins a report and says on which machine.
    pub(crate) fn new(machine: Value) -> Self {
        println!("# Holdfast benchmarks\n");
        if let Value::Object(facts) = &machine {
            for (name, fact) in facts {
                println!("- {name}: {}", fact.as_str().map_or_else(|| fact.to_string(), str::to_owned));
            }
        }
        Self { machine, sections: Vec::new() }
    }

    /// Adds a section and prints it at once: a run takes minutes.
    pub(crate) fn add(&mut self, section: Section) {
        section.print();
        self.sections.push(section);
    }

    /// Everything as one document.
    pub(crate) fn json(&self) -> Value {
        let sections: Vec<Value> = self
            .sections
            .iter()
            .map(|s| json!({ "benchmark": s.key, "title": s.title, "figures": s.figures, "notes": s.notes }))
            .collect();
        json!({ "machine": self.machine, "benchmarks": sections })
    }
}
