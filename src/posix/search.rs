//! Searching where the regex crate cannot: characters of any kind beside classes and edges of words, and references
//! back. The first takes time in proportion to text times expression, the second has a budget.

use std::collections::HashSet;

use super::chars::{Characters, period};
use super::tree::{Node, Place, Set};
use super::{Answer, Beyond};

/// The most places that an expression may have once its repetitions are written out.
pub(super) const LARGEST: u64 = 50_000;
/// How many steps a search may take.
const STEPS: usize = 20_000_000;
/// How many states a search with references back may visit.
const STATES: usize = 300_000;

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Byte by byte.
    Bytes,
    /// Byte by byte, but a `.` takes a whole character of UTF-8.
    Utf8,
    /// In characters.
    Characters,
}

/// An expression as a list of steps.
#[derive(Debug)]
pub(super) struct Program {
    steps: Vec<Step>,
    refers_back: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Byte(u8),
    Any,
    Set(Box<Set>),
    /// A condition, and whether glibc loses it.
    At(Place, bool),
    /// Goes on at both.
    Fork(usize, usize),
    Open(u8),
    Close(u8),
    Back(u8),
    Found,
}

impl Program {
    /// `None` when it would be too large.
    pub(super) fn new(tree: &Node) -> Option<Program> {
        if tree.size() > LARGEST {
            return None;
        }
        let refers_back = tree.any(&|node| matches!(node, Node::Back(_)));
        let mut program = Program { steps: Vec::new(), refers_back };
        program.push(tree, false, false);
        program.steps.push(Step::Found);
        Some(program)
    }

