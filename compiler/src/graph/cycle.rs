//! Steps that wait for one another.

use std::collections::{BTreeMap, VecDeque};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rescc_lang::tree::Block;
use rescc_lang::{Diagnostic, Span};

use super::ByName;
use crate::codes::graphs as codes;
use crate::context::Cx;
use crate::declare::step::Step;

/// How many steps of a cycle are drawn.
const DRAWN: usize = 20;

impl<'a> Cx<'a> {
    /// Reports cycles; whether there is one.
    pub(super) fn check_cycles(&mut self, _: &'a Block, steps: &[Step<'a>], by_name: &ByName<'a>) -> bool {
        let mut graph: DiGraph<(), Span> = DiGraph::new();
        let nodes: Vec<NodeIndex> = steps.iter().map(|_| graph.add_node(())).collect();
        for (step, from) in steps.iter().zip(&nodes) {
            for edge in &step.after {
                if let Some(to) = by_name.get(edge.step.text.as_str()).and_then(|at| nodes.get(*at)) {
                    graph.add_edge(*from, *to, edge.span);
                }
            }
        }
        let mut found: Vec<Vec<(usize, Span)>> = Vec::new();
        for mut component in tarjan_scc(&graph) {
            component.sort_unstable();
            let Some(&first) = component.first() else { continue };
            let itself = graph.find_edge(first, first).is_some();
            if component.len() > 1 || itself {
                found.push(shortest(&graph, &component, first));
            }
        }
        found.sort_by_key(|cycle| cycle.first().map(|(at, _)| *at));
        for cycle in &found {
            self.report_cycle(steps, cycle);
        }
        !found.is_empty()
    }

    fn report_cycle(&mut self, steps: &[Step<'a>], cycle: &[(usize, Span)]) {
        let names: Vec<&str> = cycle
            .iter()
            .filter_map(|(at, _)| steps.get(*at))
            .map(Step::name)
            .collect();
        let Some((&first, (_, at))) = names.first().zip(cycle.first()) else {
            return;
        };
        let after = |index: usize| names.get((index + 1) % names.len()).copied().unwrap_or(first);
        let message = match names.as_slice() {
            [_] => format!("`{first}` waits for itself"),
            _ => format!(
                "{} wait for one another",
                crate::suggest::list(names.iter().copied())
            ),
        };
        let mut report = Diagnostic::error(
            codes::STEP_CYCLE,
            message,
            *at,
            format!("`{first}` waits for `{}`", after(0)),
        );
        for (index, ((_, span), name)) in cycle.iter().zip(&names).enumerate().skip(1) {
            report = report.label(*span, format!("`{name}` waits for `{}`", after(index)));
        }
        self.report(
            report
                .help("remove one of these from its `after`")
                .note(picture(&names)),
        );
    }
}

/// The shortest way from a node back to itself within its component: each node with the edge to the next.
fn shortest(graph: &DiGraph<(), Span>, component: &[NodeIndex], first: NodeIndex) -> Vec<(usize, Span)> {
    let mut came: BTreeMap<NodeIndex, (NodeIndex, Span)> = BTreeMap::new();
    let mut queue = VecDeque::from([first]);
    let mut last = None;
    'search: while let Some(node) = queue.pop_front() {
        let mut edges: Vec<(NodeIndex, Span)> = graph
            .neighbors(node)
            .filter(|next| component.binary_search(next).is_ok())
            .filter_map(|next| Some((next, *graph.edge_weight(graph.find_edge(node, next)?)?)))
            .collect();
        edges.sort_unstable();
        for (next, span) in edges {
            if next == first {
                last = Some((node, span));
                break 'search;
            }
            if let std::collections::btree_map::Entry::Vacant(entry) = came.entry(next) {
                entry.insert((node, span));
                queue.push_back(next);
            }
        }
    }
    let mut cycle = Vec::new();
    let mut at = last;
    while let Some((node, span)) = at {
        cycle.push((node.index(), span));
        at = came.get(&node).copied().filter(|_| node != first);
    }
    cycle.reverse();
    cycle
}

/// The cycle as a picture.
fn picture(names: &[&str]) -> String {
    let mut lines = vec!["┌─────┐".to_owned()];
    for (at, name) in names.iter().take(DRAWN).enumerate() {
        if at > 0 {
            lines.push("│     ↓".to_owned());
        }
        lines.push(format!("│     {name}"));
    }
    if names.len() > DRAWN {
        lines.push("│     ↓".to_owned());
        lines.push(format!("│     … {} more", names.len() - DRAWN));
    }
    lines.push("└─────┘".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cycle_is_drawn() {
        assert_eq!(
            super::picture(&["a", "b"]),
            "┌─────┐\n│     a\n│     ↓\n│     b\n└─────┘"
        );
    }
}
