//! A world that answers the machine: by a script where there is one, else as a small, obedient system would.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rescc_core::action;
use rescc_core::error::{ErrorClass, Failure};
use rescc_core::event::What;
use rescc_core::program::Program;
use rescc_core::resource::{Cause, Change, Instance, Phase};
use rescc_core::time::Moment;
use rescc_core::undo::Undone;
use rescc_core::verdict::ReasonCode;
use rescc_engine::machine::{Effect, Input, Interrupt, Machine};
use rescc_slo::Sample;

use crate::harness::{BEGAN, ms};

/// What happened between the machine and the world.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fact {
    /// The machine asked for something: `undo strike/cache-1`.
    Asked { text: String, effect: Effect },
    /// The world answered: `applied strike/cache-1`, and whether that was good news.
    Came { text: String, ok: bool },
    /// A probe saw something.
    Sample,
}

/// A scripted answer.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// As without a script, but that much later.
    Late(Duration),
    /// It fails, that much later.
    Fails(ErrorClass, Duration),
    /// What a look sees.
    Sees(action::Effect),
    /// It says that it was done, but nothing changes.
    Useless,
}

/// Random answers, the same for the same state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dice {
    pub(crate) state: u64,
    /// How many of a hundred answers are bad ones.
    pub(crate) trouble: u64,
}

/// What will come at its time.
enum Coming {
    Answer(String, Input),
    Probe(String),
    Changed(String, Phase, bool, Cause),
    Input(Input),
    Silence(bool),
}

type Good = Box<dyn Fn(&World, Duration) -> bool>;
type Outside = Box<dyn Fn(&str) -> Option<Input>>;

/// The world.
pub(crate) struct World {
    /// By what is asked: `apply strike/cache-1`. One answer a time; the last one stays.
    script: BTreeMap<String, VecDeque<Answer>>,
    /// Inputs from outside, by the time since the beginning.
    planned: Vec<(Duration, Coming)>,
    /// Inputs from outside that come right after something was asked.
    answers: Vec<Outside>,
    /// What comes back by itself, and how soon.
    pub(crate) comes_back: BTreeMap<String, Duration>,
    pub(crate) good: Good,
    /// Whether probes answer at all.
    pub(crate) silent: bool,
    /// Until then the system is slow by itself.
    pub(crate) slow_until: Duration,
    /// Answers where there is no script.
    pub(crate) dice: Option<Dice>,
    pub(crate) healthy: BTreeMap<String, bool>,
    phases: BTreeMap<String, Phase>,
    /// The lasting faults in force, by their injection.
    pub(crate) standing: BTreeMap<String, (String, String)>,
    queue: BTreeMap<(Moment, u64), Coming>,
    sequence: u64,
}

// === impl Dice ===

impl Dice {
    /// Below `faces` (splitmix64).
    fn throw(&mut self, faces: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % faces
    }

    fn answer(&mut self, text: &str) -> Option<Answer> {
        let delay = ms(self.throw(40));
        if self.throw(100) >= self.trouble {
            return Some(Answer::Late(delay));
        }
        let look = text.starts_with("look");
        Some(match self.throw(6) {
            0 => Answer::Late(ms(self.throw(4_000))),
            1 => Answer::Fails(ErrorClass::Transient, delay),
            2 => Answer::Fails(ErrorClass::Permanent, ms(self.throw(2_000))),
            3 if look => Answer::Sees(action::Effect::Gone("by dice".into())),
            4 if look => Answer::Sees(action::Effect::NotYet("by dice".into())),
            _ => Answer::Useless,
        })
    }
}

// === impl World ===

impl World {
    pub(crate) fn new() -> Self {
        Self {
            script: BTreeMap::new(),
            planned: Vec::new(),
            answers: Vec::new(),
            comes_back: BTreeMap::new(),
            good: Box::new(|world, _| world.healthy.get("cache-1") == Some(&true)),
            silent: false,
            slow_until: Duration::ZERO,
            dice: None,
            healthy: BTreeMap::new(),
            phases: BTreeMap::new(),
            standing: BTreeMap::new(),
            queue: BTreeMap::new(),
            sequence: 0,
        }
    }

    pub(crate) fn answer(&mut self, to: &str, answers: impl IntoIterator<Item = Answer>) {
        self.script.entry(to.to_owned()).or_default().extend(answers);
    }

