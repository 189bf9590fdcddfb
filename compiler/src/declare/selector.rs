//! `selector`

use rescc_core::program::{Pick, Selector};
use rescc_core::value::Value;
use rescc_lang::tree::{Block, ExprKind};

use super::spec;
use crate::conditions::{It, Judge};
use crate::context::Cx;
use crate::schema::{Kind, Place};

impl<'a> Cx<'a> {
    pub(super) fn selector(&mut self, block: &'a Block) -> Option<Selector> {
        let fields = self.fields(block, spec("selector"), Some(&[]));
        let from = fields.get("from").and_then(|field| {
            let name = self.name_of(&field.value, "from", &[Kind::Resource])?;
            self.name(name, &[Kind::Resource]).map(|_| name.text.clone())
        });
        let index = self.index;
        let judge = Judge {
            place: Place::Where,
            it: It::Of(&index.instance),
        };
        let filter = fields
            .get("where")
            .map(|field| self.condition(&field.value, &judge));
        let pick = fields.get("pick").map_or(Some(Pick::All), |field| {
            if let ExprKind::Ref(reference) = &field.value.kind {
                match reference.bare().map(|name| name.text.as_str()) {
                    Some("all") => return Some(Pick::All),
                    Some("one") => return Some(Pick::Count(1)),
                    _ => {}
                }
            }
            match self.count_or_ratio(field, 1.0)? {
                Value::Count(count) => u32::try_from(count).ok().map(Pick::Count),
                Value::Ratio(share) => Some(Pick::Share(share)),
                _ => None,
            }
        });
        let filter = match filter {
            None => None,
            Some(filter) => Some(filter?),
        };
        Some(Selector {
            from: from?,
            filter,
            pick: pick?,
        })
    }
}
