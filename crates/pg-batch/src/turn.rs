//! Gather what one turn of a local event loop yields, and flush it once.
//!
//! A [`LocalSet`](tokio::task::LocalSet) runs its tasks in turn, so a task that is spawned by the first item of a
//! turn runs after every other task that was ready has added its own. One message, one system call or one
//! stretch of code then serves all of them.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::task::spawn_local;

/// What is done with everything that was gathered in one turn.
pub trait Flush: 'static {
    /// Flushes. Called at the end of the turn, and where the local tasks are dropped before that end: then the
    /// returned future is dropped without being polled, so what must not be lost happens in this function
    /// itself.
    fn flush(self) -> impl Future<Output = ()> + 'static;
}

/// Gathers into one `T` in each turn of a thread's local tasks.
pub struct Turn<T>(Rc<RefCell<Option<T>>>);

impl<T: Flush> Turn<T> {
    /// Nothing is gathered yet.
    pub fn new() -> Self {
        Self(Rc::new(RefCell::new(None)))
    }

    /// Adds to what this turn has gathered. The first call of a turn makes the `T` with `begin` and schedules
    /// its flush.
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
            // From here on another turn may be gathering, and it has an end of its own.
            drop(end);
            if let Some(gathered) = gathered {
                gathered.flush().await;
            }
        });
        add(gathered.insert(begin()))
    }

    /// Schedules the flush of what was gathered so far where `is_full` says so; the turn goes on empty.
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
