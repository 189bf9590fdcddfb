//! Takes things back: the same code for the run, the keeper and `recover`.

use rescc_core::action::{Fault, UndoContext};
use rescc_core::error::Failure;
use rescc_core::undo::{UndoRecord, Undone};

/// Takes a fault back and looks whether it is really gone.
///
/// # Errors
/// Where it could not be taken back, or where that could not be verified.
pub(crate) async fn undo_and_verify(
    fault: &dyn Fault,
    context: &UndoContext,
    record: &UndoRecord,
) -> Result<Undone, Failure> {
    if record.version > fault.version() {
        return Err(Failure::new(
            rescc_core::error::ErrorClass::Unsupported,
            format!("the undo of `{}` was written by a newer rescc", record.injection),
        )
        .help("run `rescc recover` of that version"));
    }
    let undone = fault
        .undo(context, record)
        .await
        .map_err(|failure| failure.during("the undo failed"))?;
    let proof = fault
        .verify_undone(context, record)
        .await
        .map_err(|failure| failure.during("the undo could not be verified"))?;
    let detail = match (undone.detail.is_empty(), proof.is_empty()) {
        (true, _) => proof,
        (_, true) => undone.detail,
        _ => format!("{}; {proof}", undone.detail),
    };
    Ok(Undone {
        acted: undone.acted,
        detail,
    })
}
