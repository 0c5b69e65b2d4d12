//! A sharded table whose keys never come back: handles are looked up here.
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

const SHARDS: usize = 16;

const MAX_GENERATION: u32 = u32::MAX;

/// Maps keys to shared entries.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    /// Mixed into the checks, so that a key of one table does not fit another.
    kind: u8,
    shards: [RwLock<Shard<T>>; SHARDS],
    next_shard: AtomicUsize,
}

/// On cache lines of its own: threads that look up neighbours do not wait for each other's lock.
#[derive(Debug)]
#[repr(align(64))]
struct Shard<T> {
    slots: Vec<Slot<T>>,
    free: Vec<usize>,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    check: u32,
    entry: Option<Arc<T>>,
}

/// Which slot, which of its lives, and a number that only this process can have made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) generation: u32,
    pub(crate) check: u32,
}

/// What became of a key.
#[derive(Debug)]
pub(crate) enum Found<T> {
    /// It is alive.
    Alive(Arc<T>),
    /// It was ours and is removed.
    Removed,
    /// It never was ours.
    Never,
}

impl<T> Slab<T> {
    pub(crate) const fn new(kind: u8) -> Self {
        Self {
            kind,
            shards: [const {
                RwLock::new(Shard {
                    slots: Vec::new(),
                    free: Vec::new(),
                })
            }; SHARDS],
            next_shard: AtomicUsize::new(0),
        }
    }

    /// Adds an entry; `None` when four thousand million of them are alive.
    pub(crate) fn insert(&self, entry: Arc<T>) -> Option<Key> {
        let number = self.next_shard.fetch_add(1, Ordering::Relaxed) % SHARDS;
        let mut shard = self.shards[number]
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let local = shard.free.pop().unwrap_or_else(|| {
            shard.slots.push(Slot {
                generation: 0,
                check: 0,
                entry: None,
            });
            shard.slots.len() - 1
        });
        let index = u32::try_from(local.checked_mul(SHARDS)?.checked_add(number)?).ok()?;
        let slot = shard.slots.get_mut(local)?;
        slot.generation += 1;
        slot.check = check(self.kind, index, slot.generation);
        slot.entry = Some(entry);
        Some(Key {
            index,
            generation: slot.generation,
            check: slot.check,
        })
    }

    /// The entry, kept alive by the caller's `Arc` even if another thread removes it meanwhile.
    pub(crate) fn find(&self, key: Key) -> Found<T> {
        let (number, local) = place(key);
        let shard = self.shards[number]
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        match shard.slots.get(local) {
            Some(slot) if slot.generation == key.generation && slot.check == key.check => {
                slot.entry.clone().map_or(Found::Removed, Found::Alive)
            }
            Some(slot) if was_ours(self.kind, slot.generation, key) => Found::Removed,
            _ => Found::Never,
        }
    }

    /// Removes the entry; it is dropped when the last call that uses it ends.
    pub(crate) fn remove(&self, key: Key) -> Found<T> {
        let (number, local) = place(key);
        let mut shard = self.shards[number]
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(slot) = shard.slots.get_mut(local) else {
            return Found::Never;
        };
        if slot.generation != key.generation || slot.check != key.check {
            return if was_ours(self.kind, slot.generation, key) {
                Found::Removed
            } else {
                Found::Never
            };
        }
        let Some(entry) = slot.entry.take() else {
            return Found::Removed;
        };
        // A slot whose generation would wrap is retired for good.
        if slot.generation < MAX_GENERATION {
            shard.free.push(local);
        }
        Found::Alive(entry)
    }
}

const fn place(key: Key) -> (usize, usize) {
    let index = key.index as usize;
    (index % SHARDS, index / SHARDS)
}

/// Whether the key is of an earlier life of its slot.
fn was_ours(kind: u8, now: u32, key: Key) -> bool {
    (1..=now).contains(&key.generation) && check(kind, key.index, key.generation) == key.check
}

fn check(kind: u8, index: u32, generation: u32) -> u32 {
    static PROCESS: OnceLock<RandomState> = OnceLock::new();
    let hash = PROCESS
        .get_or_init(RandomState::new)
        .hash_one((kind, index, generation));
    // The upper half is as good as the lower.
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_of_a_slot() {
        let slab = Slab::new(1);
        let keys: Vec<Key> = (0..SHARDS * 2)
            .map(|n| slab.insert(Arc::new(n)).unwrap())
            .collect();
        for (n, key) in keys.iter().enumerate() {
            assert!(matches!(slab.find(*key), Found::Alive(found) if *found == n));
            assert!(matches!(slab.remove(*key), Found::Alive(_)));
            assert!(matches!(slab.remove(*key), Found::Removed));
            assert!(matches!(slab.find(*key), Found::Removed));
        }
        let again: Vec<Key> = (0..SHARDS * 2)
            .map(|n| slab.insert(Arc::new(n)).unwrap())
            .collect();
        for old in keys {
            assert!(!again.contains(&old));
            assert!(matches!(slab.find(old), Found::Removed), "an earlier life");
        }
    }

    #[test]
    fn foreign_keys() {
        let (one, two) = (Slab::new(1), Slab::new(2));
        let key = one.insert(Arc::new(())).unwrap();
        two.insert(Arc::new(())).unwrap();
        assert!(matches!(two.find(key), Found::Never));
        assert!(matches!(two.remove(key), Found::Never));
        for wrong in [
            Key {
                check: !key.check,
                ..key
            },
            Key {
                generation: 2,
                ..key
            },
            Key {
                generation: 0,
                ..key
            },
            Key {
                index: key.index + 1,
                ..key
            },
            Key {
                index: u32::MAX,
                ..key
            },
        ] {
            assert!(matches!(one.find(wrong), Found::Never), "{wrong:?}");
        }
    }
}
