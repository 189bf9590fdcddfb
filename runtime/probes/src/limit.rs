//! Giving up in time, by the clock that was handed in.

use std::time::Duration;

use rescc_core::probe::Answer;
use rescc_core::text;
use rescc_core::time::{Clock, Moment};

/// What comes of `work` until `moment`; `None` where that is too late. What is there at the moment itself counts.
pub(crate) async fn until<T>(clock: &dyn Clock, moment: Moment, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = clock.sleep_until(moment) => None,
    }
}

/// The answer that did not come in time.
pub(crate) fn too_late(timeout: Duration) -> Answer {
    no_answer(format!("no answer within {}", text::duration(timeout)))
}

/// No answer.
pub(crate) fn no_answer(why: impl Into<String>) -> Answer {
    Answer::None { why: why.into() }
}