    /// Appends a node. `copy`: it is a repetition written out, not the first; `next`: so is what follows it.
    ///
    /// glibc's `calc_eclosure_iter` takes a copy for work already done: a condition that stands before one is lost,
    /// unless another one led to it.
    fn push(&mut self, node: &Node, copy: bool, next: bool) {
        match node {
            Node::Empty | Node::Hollow => {}
            Node::Byte(byte) => self.steps.push(Step::Byte(*byte)),
            Node::Any => self.steps.push(Step::Any),
            Node::Set(set) => self.steps.push(Step::Set(set.clone())),
            Node::At(place) => self.steps.push(Step::At(*place, next)),
            Node::Back(number) => self.steps.push(Step::Back(*number)),
            Node::Group(number, inner) => {
                self.steps.push(Step::Open(*number));
                self.push(inner, copy, false);
                self.steps.push(Step::Close(*number));
            }
            Node::All(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let next = parts.get(at + 1).map_or(next, |part| part.begins_in_copy(copy));
                    self.push(part, copy, next);
                }
            }
            Node::Either(parts) => self.push_either(parts, copy, next),
            Node::Repeat(inner, low, high) => self.push_repeat(inner, *low, *high, copy, next),
        }
    }

    fn push_either(&mut self, parts: &[Node], copy: bool, next: bool) {
        let mut ends = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let fork = self.steps.len();
            if at + 1 < parts.len() {
                self.steps.push(Step::Fork(fork + 1, 0));
            }
            self.push(part, copy, next);
            if at + 1 < parts.len() {
                ends.push(self.steps.len());
                self.steps.push(Step::Fork(0, 0));
                self.steps[fork] = Step::Fork(fork + 1, self.steps.len());
            }
        }
        let end = self.steps.len();
        ends.into_iter().for_each(|at| self.steps[at] = Step::Fork(end, end));
    }

    /// glibc writes `x{2,4}` as `xx((x)?x)?`, and `x{2,}` as `xxx*`: only the first `x` is no copy.
    fn push_repeat(&mut self, inner: &Node, low: u32, high: Option<u32>, copy: bool, next: bool) {
        let before_copy = inner.begins_in_copy(true);
        for time in 0..low {
            let last = time + 1 == low;
            let next = if !last {
                before_copy
            } else if high == Some(low) {
                next
            } else {
                copy
            };
            self.push(inner, copy || time > 0, next);
        }
        let Some(high) = high else {
            let fork = self.steps.len();
            self.steps.push(Step::Fork(0, 0));
            self.push(inner, copy || low > 0, copy);
            self.steps.push(Step::Fork(fork, fork));
            self.steps[fork] = Step::Fork(fork + 1, self.steps.len());
            return;
        };
        let forks = self.steps.len();
        let count = (high - low) as usize;
        self.steps.resize(forks + count, Step::Fork(0, 0));
        for time in 0..count {
            // The last fork leads to the first of them, or past it.
            self.push(inner, copy || low > 0 || time > 0, if time + 1 == count { next } else { before_copy });
            let fork = forks + count - 1 - time;
            self.steps[fork] = Step::Fork(fork + 1, self.steps.len());
        }
    }

    /// Is there a match in a text?
    pub(super) fn search(&self, text: &[u8], reading: Reading) -> Answer {
        let characters = (reading == Reading::Characters).then(|| Characters::of(text));
        let subject = Subject { text, reading, characters };
        if self.refers_back { self.explore(&subject) } else { self.simulate(&subject) }
    }

    /// All ways at once, byte by byte.
    fn simulate(&self, subject: &Subject<'_>) -> Answer {
        const AHEAD: usize = 8;
        let mut waiting: [Vec<Thread>; AHEAD] = Default::default();
        let mut seen = vec![usize::MAX; self.steps.len() * 8];
        let mut spent = 0;
        for at in 0..=subject.text.len() {
            let mut stack = std::mem::take(&mut waiting[at % AHEAD]);
            if subject.begins(at) {
                stack.push(Thread::START);
            }
            while let Some(thread) = stack.pop() {
                spent += 1;
                if std::mem::replace(&mut seen[thread.number()], at) == at {
                    continue;
                }
                let next = Thread { step: thread.step + 1, ..thread };
                match &self.steps[thread.step] {
                    Step::Found if thread.newline => {}
                    Step::Found => return Answer::Yes,
                    Step::Fork(one, other) => {
                        stack.extend([Thread { step: *other, ..thread }, Thread { step: *one, ..thread }]);
                    }
                    Step::At(_, true) if !thread.bound => stack.push(next),
                    Step::At(place, _) => stack.extend(subject.pass(at, *place, next)),
                    Step::Open(_) | Step::Close(_) => stack.push(next),
                    Step::Back(_) => {}
                    taker => {
                        if let Some(length) = subject.take(at, taker) {
                            waiting[(at + length) % AHEAD].push(next.after_taking());
                        }
                    }
                }
            }
            if spent > STEPS {
                return Answer::Undecided(Beyond::TooLong);
            }
        }
        Answer::No
    }

    /// One way after the other, none twice.
    fn explore(&self, subject: &Subject<'_>) -> Answer {
        let mut seen: HashSet<State, foldhash::fast::FixedState> = HashSet::default();
        for start in (0..=subject.text.len()).filter(|&at| subject.begins(at)) {
            let mut stack = vec![State { thread: Thread::START, at: start, groups: [UNSET; 9], open: [0; 9] }];
            while let Some(state) = stack.pop() {
                if !seen.insert(state.clone()) {
                    continue;
                }
                if seen.len() > STATES {
                    return Answer::Undecided(Beyond::BackTooLong);
                }
                if self.advance(subject, state, &mut stack) {
                    return Answer::Yes;
                }
            }
        }
        Answer::No
    }

    /// Puts what follows a state on the stack; says whether the expression has matched.
    fn advance(&self, subject: &Subject<'_>, mut state: State, stack: &mut Vec<State>) -> bool {
        let at = state.at;
        let thread = state.thread;
        state.thread.step += 1;
        match &self.steps[thread.step] {
            Step::Found => return !thread.newline,
            Step::Fork(one, other) => {
                state.thread.step = *other;
                stack.push(state.clone());
                state.thread.step = *one;
            }
            Step::At(_, true) if !thread.bound => {}
            Step::At(place, _) => match subject.pass(at, *place, state.thread) {
                Some(thread) => state.thread = thread,
                None => return false,
            },
            Step::Open(number) => state.open[usize::from(*number)] = offset(at),
            Step::Close(number) => {
                let number = usize::from(*number);
                state.groups[number] = (state.open[number], offset(at));
                state.open[number] = 0;
            }
            Step::Back(number) => {
                let group = state.groups[usize::from(*number)];
                if group == UNSET {
                    return false;
                }
                let said = &subject.text[group.0 as usize..group.1 as usize];
                if !subject.text[at..].starts_with(said) {
                    return false;
                }
                state.at += said.len();
            }
            taker => match subject.take(at, taker) {
                Some(length) => state.at += length,
                None => return false,
            },
        }
        if state.at > at {
            state.thread = state.thread.after_taking();
        }
        stack.push(state);
        false
    }
}

