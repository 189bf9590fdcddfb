//! The state of a run as a picture that is drawn again and again.

use std::time::Duration;

use super::{Live, Meter, StepPhase, StepState};
use crate::format::{count, share, span};
use crate::human::verdict::word;
use crate::line::Line;
use crate::names::compress;
use crate::page::Page;
use crate::spark;
use crate::style::Ink;

/// The width of the first column.
const LABEL: usize = 9;

pub(super) fn frame(live: &Live, now: Duration, height: usize) -> Vec<String> {
    let mut page = Page::new(&live.style);
    page.line(head(live, now));
    if let Some(why) = &live.aborting {
        page.line(label(live, "aborting").with(Ink::Warn, why));
    }
    section(
        &mut page,
        live,
        "faults",
        live.steps.iter().filter_map(|step| fault(live, step, now)),
    );
    section(
        &mut page,
        live,
        "undoing",
        live.undoing.iter().map(|(name, since)| {
            let lead = live
                .style
                .line()
                .with(Ink::Note, live.style.glyphs().bullet)
                .spaces(1);
            lead.plain(name)
                .with(Ink::Dim, &format!("  for {}", ago(now, *since)))
        }),
    );
    section(
        &mut page,
        live,
        "healing",
        live.healing.iter().map(|((policy, instance), action)| {
            let lead = live
                .style
                .line()
                .with(Ink::Good, live.style.glyphs().heal)
                .spaces(1);
            let name = live
                .style
                .line()
                .with(Ink::Bold, policy)
                .clip(live.subject)
                .pad(live.subject + 2);
            lead.then(name).plain(&format!("{action} on {instance}"))
        }),
    );
    section(
        &mut page,
        live,
        "acting",
        live.steps.iter().filter_map(|step| acting(live, step, now)),
    );
    section(
        &mut page,
        live,
        "probes",
        live.probes
            .iter()
            .map(|(name, meter)| probe(live, name, meter, now)),
    );
    section(&mut page, live, "waiting", waiting(live).into_iter());
    let mut lines = page.into_lines();
    if lines.len() > height {
        let more = lines.len().saturating_sub(height.saturating_sub(1));
        lines.truncate(height.saturating_sub(1));
        if height > 0 {
            let text = format!("{} {}", live.style.glyphs().ellipsis, count(more, "more line"));
            lines.push(label(live, "").with(Ink::Dim, &text).render(&live.style));
        }
    }
    lines
}

fn head(live: &Live, now: Duration) -> Line {
    let glyphs = live.style.glyphs();
    let turn = usize::try_from(now.as_millis() / 250 % 4).unwrap_or(0);
    let mut line = live.style.line();
    match (live.ended, live.stage) {
        (Some((verdict, undone)), _) => {
            let (sign, word, ink) = word(verdict, undone, glyphs);
            line = line.with(ink, sign).spaces(1).with(ink, word);
        }
        (None, stage) => {
            let name = stage.map_or("starting", |(stage, _)| stage.as_str());
            let sign = glyphs.spinner.get(turn).copied().unwrap_or(" ");
            line = line.with(Ink::Note, sign).spaces(1).with(Ink::Bold, name);
            if let Some((_, since)) = stage {
                line = line.plain(&format!(" for {}", ago(now, since)));
            }
        }
    }
    line = match live.steady {
        None => line,
        Some(true) => line
            .with(Ink::Dim, glyphs.dot)
            .with(Ink::Good, "steady state holds"),
        Some(false) => line
            .with(Ink::Dim, glyphs.dot)
            .with(Ink::Bad, "steady state lost"),
    };
    let of = live
        .limit
        .map(|limit| format!(" of at most {}", span(limit)))
        .unwrap_or_default();
    line = line.with(
        Ink::Dim,
        &format!("{}{}{of}", glyphs.dot, ago(now, Duration::ZERO)),
    );
    if live.workflow.is_empty() {
        line
    } else {
        line.with(Ink::Dim, &format!("{}{}", glyphs.dot, live.workflow))
    }
}

/// A time for a display that is drawn again and again: whole tenths, so that the text keeps still.
fn ago(now: Duration, since: Duration) -> String {
    let time = now.saturating_sub(since);
    if time.as_secs() >= 100 {
        span(time)
    } else {
        format!("{}.{}s", time.as_secs(), time.subsec_millis() / 100)
    }
}

