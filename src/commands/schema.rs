//! `rescc schema`: the contracts of machine-readable outputs.

use crate::cli::{SchemaArgs, SchemaOf};
use crate::exit::{self, Trouble};
use crate::output::{self, Stream};

pub(crate) fn run(arguments: &SchemaArgs) -> Result<u8, Trouble> {
    let schema = match arguments.of {
        SchemaOf::Report => rescc_report::schema::report(),
        SchemaOf::Events => rescc_report::schema::event(),
        SchemaOf::Plan => rescc_report::schema::plan(),
        SchemaOf::Diagnostics => crate::diagnostics::json::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Trouble::error(error.to_string()))?;
    output::write(Stream::Out, &format!("{text}\n"));
    Ok(exit::OK)
}