    pub(crate) fn fails(&mut self, to: &str) {
        self.answer(to, [Answer::Fails(ErrorClass::Permanent, ms(1))]);
    }

    pub(crate) fn input(&mut self, at: Duration, input: Input) {
        self.planned.push((at, Coming::Input(input)));
    }

    pub(crate) fn signal(&mut self, at: Duration) {
        self.input(at, Input::Interrupt(Interrupt::Signal("SIGINT".into())));
    }

    /// An input comes right after the machine asked for something, before its answer.
    pub(crate) fn on(&mut self, asked: &'static str, input: impl Fn() -> Input + 'static) {
        self.answers
            .push(Box::new(move |text| (text == asked).then(&input)));
    }

    pub(crate) fn changes(&mut self, at: Duration, instance: &str, phase: Phase, healthy: bool) {
        self.planned.push((
            at,
            Coming::Changed(instance.to_owned(), phase, healthy, Cause::System),
        ));
    }

    /// Probes answer no more, or again.
    pub(crate) fn silence(&mut self, at: Duration, silent: bool) {
        self.planned.push((at, Coming::Silence(silent)));
    }

    fn schedule(&mut self, at: Moment, coming: Coming) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), coming);
    }

    /// Drives the machine until it is done.
    pub(crate) fn drive(
        &mut self,
        machine: &mut Machine,
        program: &Program,
        instances: &[Instance],
        longest: Duration,
    ) -> (Vec<(Moment, Fact)>, Moment) {
        for one in instances {
            self.healthy.insert(one.name.clone(), one.healthy == Some(true));
            self.phases.insert(one.name.clone(), one.phase);
        }
        for (at, coming) in std::mem::take(&mut self.planned) {
            self.schedule(BEGAN.after(at), coming);
        }
        for name in program.probes.keys() {
            self.schedule(BEGAN, Coming::Probe(name.clone()));
        }
        let mut trace = Vec::new();
        let (mut now, mut input) = (BEGAN, Some(Input::Tick));
        loop {
            if let Some(input) = input.take() {
                for effect in machine.step(now, input) {
                    let text = self.name_of(machine, &effect);
                    trace.push((
                        now,
                        Fact::Asked {
                            text: text.clone(),
                            effect: effect.clone(),
                        },
                    ));
                    self.carry_out(now, machine, &effect, &text);
                }
            }
            if machine.is_done() {
                assert_eq!(machine.wake_at(now), None);
                return (trace, now);
            }
            let wake = machine.wake_at(now).unwrap();
            assert!(wake > now, "the machine wants to be woken in the past");
            let next = self.queue.first_key_value().map(|(key, _)| *key);
            match next.filter(|(at, _)| *at <= wake) {
                None => (now, input) = (wake, Some(Input::Tick)),
                Some(key) => {
                    now = key.0;
                    let coming = self.queue.remove(&key).unwrap();
                    input = self.comes(now, coming, program, &mut trace);
                }
            }
            if now.since(BEGAN) > longest {
                let end = trace
                    .iter()
                    .rev()
                    .take(30)
                    .map(|one| format!("{one:?}"))
                    .collect::<Vec<_>>()
                    .join("\n");
                panic!("the machine does not end:\n{end}");
            }
        }
    }

    fn comes(
        &mut self,
        now: Moment,
        coming: Coming,
        program: &Program,
        trace: &mut Vec<(Moment, Fact)>,
    ) -> Option<Input> {
        match coming {
            Coming::Input(input) => {
                trace.push((
                    now,
                    Fact::Came {
                        text: format!("{input:?}"),
                        ok: true,
                    },
                ));
                Some(input)
            }
            Coming::Answer(text, input) => {
                self.takes_effect(now, &text, &input);
                let ok = match &input {
                    Input::Prepared { result, .. } => result.is_ok(),
                    Input::Recorded { result, .. } | Input::Applied { result, .. } => result.is_ok(),
                    Input::Looked { result, .. } => matches!(result, Ok(action::Effect::Bites(_))),
                    Input::Undone { result, .. } | Input::Healed { result, .. } => result.is_ok(),
                    _ => true,
                };
                trace.push((now, Fact::Came { text, ok }));
                Some(input)
            }
            Coming::Changed(name, phase, healthy, cause) => {
                self.healthy.insert(name.clone(), healthy);
                self.phases.insert(name.clone(), phase);
                let mut one = named(&name);
                (one.phase, one.healthy) = (phase, Some(healthy));
                Some(Input::Instance(Change { instance: one, cause }))
            }
            Coming::Silence(silent) => {
                self.silent = silent;
                None
            }
            Coming::Probe(probe) => {
                let every = program.probes.get(&probe).unwrap().every;
                self.schedule(now.after(every), Coming::Probe(probe.clone()));
                if self.silent {
                    return None;
                }
                trace.push((now, Fact::Sample));
                let good = (self.good)(self, now.since(BEGAN));
                let slow = self.standing.values().any(|(action, _)| action == "latency");
                let slow = slow || now.since(BEGAN) < self.slow_until;
                let latency = ms(if slow { 200 } else { 10 });
                let (begun, ended) = (now.0, now.after(ms(1)).0);
                let latency = Some(u64::try_from(latency.as_nanos()).unwrap());
                let sample = Sample {
                    begun,
                    ended,
                    good,
                    latency,
                    value: None,
                };
                let sample = Input::Sample { probe, sample };
                self.schedule(Moment(ended), Coming::Answer("sample".into(), sample));
                None
            }
        }
    }

    fn name_of(&self, machine: &Machine, effect: &Effect) -> String {
        let id = |index: &usize| machine.injections()[*index].id.0.clone();
        match effect {
            Effect::Prepare { injection } => format!("prepare {}", id(injection)),
            Effect::Record { injection, .. } => format!("record {}", id(injection)),
            Effect::Apply { injection } => format!("apply {}", id(injection)),
            Effect::Look { injection } => format!("look {}", id(injection)),
            Effect::Undo { injection, .. } => format!("undo {}", id(injection)),
            Effect::Mark { injection, .. } => format!("mark {injection}"),
            Effect::Heal { call, instance, .. } => format!("heal {}/{instance}", call.action),
            Effect::Emit(What::Stage { stage }) => format!("stage {}", stage.as_str()),
            Effect::Emit(what) => format!("emit {what:?}"),
        }
    }

    fn next_answer(&mut self, text: &str) -> Option<Answer> {
        let Some(answers) = self.script.get_mut(text) else {
            return self.dice.as_mut().and_then(|dice| dice.answer(text));
        };
        if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        }
    }

    fn carry_out(&mut self, now: Moment, machine: &Machine, effect: &Effect, text: &str) {
        let outside: Vec<Input> = self.answers.iter().filter_map(|answer| answer(text)).collect();
        for input in outside {
            self.schedule(now, Coming::Input(input));
        }
        let scripted = self.next_answer(text);
        let delay = match &scripted {
            Some(Answer::Late(delay) | Answer::Fails(_, delay)) => *delay,
            _ => ms(1),
        };
        let failure = match &scripted {
            Some(Answer::Fails(class, _)) => Some(Failure::new(*class, "it was scripted")),
            _ => None,
        };
        let useless = matches!(scripted, Some(Answer::Useless));
        let failed = |index: &usize| (*index, failure.clone());
        let input = match effect {
            Effect::Prepare { injection } => {
                let (injection, failure) = failed(injection);
                Input::Prepared {
                    injection,
                    result: failure.map_or(Ok(serde_json::Value::Null), Err),
                }
            }
            Effect::Record { injection, .. } => {
                let (injection, failure) = failed(injection);
                Input::Recorded {
                    injection,
                    result: failure.map_or(Ok(()), Err),
                }
            }
            Effect::Apply { injection } => {
                let (injection, failure) = failed(injection);
                Input::Applied {
                    injection,
                    result: failure.map_or(Ok(()), Err),
                }
            }
            Effect::Look { injection } => {
                let (index, failure) = failed(injection);
                let seen = match scripted {
                    Some(Answer::Sees(seen)) => seen,
                    _ => self.what_is_seen(&machine.injections()[index]),
                };
                Input::Looked {
                    injection: index,
                    result: failure.map_or(Ok(seen), Err),
                }
            }
            Effect::Undo { injection, .. } => {
                let (index, failure) = failed(injection);
                let injection = &machine.injections()[index];
                let acted = match injection.action.as_str() {
                    "kill" => self.healthy.get(&injection.instance) != Some(&true),
                    _ => self.standing.contains_key(&injection.id.0),
                };
                let done = Undone {
                    acted,
                    detail: if acted {
                        "it was taken back"
                    } else {
                        "nothing to do"
                    }
                    .into(),
                };
                Input::Undone {
                    injection: index,
                    result: failure.map_or(Ok(done), Err),
                }
            }
            Effect::Heal { heal, .. } => {
                let done = Undone {
                    acted: true,
                    detail: if useless { "useless" } else { "done" }.into(),
                };
                Input::Healed {
                    heal: *heal,
                    result: failure.map_or(Ok(done), Err),
                }
            }
            Effect::Mark { .. } | Effect::Emit(_) => return,
        };
        let extra = match effect {
            Effect::Apply { injection } => format!(" {}", machine.injections()[*injection].action),
            Effect::Undo { injection, .. } => format!(" {}", machine.injections()[*injection].instance),
            _ => String::new(),
        };
        self.schedule(now.after(delay), Coming::Answer(format!("{text}{extra}"), input));
    }

    /// What a good answer does to the system, at the moment of the answer.
    fn takes_effect(&mut self, now: Moment, text: &str, input: &Input) {
        let words: Vec<&str> = text.split(' ').collect();
        let soon = now.after(ms(2));
        match (words.as_slice(), input) {
            (["apply", id, action], Input::Applied { result: Ok(()), .. }) => {
                let instance = id.split('/').nth(1).unwrap().to_owned();
                match *action {
                    "kill" => self.dies(now, &instance),
                    "pause" => {
                        self.standing
                            .insert((*id).into(), ((*action).into(), instance.clone()));
                        self.healthy.insert(instance.clone(), false);
                        self.schedule(soon, Coming::Changed(instance, Phase::Paused, false, Cause::Run));
                    }
                    _ => {
                        self.standing.insert((*id).into(), ((*action).into(), instance));
                    }
                }
            }
            (["undo", id, instance], Input::Undone { result: Ok(done), .. }) => {
                let standing = self.standing.remove(*id);
                if done.acted && standing.is_none_or(|(action, _)| action == "pause") {
                    self.revives(now, instance, Cause::Run);
                }
            }
            (["heal", what], Input::Healed { result: Ok(done), .. }) if done.detail != "useless" => {
                let instance = what.split('/').nth(1).unwrap();
                self.standing
                    .retain(|_, (action, on)| on != instance || action == "latency");
                self.revives(now, instance, Cause::Run);
            }
            _ => {}
        }
    }

    fn dies(&mut self, now: Moment, instance: &str) {
        self.healthy.insert(instance.to_owned(), false);
        self.schedule(
            now.after(ms(2)),
            Coming::Changed(instance.to_owned(), Phase::Stopped, false, Cause::Run),
        );
        if let Some(after) = self.comes_back.get(instance) {
            let at = now.after(*after);
            self.schedule(
                at,
                Coming::Changed(instance.to_owned(), Phase::Running, true, Cause::System),
            );
        }
    }

    fn revives(&mut self, now: Moment, instance: &str, cause: Cause) {
        self.schedule(
            now.after(ms(2)),
            Coming::Changed(instance.to_owned(), Phase::Running, true, cause),
        );
    }

    fn what_is_seen(&self, injection: &rescc_engine::machine::Injection) -> action::Effect {
        if injection.action == "kill" || self.standing.contains_key(&injection.id.0) {
            action::Effect::Bites("seen".into())
        } else {
            action::Effect::Gone("it is not there any more".into())
        }
    }
}

/// A healthy instance: `api-2`.
pub(crate) fn instance(resource: &str, number: u32) -> Instance {
    named(&format!("{resource}-{number}"))
}

fn named(name: &str) -> Instance {
    Instance {
        name: name.to_owned(),
        resource: name.split('-').next().unwrap().to_owned(),
        kind: "process".into(),
        labels: BTreeMap::new(),
        image: None,
        phase: Phase::Running,
        healthy: Some(true),
        restarts: 0,
        remark: String::new(),
    }
}

/// Something that the run needs is gone.
pub(crate) fn lost(code: ReasonCode) -> Input {
    Input::Lost {
        code,
        why: "it was scripted".into(),
    }
}