fn label(live: &Live, name: &str) -> Line {
    live.style.line().spaces(2).with(Ink::Dim, name).pad(2 + LABEL)
}

fn section(page: &mut Page, live: &Live, name: &str, lines: impl Iterator<Item = Line>) {
    for (number, line) in lines.enumerate() {
        let name = if number == 0 { name } else { "" };
        page.line(label(live, name).then(line));
    }
}

fn fault(live: &Live, step: &StepState, now: Duration) -> Option<Line> {
    let since = step.stands_since().filter(|_| step.fault)?;
    let well = step.targets.iter().all(|target| {
        live.instances
            .get(target)
            .is_some_and(|(_, healthy)| *healthy == Some(true))
    });
    let left = match step.duration {
        Some(duration) if now < since.saturating_add(duration) => {
            format!("{} left", ago(since.saturating_add(duration), now))
        }
        Some(_) => "its time is over".into(),
        None if step.hurt && well => format!("{} ago, healthy again, to be undone", ago(now, since)),
        None => format!("for {}, until undone", ago(now, since)),
    };
    Some(named(live, step, Ink::Bad).with(Ink::Warn, &left))
}

fn acting(live: &Live, step: &StepState, now: Duration) -> Option<Line> {
    let StepPhase::Acting(since) = step.phase else {
        return None;
    };
    Some(
        named(live, step, Ink::Note)
            .with(Ink::Dim, &format!("for {}  ", ago(now, since)))
            .with(Ink::Plain, &step.action),
    )
}

fn named(live: &Live, step: &StepState, ink: Ink) -> Line {
    let name = live
        .style
        .line()
        .with(Ink::Bold, &step.name)
        .clip(live.subject)
        .pad(live.subject + 2);
    let targets = live.style.line().plain(&compress(&step.targets));
    let gap = if targets.is_empty() { 0 } else { 2 };
    live.style
        .line()
        .with(ink, live.style.glyphs().bullet)
        .spaces(1)
        .then(name)
        .then(targets)
        .spaces(gap)
}

fn probe(live: &Live, name: &str, meter: &Meter, now: Duration) -> Line {
    let (good, all) = meter.recent(now);
    let rate = share(good, all).unwrap_or_else(|| "no data".into());
    let ink = match (good == all, all) {
        (_, 0) => Ink::Dim,
        (true, _) => Ink::Good,
        (false, _) => Ink::Bad,
    };
    let mut picture = live.style.line();
    // On a narrow terminal the older half gives way.
    let columns = if live.style.layout() < 80 { 15 } else { 30 };
    let seconds: Vec<_> = meter.seconds(now).collect();
    for _ in seconds.len()..columns {
        picture.push(Ink::Dim, live.style.glyphs().none);
    }
    for second in seconds.iter().skip(seconds.len().saturating_sub(columns)) {
        let (ink, cell) = spark::success(&live.style, second.good, second.bad);
        picture.push(ink, cell);
    }
    let latency = meter
        .latency(now)
        .map(|time| format!("  {}", span(time)))
        .unwrap_or_default();
    let errors = live
        .probe_errors
        .get(name)
        .map(|errors| format!("  {errors} could not ask"))
        .unwrap_or_default();
    live.style
        .line()
        .spaces(2)
        .then(
            live.style
                .line()
                .with(Ink::Bold, name)
                .clip(live.subject)
                .pad(live.subject + 2),
        )
        .then(picture)
        .then(live.style.line().with(ink, &rate).pad_left(9))
        .with(Ink::Dim, &latency)
        .with(Ink::Bad, &errors)
}

/// The steps that have not begun, on one line.
fn waiting(live: &Live) -> Option<Line> {
    let mut line = live.style.line();
    let over = live.ended.is_some();
    for step in live
        .steps
        .iter()
        .filter(|step| !over && step.phase == StepPhase::Waiting)
    {
        if !line.is_empty() {
            line.push(Ink::Plain, ", ");
        }
        line.push(Ink::Plain, &step.name);
        if !step.after.is_empty() {
            line.push(Ink::Dim, &format!(" (after {})", step.after.join(", ")));
        }
    }
    (!line.is_empty()).then(|| live.style.line().spaces(2).then(line))
}
