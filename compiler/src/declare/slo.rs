//! `slo`

use rescc_core::program::Slo;
use rescc_lang::tree::Block;

use super::spec;
use crate::conditions::{It, Judge};
use crate::context::Cx;
use crate::schema::Place;

impl<'a> Cx<'a> {
    pub(super) fn slo(&mut self, block: &'a Block) -> Option<Slo> {
        let fields = self.fields(block, spec("slo"), Some(&[]));
        let judge = Judge {
            place: Place::Objective,
            it: It::Nothing,
        };
        let objective = fields.get("objective").and_then(|field| {
            let typed = self.condition(&field.value, &judge)?;
            Some((typed, self.text(field.value.span)))
        });
        let budget_period = self.duration(&fields, "budget_period");
        let min_samples = self
            .plain(&fields, "min_samples")
            .and_then(|value| value.as_count());
        let (objective, text) = objective?;
        Some(Slo {
            objective,
            text,
            budget_period,
            min_samples: u32::try_from(min_samples?).ok()?,
        })
    }
}
