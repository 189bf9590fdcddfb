//! The declarations, one file per kind: each is checked and lowered in one go.

mod after;
pub(crate) mod environment;
pub(crate) mod heal;
pub(crate) mod param;
pub(crate) mod probe;
pub(crate) mod selector;
pub(crate) mod slo;
pub(crate) mod step;
pub(crate) mod workflow;

use std::collections::BTreeMap;

use rescc_core::catalogue::ActionSpec;
use rescc_core::program::{HealPolicy, MinHealthy, Probe, Resource, Selector, Slo, Target, Workflow};
use rescc_core::value::Value;
use rescc_lang::Span;
use rescc_lang::tree::{Block, ExprKind, File};

use crate::context::Cx;
use crate::names::Names;
use crate::schema::{self, BlockSpec, Kind};
use workflow::Checked;

/// All of a program but its environment.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) selectors: BTreeMap<String, Selector>,
    pub(crate) probes: BTreeMap<String, Probe>,
    pub(crate) slos: BTreeMap<String, Slo>,
    pub(crate) heals: BTreeMap<String, HealPolicy>,
    pub(crate) workflows: BTreeMap<String, Workflow>,
    /// What the checks of workflows against environments need.
    pub(crate) checked: Vec<Checked<'a>>,
    /// All that acts on the system.
    pub(crate) acting: Vec<Acting<'a>>,
}

/// A call that acts on the system.
#[derive(Clone, Debug)]
pub(crate) struct Acting<'a> {
    pub(crate) action: &'a ActionSpec,
    /// The resource it acts on, where that is known.
    pub(crate) resource: Option<String>,
    pub(crate) span: Span,
}

/// The lines of a doc comment as one text.
pub(crate) fn doc(lines: &[String]) -> String {
    lines.join("\n").trim().to_owned()
}

/// What is known of a kind of block.
pub(crate) fn spec(kind: &str) -> &'static BlockSpec {
    schema::block(kind).unwrap_or(&schema::FILE)
}

// === impl Cx ===

impl<'a> Cx<'a> {
    /// Checks all declarations but parameters and environments, and lowers them.
    pub(crate) fn parts(&mut self, file: &'a File) -> Parts<'a> {
        let mut parts = Parts::default();
        for block in Names::in_order(file, Kind::Resource) {
            let resource = self.resource(block);
            parts.resources.insert(block.name.text.clone(), resource);
        }
        for block in Names::in_order(file, Kind::Selector) {
            if let Some(selector) = self.selector(block) {
                parts.selectors.insert(block.name.text.clone(), selector);
            }
        }
        for block in Names::in_order(file, Kind::Probe) {
            if let Some(probe) = self.probe(block) {
                parts.probes.insert(block.name.text.clone(), probe);
            }
        }
        for block in Names::in_order(file, Kind::Slo) {
            if let Some(slo) = self.slo(block) {
                parts.slos.insert(block.name.text.clone(), slo);
            }
        }
        for block in Names::in_order(file, Kind::Heal) {
            if let Some(heal) = self.heal(block, &mut parts.acting) {
                parts.heals.insert(block.name.text.clone(), heal);
            }
        }
        for block in Names::in_order(file, Kind::Workflow) {
            let workflow = self.workflow(block, &mut parts);
            parts.workflows.insert(block.name.text.clone(), workflow);
        }
        parts
    }

    fn resource(&mut self, block: &'a Block) -> Resource {
        let fields = self.fields(block, spec("resource"), Some(&[]));
        let min_healthy = fields
            .get("min_healthy")
            .and_then(|field| self.count_or_ratio(field, 0.0));
        let min_healthy = match min_healthy {
            Some(Value::Count(count)) => MinHealthy::Count(u32::try_from(count).unwrap_or(u32::MAX)),
            Some(Value::Ratio(share)) => MinHealthy::Share(share),
            _ => MinHealthy::Any,
        };
        let protected = self
            .plain(&fields, "protected")
            .and_then(|value| value.as_bool())
            .unwrap_or(false);
        Resource {
            doc: doc(&block.doc),
            min_healthy,
            protected,
        }
    }

    /// The resource that a target's instances belong to.
    pub(crate) fn resource_of(&self, target: &Target) -> Option<String> {
        match target {
            Target::Resource(name) => Some(name.clone()),
            Target::Selector(name) => {
                let from = self
                    .index
                    .names
                    .get(name)?
                    .block
                    .fields()
                    .find(|field| field.name.text == "from")?;
                match &from.value.kind {
                    ExprKind::Ref(reference) => Some(reference.bare()?.text.clone()),
                    _ => None,
                }
            }
            Target::It => None,
        }
    }
}
