//! What waits to be sent, and how much of that there may be: of one session, of all, and in one go.

/// So much may wait for one session. Who falls behind further is cut off, as no memory is there for all that some client
/// does not read; a write that hangs ends much sooner, by `writetimeout`.
const MOST: usize = 16 << 20;

/// So much may wait for all sessions together: beyond that the one that is furthest behind is cut off.
const MOST_OF_ALL: usize = 256 << 20;

/// A session is sent so much in one go; then it is the turn of others.
pub(super) const TURN: usize = 64 << 10;

/// All sessions together are sent so many times that in one go.
const TURNS: usize = 128;

/// Buffers that are used again, and how large one may be: who is sent nothing holds none.
const MOST_SPARE: usize = 256;
const LARGEST_SPARE: usize = 64 << 10;

/// What waits for one session.
#[derive(Default)]
pub(super) struct Queue {
    bytes: Vec<u8>,
    /// So many bytes more are being sent.
    leaving: usize,
}

/// What waits for all.
#[derive(Default)]
pub(super) struct Load {
    waiting: usize,
    effort: usize,
    spare: Vec<Vec<u8>>,
}

impl Queue {
    /// Adds a text. Is there room for it?
    #[must_use]
    pub(super) fn push(&mut self, text: &[u8], load: &mut Load) -> bool {
        if self.length() + text.len() > MOST {
            return false;
        }
        if self.bytes.capacity() == 0
            && let Some(buffer) = load.spare.pop()
        {
            self.bytes = buffer;
        }
        self.bytes.extend_from_slice(text);
        load.waiting += text.len();
        load.effort += text.len();
        true
    }

    /// So many bytes wait, or are being sent.
    pub(super) fn length(&self) -> usize {
        self.bytes.len() + self.leaving
    }

    /// Takes what is to be sent now. What was taken before has been sent.
    pub(super) fn take(&mut self, load: &mut Load) -> Vec<u8> {
        load.waiting -= std::mem::replace(&mut self.leaving, self.bytes.len());
        std::mem::take(&mut self.bytes)
    }

    /// What was taken has been sent.
    pub(super) fn sent(&mut self, mut buffer: Vec<u8>, load: &mut Load) {
        load.waiting -= std::mem::take(&mut self.leaving);
        if load.spare.len() < MOST_SPARE && (1..=LARGEST_SPARE).contains(&buffer.capacity()) {
            buffer.clear();
            load.spare.push(buffer);
        }
    }

    /// None of it will be sent.
    pub(super) fn drop_all(&mut self, load: &mut Load) {
        load.waiting -= self.length();
        *self = Queue::default();
    }
}

impl Load {
    /// Something begins.
    pub(super) fn begin(&mut self) {
        self.effort = 0;
    }

    /// What has been done since: as much as sending one session so many bytes.
    pub(super) fn effort(&self) -> usize {
        self.effort / TURNS
    }

    /// Something is done that takes as long as sending one session so many bytes.
    pub(super) fn add(&mut self, bytes: usize) {
        self.effort += TURNS * bytes;
    }

    /// Is there more than memory is meant for?
    pub(super) fn is_too_much(&self) -> bool {
        self.waiting > MOST_OF_ALL
    }

    /// So many bytes wait, or are being sent.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }
}
