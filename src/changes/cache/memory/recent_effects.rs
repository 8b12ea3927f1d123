//! The effects of recent looks, for answers that are being read meanwhile.

use std::collections::VecDeque;

use crate::changes::cache::effect::Effect;

/// The number of effects that are remembered. Posts have five.
pub const MAX_EFFECTS: usize = 10_000;

/// Effects with the number of their look, in its order.
#[derive(Default)]
pub struct RecentEffects {
    effects: VecDeque<(u64, Effect)>,
    /// The latest look of whose effects one is not remembered any more.
    forgotten_look: u64,
}

impl RecentEffects {
    pub fn add(&mut self, look: u64, effect: Effect) {
        self.effects.push_back((look, effect));
        if self.effects.len() > MAX_EFFECTS
            && let Some((look, _)) = self.effects.pop_front()
        {
            self.forgotten_look = look;
        }
    }

    pub fn clear(&mut self) {
        self.effects.clear();
    }

    /// The effects of every look after this one; `None` if they are not all remembered.
    pub fn since(&self, look: u64) -> Option<impl Iterator<Item = &Effect>> {
        let since = self.effects.iter().rev();
        let since = since.take_while(move |(number, _)| *number > look);
        (look >= self.forgotten_look).then(|| since.map(|(_, effect)| effect))
    }
}
