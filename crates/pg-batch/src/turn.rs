//! Gathers items during one turn of a local event loop, and flushes them together.
//!
//! A [`LocalSet`](tokio::task::LocalSet) runs its tasks in turn, so a task that is spawned by the first item of a
//! turn runs after every other task that was ready has added its own. One message, one system call or one
//! stretch of code then serves all of them.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::task::spawn_local;

/// The items of one turn, and how they are flushed.
pub trait Flush: 'static {
    /// Flushes the items. Called at the end of the turn, or when the local tasks are dropped before that end. In
    /// the latter case the returned future is never polled, so work that must not be lost belongs into the function
    /// itself and not into the future.
    fn flush(self) -> impl Future<Output = ()> + 'static;
}

/// Gathers items into one `T` in each turn of a thread's local tasks.
pub struct Turn<T>(Rc<RefCell<Option<T>>>);

impl<T: Flush> Turn<T> {
    /// A turn without items.
    pub fn new() -> Self {
        Self(Rc::new(RefCell::new(None)))
    }

    /// Adds an item to the `T` of this turn. The first call of a turn creates the `T` with `begin` and schedules its
    /// flush.
    ///
    /// # Panics
    /// Outside of a local task set (`LocalSet`, `LocalRuntime`, an Actix worker); where `begin` or `add` calls
    /// this turn again.
    pub fn gather<R>(&self, begin: impl FnOnce() -> T, add: impl FnOnce(&mut T) -> R) -> R {
        let mut gathered = self.0.borrow_mut();
        if let Some(gathered) = &mut *gathered {
            return add(gathered);
        }
        let end = EndOfTurn(Self(self.0.clone()));
        spawn_local(async move {
            let gathered = end.0.take();
            // Dropped before the await: during it the next turn gathers items, which `end` must not flush.
            drop(end);
            if let Some(gathered) = gathered {
                gathered.flush().await;
            }
        });
        add(gathered.insert(begin()))
    }

    /// Schedules the flush of the items gathered so far where `is_full` returns true; the turn goes on without items.
    pub fn flush_if(&self, is_full: impl FnOnce(&T) -> bool) {
        let mut gathered = self.0.borrow_mut();
        if gathered.as_ref().is_some_and(is_full)
            && let Some(full) = gathered.take()
        {
            spawn_local(full.flush());
        }
    }

    fn take(&self) -> Option<T> {
        self.0.borrow_mut().take()
    }
}

impl<T: Flush> Default for Turn<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Flushes when it is dropped, so that nothing is lost where a thread's tasks are dropped before the turn ends.
struct EndOfTurn<T: Flush>(Turn<T>);

impl<T: Flush> Drop for EndOfTurn<T> {
    fn drop(&mut self) {
        if let Some(gathered) = self.0.take() {
            drop(gathered.flush());
        }
    }
}