/// A place in the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Thread {
    step: usize,
    /// Nothing was taken yet.
    fresh: bool,
    /// A `$` was passed that stands before a newline: that must be taken next.
    newline: bool,
    /// A condition was passed, and nothing taken since.
    bound: bool,
}

impl Thread {
    const START: Thread = Thread { step: 0, fresh: true, newline: false, bound: false };

    fn number(self) -> usize {
        self.step * 8 + usize::from(self.fresh) * 4 + usize::from(self.bound) * 2 + usize::from(self.newline)
    }

    fn after_taking(self) -> Thread {
        Thread { step: self.step, fresh: false, newline: false, bound: false }
    }
}

const UNSET: (u32, u32) = (u32::MAX, u32::MAX);

/// A place in the expression and the text, with what the groups have matched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    thread: Thread,
    at: usize,
    groups: [(u32, u32); 9],
    open: [u32; 9],
}

/// Texts are never near 4 GiB; one that were would be undecided long before.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

struct Subject<'t> {
    text: &'t [u8],
    reading: Reading,
    characters: Option<Characters>,
}

impl Subject<'_> {
    fn begins(&self, at: usize) -> bool {
        self.characters.as_ref().is_none_or(|characters| characters.begins(at))
    }

    /// How many bytes a step takes here.
    fn take(&self, at: usize, step: &Step) -> Option<usize> {
        let &byte = self.text.get(at)?;
        match (step, self.reading) {
            (Step::Byte(wanted), _) => (*wanted == byte).then_some(1),
            (Step::Any, Reading::Bytes) => Some(1),
            (Step::Any, Reading::Utf8) => period(&self.text[at..]),
            (Step::Any, Reading::Characters) if byte < 0x80 => Some(1),
            (Step::Set(set), _) if set.has(byte) => Some(1),
            (Step::Any | Step::Set(_), _) => {
                let (length, code) = self.characters.as_ref()?.at(at);
                let fits = match step {
                    // In the middle of a character there is no code: only what takes all but some takes it.
                    Step::Set(set) => set.wide.as_ref()?.has(code.unwrap_or(u32::MAX)),
                    _ => true,
                };
                (length > 1 && fits).then_some(length)
            }
            _ => None,
        }
    }

    /// The thread on the other side of a condition, if it holds.
    ///
    /// glibc: the tables of `build_trtable` know of newlines at the two ends of a step also where REG_NEWLINE was not
    /// asked for; only a match's own first place, and its last, are looked at rightly.
    fn pass(&self, at: usize, place: Place, mut thread: Thread) -> Option<Thread> {
        let before = at > 0 && self.is_word(at - 1);
        let after = at < self.text.len() && self.is_word(at);
        let holds = match place {
            Place::TextStart => at == 0,
            Place::TextEnd => at == self.text.len(),
            Place::LineStart => at == 0 || (!thread.fresh && self.text[at - 1] == b'\n'),
            Place::LineEnd if self.text.get(at) == Some(&b'\n') => {
                thread.newline = true;
                true
            }
            Place::LineEnd => at == self.text.len(),
            Place::WordStart => !before && after,
            Place::WordEnd => before && !after,
            Place::WordEdge => before != after,
            Place::NoWordEdge => before == after,
        };
        thread.bound = true;
        holds.then_some(thread)
    }

    fn is_word(&self, at: usize) -> bool {
        match &self.characters {
            Some(characters) => characters.is_word(at),
            None => self.text[at].is_ascii_alphanumeric() || self.text[at] == b'_',
        }
    }
}
